"""The tunnel's plan: configuration, current state, and the steps between them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from support import tunnel
from support.tunnel import ACME

PEER = tunnel.peer("OLD")
NODE = tunnel.compute_node("wireguard", [PEER])
CONFIG = {"node": NODE, "tenants": {"acme": ACME}}
NOTHING = {
    "addresses": None,
    "routes": set(),
    "peers": {},
    "port": 0,
    "public": "",
    "mtu": 0,
    "firewall": "",
    "kind": "",
    "ipsec": False,
}


def converged(state: ModuleType, **other: Any) -> dict[str, Any]:
    """The state of a node that is converged with ``CONFIG``, except for ``other``."""
    facts = {"handshake": 7, "received": 1, "sent": 1, "keepalive": 5, "endpoint": PEER["endpoint"]}
    return {
        "addresses": {"10.99.16.1/16", "10.99.64.1/32"},
        "routes": {("10.99.128.1", "10.99.64.1")},
        "peers": {"OLD": {**facts, "allowed": ("10.99.0.1/32", "10.99.128.1/32")}},
        "port": 51820,
        "public": "MINE",
        "mtu": 1420,
        "kind": "wireguard",
        "ipsec": False,
        "firewall": state.firewall(NODE),
        **other,
    }


def descriptions(steps: list[tuple[str, Any]]) -> list[str]:
    return [description for description, _ in steps]


def test_firewall_is_the_first_step_on_a_new_node(state: ModuleType) -> None:
    steps = state.plan(CONFIG, NOTHING, "MINE")
    assert descriptions(steps)[:3] == ["firewall", "interface", "mtu"]
    assert "route 10.99.128.1" in descriptions(steps)


def test_converged_node_needs_no_step(state: ModuleType) -> None:
    assert state.plan(CONFIG, converged(state), "MINE") == []


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ({"firewall": ""}, "firewall"),
        ({"mtu": 1500}, "mtu"),
        ({"public": "ANOTHER"}, "key"),
        ({"ipsec": True}, "ipsec ended"),
        ({"routes": set()}, "route 10.99.128.1"),
        ({"routes": {("10.99.128.1", "10.99.16.1")}}, "route 10.99.128.1"),
        ({"addresses": {"10.99.16.1/16"}}, "address 10.99.64.1/32"),
    ],
)
def test_difference_is_repaired(state: ModuleType, other: dict[str, Any], what: str) -> None:
    assert descriptions(state.plan(CONFIG, converged(state, **other), "MINE")) == [what]


def test_removed_tenant_leaves_no_route_and_no_address(state: ModuleType) -> None:
    left = state.updated_config(CONFIG, {"remove_tenant": "acme"})
    assert descriptions(state.plan(left, converged(state), "MINE")) == [
        "peer OLD",
        "route 10.99.128.1 removed",
        "address 10.99.64.1/32 removed",
    ]


def test_peer_may_use_only_its_own_and_its_tenants_addresses(state: ModuleType) -> None:
    other = {**ACME, "tenant": "other", "peer": "f-storage-2", "server": "10.99.128.2"}
    assert state.allowed_ips(PEER, {"acme": ACME, "other": other}) == ("10.99.0.1/32", "10.99.128.1/32")
    mirrored = {**ACME, "side": "server", "peer": "f-compute-1"}
    compute = {"name": "f-compute-1", "address": "10.99.16.1"}
    assert state.allowed_ips(compute, {"acme": mirrored}) == ("10.99.16.1/32", "10.99.64.1/32")


def test_next_key_gets_the_addresses_at_its_first_handshake(state: ModuleType) -> None:
    node = {**NODE, "peers": [{**PEER, "next_key": "NEW"}]}
    addresses = ("10.99.0.1/32", "10.99.128.1/32")
    before = state.desired_peers(node, {"acme": ACME}, {"NEW": {"handshake": 0}})
    assert before == {"OLD": (PEER["endpoint"], addresses, 5), "NEW": (PEER["endpoint"], (), 0)}
    after = state.desired_peers(node, {"acme": ACME}, {"NEW": {"handshake": 9}})
    assert after == {"NEW": (PEER["endpoint"], addresses, 5), "OLD": (PEER["endpoint"], (), 0)}


def test_address_moves_between_keys_in_one_command_without_interruption(state: ModuleType) -> None:
    desired = {"A": ("e", (), 0), "B": ("e", ("10.99.0.1/32",), 5)}
    current = {
        "A": {"endpoint": "e", "allowed": ("10.99.0.1/32",), "keepalive": 5},
        "B": {"endpoint": "e", "allowed": (), "keepalive": 0},
        "C": {"endpoint": "e", "allowed": (), "keepalive": 0},
    }
    [(what, [command])] = state.plan_peers("vdc0", desired, current)
    assert what == "peer B, peer A, peer C removed"
    assert command.index("B") < command.index("A")
    assert command[-3:] == ["peer", "C", "remove"]


def test_peer_that_reports_no_key_keeps_its_known_keys(state: ModuleType) -> None:
    silent = {**PEER, "public_key": "", "next_key": "", "endpoint": "198.51.100.99:51820"}
    assert state.merged_peers([silent], {"peers": [{**PEER, "next_key": "NEW"}]}) == [
        {**PEER, "endpoint": "198.51.100.99:51820", "next_key": "NEW"}
    ]
    assert state.merged_peers([silent], None) == []
    assert state.merged_peers([{**PEER, "next_key": ""}], {"peers": [{**PEER, "next_key": "NEW"}]}) == [PEER]


def test_tenant_with_an_unknown_peer_is_rejected(state: ModuleType) -> None:
    with pytest.raises(SystemExit, match="f-storage-9 is no peer of this node; run the role tunnel"):
        state.updated_config(CONFIG, {"tenant": {**ACME, "peer": "f-storage-9"}})


def test_configuration_is_stored_and_removed(state: ModuleType) -> None:
    empty = state.read_config()
    assert empty == {"node": None, "tenants": {}}
    state.save(empty, CONFIG)
    assert state.read_config() == CONFIG
    state.save(CONFIG, state.updated_config(CONFIG, {"remove_tenant": "acme"}))
    assert state.read_config() == {"node": NODE, "tenants": {}}


def test_missing_configuration_names_the_role_to_run(state: ModuleType) -> None:
    with pytest.raises(SystemExit, match=r"node\.json does not exist; run the role tunnel"):
        state.apply()


def test_only_storage_nodes_offer_ports_in_the_tunnel(state: ModuleType) -> None:
    compute, storage = state.firewall(NODE), state.firewall({**NODE, "ports": [2049]})
    assert 'iifname "vdc0" tcp flags & (fin | syn | rst | ack) == syn drop' in compute
    assert 'iifname "vdc0" tcp flags & (fin | syn | rst | ack) == syn tcp dport != { 2049 } drop' in storage
    for text in (compute, storage):
        assert 'oifname "vdc0" drop' in text
        assert 'iifname != { "vdc0", "lo" } ip daddr 10.99.0.0/16 drop' in text
        assert 'iifname != { "vdc0", "lo" } meta l4proto { tcp, udp } th dport { 2049, 111, 20048 } drop' in text


def test_output_of_wg_is_parsed(state: ModuleType) -> None:
    lines = [
        "K\t(none)\t1.2.3.4:5\t10.99.128.1/32,10.99.0.1/32\t17\t3\t4\t5",
        "L\t(none)\t(none)\t(none)\t0\t0\t0\toff",
    ]
    assert state.parse_peers(lines) == {
        "K": {
            "endpoint": "1.2.3.4:5",
            "allowed": ("10.99.0.1/32", "10.99.128.1/32"),
            "handshake": 17,
            "received": 3,
            "sent": 4,
            "keepalive": 5,
        },
        "L": {"endpoint": "(none)", "allowed": (), "handshake": 0, "received": 0, "sent": 0, "keepalive": 0},
    }
