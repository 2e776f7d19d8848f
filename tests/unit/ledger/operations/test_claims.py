"""Resources outside an older copy of the ledger: nothing is done with them, and their names and numbers are not given again."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.identity import Claim
from support.controller import Controller

GAMMA = Claim("server", "acme-tenant-2", "gamma", 2, "cc")


@pytest.fixture
def run(ledger) -> Controller:
    controller = Controller(ledger)
    controller.sign_up("acme")
    return controller


def number(run: Controller, name: str) -> int:
    with run.ledger.reading() as connection:
        return tenants.get(connection, name).id


def test_a_new_tenant_gets_a_number_that_is_free_outside_as_well(run):
    volume = Claim("logical volume", "t-delta", "delta", 3, "dd")
    run.request("beta", tier="casual", claims=(GAMMA, volume))
    assert number(run, "beta") == 4
    run.request("zeta", tier="casual")
    assert number(run, "zeta") == 5


def test_a_new_tenant_does_not_get_a_name_that_exists_outside(run):
    with pytest.raises(
        ValidationError, match=r"name: the server 'acme-tenant-2' belongs to tenant 'gamma'.*ledger_restore"
    ):
        run.request("gamma", tier="casual", claims=(GAMMA,))
    assert run.tenants().keys() == {"acme"}


def test_a_tenant_with_the_number_of_another_ones_server_is_refused_and_others_are_served(run):
    run.request("beta", tier="pro")  # as an older release would, with the number of gamma
    run.request("zeta", tier="casual")
    before = run.tenants()
    with pytest.raises(ValidationError, match=r"tenants: the server 'acme-tenant-2' belongs to tenant 'gamma'"):
        run.start("beta", claims=(GAMMA,))
    assert run.tenants() == before

    started = run.start(claims=(GAMMA,))
    assert [item["tenant"] for item in started["operations"]] == ["zeta"]
    assert started["servers"] == []
    [refused] = started["rejected"]
    assert refused["tenant"] == "beta"
    assert "'beta' has the number 2" in refused["reason"]
    assert started["busy"] == []
    assert run.tenant("beta") == before["beta"]  # nothing was allocated to it either

    with pytest.raises(ValidationError, match="belongs to tenant 'gamma'"):
        run.start("beta", kind="backup", claims=(GAMMA,))


def test_a_tenants_own_resources_are_no_reason_to_refuse_it(run):
    with run.ledger.reading() as connection:
        acme = tenants.get(connection, "acme")
    own = Claim("server", "acme-tenant-1", "acme", acme.id, acme.identity or "")
    older = Claim("server", "acme-tenant-1", "acme", acme.id)
    assert [item["tenant"] for item in run.start("acme", claims=(own, older))["operations"]] == ["acme"]
