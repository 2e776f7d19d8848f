"""Whose a resource is."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.identity import (
    Claim,
    Owner,
    conflicts,
    name_conflict,
    tenant_claims,
    unknown,
)

ACME = Owner(3, "acme", "aa")
BETA = Owner(4, "beta", "bb")


def claim(tenant: str = "acme", number: int = 3, identity: str = "aa") -> Claim:
    return Claim("server", "lab-tenant-3", tenant, number, identity)


@pytest.mark.parametrize(
    "found",
    [claim(), claim(identity=""), claim(number=0), claim(tenant=""), Claim("stack", "x", "acme")],
    ids=["all", "older than identities", "without number", "without name", "name alone"],
)
def test_a_resource_of_the_tenant_is_no_conflict(found):
    assert conflicts([found], [ACME, BETA]) == {}
    assert unknown([found], [ACME, BETA]) == []


@pytest.mark.parametrize(
    ("found", "refused"),
    [
        (claim(tenant="gamma", identity="cc"), {"acme"}),
        (claim(identity="cc"), {"acme"}),  # name and number agree, and it is another tenant
        (claim(number=9, identity="cc"), {"acme"}),
        (claim(tenant="gamma", identity=""), {"acme"}),
        (claim(number=9, identity=""), {"acme"}),
        (claim(tenant="beta"), {"acme", "beta"}),
        (claim(tenant="gamma", number=9, identity="cc"), set()),
    ],
    ids=["number", "reused name and number", "name", "number, old", "name, old", "both", "nobody's marks"],
)
def test_a_tenant_whose_mark_is_on_another_tenants_resource_is_refused(found, refused):
    sentences = conflicts([found], [ACME, BETA])
    assert sentences.keys() == refused
    for sentence in sentences.values():
        assert "the server 'lab-tenant-3' belongs to tenant" in sentence
        assert "ledger_restore" in sentence
        assert "ledger_rebuild" in sentence
    assert unknown([found], [ACME, BETA]) == [found]


def test_a_name_in_use_outside_the_ledger_is_taken():
    assert name_conflict([claim()], "beta") == ""
    assert name_conflict([claim()], "acme").startswith(
        "name: the server 'lab-tenant-3' belongs to tenant 'acme' (number 3,"
    )


def test_claims_are_read_from_machines_and_dns_records_of_the_fleet():
    hosts = [
        {"inventory_hostname": "lab-compute-1", "vdc_labels": {"fleet": "lab"}},
        {
            "inventory_hostname": "lab-tenant-3-hel1",
            "vdc_labels": {
                "fleet": "lab",
                "tenant": "acme",
                "tenant-identity": "aa",
                "tier": "pro",
                "remote-range": "1",
            },
        },
        {"inventory_hostname": "two-tenant-3", "vdc_labels": {"fleet": "two", "tenant": "acme"}},
        {"inventory_hostname": "lab-tenant-4", "vdc_provider": "exoscale", "vdc_labels": {"tenant": "beta"}},
    ]
    ours = {"managed-by": "sovereign.vdc", "fleet": "lab"}
    records = [
        {"name": "acme", "type": "A", "labels": {**ours, "tenant-identity": "aa"}},
        {"name": "beta", "type": "A", "labels": {**ours, "fleet": "two"}},
        {"name": "www", "type": "A", "labels": {}},
    ]
    found = [Claim(**entry) for entry in tenant_claims(hosts, "lab", records)]
    assert [(one.kind, one.name, one.tenant, one.number, one.identity) for one in found] == [
        ("server", "lab-tenant-3-hel1", "acme", 3, "aa"),
        ("instance", "lab-tenant-4", "beta", 4, ""),
        ("DNS record", "acme A", "acme", 0, "aa"),
        ("DNS record", "beta A", "beta", 0, "of fleet two"),
    ]
    assert found[0].facts == {"tier": "pro", "location": "hel1", "remote-range": "1", "running": True}
    assert conflicts(found, [ACME, BETA]).keys() == {"beta"}  # the other fleet's record has the tenant's name
