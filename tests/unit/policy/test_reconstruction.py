"""What a lost ledger recorded, as far as resources tell."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.identity import Claim
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.reconstruction import Reconstruction, reconstruct
from support.controller import TIERS

UNKNOWN = ("owner_email", "service_id", "paid_until", "created")


def machine(**more: Any) -> Claim:
    facts = {"tier": "pro", "location": "", "remote-range": "", "running": True}
    return Claim("server", "lab-tenant-7", "acme", 7, "aa", facts={**facts, **more})


def volume(tenant: str = "acme", number: int = 7, identity: str = "aa", node: str = "s-1", **more: Any) -> Claim:
    facts = {"tier": "casual", "stack": "web", "first-port": "20070", "size-gib": 20, "closed": False}
    return Claim("logical volume", f"t-{tenant}", tenant, number, identity, node, {**facts, **more})


def stack(tenant: str = "acme", number: int = 7, identity: str = "aa", node: str = "c-1") -> Claim:
    return Claim("stack", f"/x/{tenant}", tenant, number, identity, node, {"first-port": 20080, "stack": "web"})


def backup(tenant: str = "acme") -> Claim:
    return Claim("backup repository", f"backups/{tenant}", tenant)


def rebuild(*claims: Claim, read: tuple[str, ...] = ("s-1", "c-1"), **assume: dict[str, Any]) -> Reconstruction:
    return reconstruct(claims, TIERS, ["s-1"], read, assume)


def test_a_tenant_on_a_machine_of_its_own_is_found():
    [found] = rebuild(machine(**{"location": "hel1", "remote-range": "2"}), volume(), backup()).tenants
    assert (found.name, found.number, found.identity, found.tier, found.stack) == ("acme", 7, "aa", "pro", "web")
    assert (found.node, found.dedicated, found.location, found.remote_range) == ("lab-tenant-7", True, "hel1", 2)
    assert (found.storage_node, found.volume_gib, found.first_port) == ("s-1", 20, 20070)
    assert (found.state, found.desired_state, found.unknown) == ("active", "active", UNKNOWN)


def test_a_tenant_on_a_shared_node_is_found():
    [found] = rebuild(stack(), volume()).tenants
    assert (found.tier, found.node, found.dedicated, found.first_port) == ("casual", "c-1", False, 20080)
    assert found.unknown == UNKNOWN


@pytest.mark.parametrize(
    ("claims", "desired"),
    [((machine(running=False), volume()), "poweroff"), ((volume(),), "release")],
    ids=["machine is off", "volume alone"],
)
def test_a_tenant_that_does_not_run_is_suspended(claims, desired):
    [found] = rebuild(*claims).tenants
    assert (found.state, found.desired_state) == ("suspended", desired)


def test_a_volume_that_was_not_read_is_assumed_and_said():
    [found] = rebuild(machine(), read=()).tenants
    assert (found.storage_node, found.volume_gib) == ("s-1", 50)
    assert found.unknown == (*UNKNOWN, "volume (assumed: 50 GiB on s-1, which was not read)", "ports")
    [found] = rebuild(machine()).tenants
    assert found.storage_node == ""
    assert "volume (none was found)" in found.unknown


def test_the_closed_volume_of_a_move_is_left_out():
    [found] = rebuild(stack(), volume(node="s-0", closed=True), volume()).tenants
    assert found.storage_node == "s-1"


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ((machine(), volume(identity="bb")), "acme: its resources have different identities"),
        ((backup(),), "acme: nothing tells its number, there is only the backup repository 'backups/acme'"),
        ((stack(number=8), volume()), "acme: its resources have the numbers 7, 8"),
        ((volume(), volume(tenant="beta", identity="bb")), "acme: its number 7 is also that of beta"),
        ((stack(), stack(node="c-2"), volume()), "acme: it has several stacks (c-1, c-2), because it was moving"),
        (
            (stack(), volume(tier="")),
            "acme: its tier is unknown, which is not in the catalog; set vdc_rebuild_facts to {acme: {tier: ...}}",
        ),
        ((stack(), volume(tier="gold")), "acme: its tier is gold, which is not in the catalog"),
    ],
)
def test_what_is_not_certain_is_not_added(claims, sentence):
    found = rebuild(*claims)
    assert found.tenants == []
    assert found.unresolved[0].startswith(sentence)


def test_a_fact_that_nothing_tells_can_be_given():
    [found] = rebuild(stack(), volume(tier=""), acme={"tier": "casual"}).tenants
    assert found.tier == "casual"
