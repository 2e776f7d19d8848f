"""The site's capacity for the ledger, and the machines and DNS records for the clouds."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.site import (
    machine_states,
    machines_remade,
    machines_unserved,
    placement_nodes,
    placement_pools,
    record_problem,
    tenant_records,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.tiers import CatalogError

CATALOG = {"machines": {"cx33": {"vcpus": 4, "memory_gib": 8}}, "aliases": {"cx32": "cx33"}}


def node(name: str, type_: str = "cx33", **more: object) -> dict:
    return {"inventory_hostname": name, "vdc_type": type_, "vdc_location": "nbg1", "vdc_labels": {}, **more}


def test_shared_nodes_have_the_capacity_of_their_type_or_its_alias():
    hosts = [node("c-1", "cx32"), node("c-2", vdc_location="hel1"), node("own", vdc_labels={"tenant": "acme"})]
    first, second = placement_nodes(hosts, CATALOG, ["nbg1"], draining=["c-2"], lost=["c-1"])
    assert first == {
        "name": "c-1",
        "cpus": 4,
        "memory_gib": 8,
        "draining": False,
        "healthy": False,
        "locations": ["nbg1", ""],
    }
    assert (second["draining"], second["healthy"], second["locations"]) == (True, True, ["hel1"])


@pytest.mark.parametrize("type_", ["cx99", ""])
def test_a_machine_type_outside_the_catalog_is_rejected(type_):
    with pytest.raises(
        CatalogError, match=rf"{type_ or '.none.'}, the type of c-1, is not in the catalog; .*overrides.machines"
    ):
        placement_nodes([node("c-1", type_)], CATALOG, ["nbg1"])


@pytest.mark.parametrize("option", ["draining", "lost"])
def test_text_instead_of_a_list_of_nodes_is_rejected(option):
    with pytest.raises(
        CatalogError, match=rf"vdc_{option}_nodes: .*'c-1'.* is text and not a list of nodes; set a list"
    ):
        placement_nodes([node("c-1")], CATALOG, ["nbg1"], **{option: "['c-1']"})


def test_pool_sizes_are_sums_of_attached_disks():
    disks = [{"instance": "s-1", "size": 100}, {"instance": "s-1", "size": 50}, {"instance": None, "size": 10}]
    assert placement_pools(["s-1", "s-2"], disks) == [{"name": "s-1", "size_gib": 150}, {"name": "s-2", "size_gib": 0}]


def test_a_machine_of_unknown_status_counts_as_running():
    hosts = [node("c-1"), node("c-2", vdc_status="off"), {"inventory_hostname": "c-3"}]
    assert machine_states(hosts) == [
        {"name": "c-1", "type": "cx33", "running": True},
        {"name": "c-2", "type": "cx33", "running": False},
        {"name": "c-3", "type": "", "running": True},
    ]


def test_missing_and_rescaled_machines_are_returned():
    specs = [
        {"name": "same", "state": "started", "server_type": "cx33"},
        {"name": "bigger", "state": "started", "server_type": "cx43"},
        {"name": "missing", "state": "started", "instance_type": "standard.medium"},
        {"name": "as it is", "state": "started"},
        {"name": "stopped", "state": "stopped", "server_type": "cx43"},
    ]
    assert machines_remade(specs, [node("same"), node("bigger"), node("stopped")]) == ["bigger", "missing"]


def test_unserved_machines_are_those_reported_or_else_all_requested():
    servers = [{"name": "a", "state": "started"}, {"name": "b", "state": "absent"}]
    named = {"failed": True, "msg": "1 server failed", "failed_resources": {"a": {"message": "no stock"}}}
    assert machines_unserved(named, servers) == {"a": {"message": "no stock"}}
    assert machines_unserved({"failed": True, "msg": "no token"}, servers) == {"a": {"message": "no token"}}
    looped = {
        "failed": True,
        "results": [
            {"failed": False, "item": {"value": [{"name": "fine", "state": "started"}]}},
            {"failed": True, "msg": "no key", "item": {"value": [{"name": "x", "state": "started"}]}},
        ],
    }
    assert machines_unserved(looped, servers) == {"x": {"message": "no key"}}


def record(tenant: str, value: str, managed: bool = True, fleet: str = "demo") -> dict:
    labels = {"managed-by": "sovereign.vdc", "fleet": fleet} if managed else {}
    return {"name": tenant, "type": "A", "labels": labels, "records": [{"value": value, "comment": ""}]}


def test_dns_records_follow_tenants_and_are_deleted_with_them():
    hosts = [node("c-1", vdc_ipv4="192.0.2.1", vdc_ipv6="2001:db8::1"), node("c-2", vdc_ipv4="192.0.2.2", vdc_ipv6="")]
    operations = [
        {"tenant": "new", "desired_state": "active", "node": "c-1"},
        {"tenant": "same", "desired_state": "active", "node": "c-2"},
        {"tenant": "moved", "desired_state": "active", "node": "c-2"},
        {"tenant": "left", "desired_state": "absent", "node": "c-1"},
        {"tenant": "foreign", "desired_state": "active", "node": "c-1"},
        {"tenant": "of-another-fleet", "desired_state": "absent", "node": "c-1"},
        {"tenant": "unmade", "desired_state": "active", "node": "c-9"},
        {"tenant": "asleep", "desired_state": "poweroff", "node": "c-1"},
    ]
    zone = [
        record("same", "192.0.2.2"),
        record("moved", "192.0.2.1"),
        record("left", "192.0.2.1"),
        record("foreign", "198.51.100.7", managed=False),
        record("asleep", "192.0.2.9"),
        record("of-another-fleet", "192.0.2.3", fleet="other"),
    ]
    assert record_problem(zone, "of-another-fleet", "demo").startswith(
        "the record 'of-another-fleet' in vdc_dns_zone belongs"
    )
    assert (record_problem(zone, "same", "demo"), record_problem(zone, "foreign", "demo")) == ("", "")
    operations = [{**operation, "identity": "0f"} for operation in operations]
    assert tenant_records(operations, hosts, zone, "demo") == [
        {"name": "new", "type": "A", "addresses": ["192.0.2.1"], "identity": "0f"},
        {"name": "new", "type": "AAAA", "addresses": ["2001:db8::1"], "identity": "0f"},
        {"name": "moved", "type": "A", "addresses": ["192.0.2.2"], "identity": "0f"},
        {"name": "left", "type": "A", "addresses": [], "identity": "0f"},
        {"name": "foreign", "type": "AAAA", "addresses": ["2001:db8::1"], "identity": "0f"},
    ]
