"""What the node's tunnel should be, and the steps from here to there."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

PEER = {"name": "f-storage-1", "address": "10.99.0.1", "endpoint": "198.51.100.10:51820", "public_key": "OLD"}
NODE = {
    "backend": "wireguard",
    "name": "f-compute-1",
    "interface": "vdc0",
    "network": "10.99.0.0/16",
    "address": "10.99.16.1",
    "port": 51820,
    "mtu": 1420,
    "keepalive": 5,
    "ports": [],
    "peers": [PEER],
}
ACME = {"tenant": "acme", "side": "client", "client": "10.99.64.1", "server": "10.99.128.1", "peer": "f-storage-1"}
DESIRED_STATES = {"node": NODE, "tenants": {"acme": ACME}}
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


def there(state: ModuleType, **other: Any) -> dict[str, Any]:
    """A node that is as ``DESIRED_STATES`` has it, but for ``other``."""
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


def whats(steps: list[tuple[str, Any]]) -> list[str]:
    return [what for what, _ in steps]


def test_from_nothing_the_firewall_comes_first(state: ModuleType) -> None:
    steps = state.plan(DESIRED_STATES, NOTHING, "MINE")
    assert whats(steps)[:3] == ["firewall", "interface", "mtu"]
    assert "route 10.99.128.1" in whats(steps)


def test_what_is_there_needs_no_step(state: ModuleType) -> None:
    assert state.plan(DESIRED_STATES, there(state), "MINE") == []


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
def test_what_differs_is_repaired(state: ModuleType, other: dict[str, Any], what: str) -> None:
    assert whats(state.plan(DESIRED_STATES, there(state, **other), "MINE")) == [what]


def test_a_tenant_that_goes_takes_all_with_it(state: ModuleType) -> None:
    left = state.with_wish(DESIRED_STATES, {"forget": "acme"})
    assert whats(state.plan(left, there(state), "MINE")) == [
        "peer OLD",
        "route 10.99.128.1 removed",
        "address 10.99.64.1/32 removed",
    ]


def test_a_peer_may_use_its_own_and_its_tenants_addresses_alone(state: ModuleType) -> None:
    other = {**ACME, "tenant": "other", "peer": "f-storage-2", "server": "10.99.128.2"}
    assert state.allowed_ips(PEER, {"acme": ACME, "other": other}) == ("10.99.0.1/32", "10.99.128.1/32")
    mirrored = {**ACME, "side": "server", "peer": "f-compute-1"}
    compute = {"name": "f-compute-1", "address": "10.99.16.1"}
    assert state.allowed_ips(compute, {"acme": mirrored}) == ("10.99.16.1/32", "10.99.64.1/32")


def test_a_next_key_gets_the_addresses_once_it_is_used(state: ModuleType) -> None:
    node = {**NODE, "peers": [{**PEER, "next_key": "NEW"}]}
    addresses = ("10.99.0.1/32", "10.99.128.1/32")
    before = state.wished_peers(node, {"acme": ACME}, {"NEW": {"handshake": 0}})
    assert before == {"OLD": (PEER["endpoint"], addresses, 5), "NEW": (PEER["endpoint"], (), 0)}
    after = state.wished_peers(node, {"acme": ACME}, {"NEW": {"handshake": 9}})
    assert after == {"NEW": (PEER["endpoint"], addresses, 5), "OLD": (PEER["endpoint"], (), 0)}


def test_an_address_moves_from_key_to_key_in_one_command_and_never_belongs_to_none(state: ModuleType) -> None:
    wished = {"A": ("e", (), 0), "B": ("e", ("10.99.0.1/32",), 5)}
    seen = {
        "A": {"endpoint": "e", "allowed": ("10.99.0.1/32",), "keepalive": 5},
        "B": {"endpoint": "e", "allowed": (), "keepalive": 0},
        "C": {"endpoint": "e", "allowed": (), "keepalive": 0},
    }
    [(what, [command])] = state.plan_peers("vdc0", wished, seen)
    assert what == "peer B, peer A, peer C removed"
    assert command.index("B") < command.index("A")
    assert command[-3:] == ["peer", "C", "remove"]


def test_a_peer_that_could_not_be_asked_keeps_its_keys(state: ModuleType) -> None:
    silent = {**PEER, "public_key": "", "next_key": "", "endpoint": "198.51.100.99:51820"}
    assert state.with_keys([silent], {"peers": [{**PEER, "next_key": "NEW"}]}) == [
        {**PEER, "endpoint": "198.51.100.99:51820", "next_key": "NEW"}
    ]
    assert state.with_keys([silent], None) == []
    assert state.with_keys([{**PEER, "next_key": ""}], {"peers": [{**PEER, "next_key": "NEW"}]}) == [PEER]


def test_a_tenant_behind_a_stranger_is_refused(state: ModuleType) -> None:
    with pytest.raises(SystemExit, match="f-storage-9 is no peer of this node: run the role tunnel"):
        state.with_wish(DESIRED_STATES, {"tenant": {**ACME, "peer": "f-storage-9"}})


def test_wishes_are_kept_and_forgotten(state: ModuleType) -> None:
    empty = state.read_wishes()
    assert empty == {"node": None, "tenants": {}}
    state.keep(empty, DESIRED_STATES)
    assert state.read_wishes() == DESIRED_STATES
    state.keep(DESIRED_STATES, state.with_wish(DESIRED_STATES, {"forget": "acme"}))
    assert state.read_wishes() == {"node": NODE, "tenants": {}}


def test_without_a_wish_the_sentence_says_what_to_run(state: ModuleType) -> None:
    with pytest.raises(SystemExit, match=r"node\.json is not there: run the role tunnel"):
        state.apply()


def test_only_where_volumes_are_is_anything_offered_in_the_tunnel(state: ModuleType) -> None:
    compute, storage = state.firewall(NODE), state.firewall({**NODE, "ports": [2049]})
    assert 'iifname "vdc0" tcp flags & (fin | syn | rst | ack) == syn drop' in compute
    assert 'iifname "vdc0" tcp flags & (fin | syn | rst | ack) == syn tcp dport != { 2049 } drop' in storage
    for text in (compute, storage):
        assert 'oifname "vdc0" drop' in text
        assert 'iifname != { "vdc0", "lo" } ip daddr 10.99.0.0/16 drop' in text
        assert 'iifname != { "vdc0", "lo" } meta l4proto { tcp, udp } th dport { 2049, 111, 20048 } drop' in text


def test_peers_are_read_from_what_wg_says(state: ModuleType) -> None:
    lines = [
        "K\t(none)\t1.2.3.4:5\t10.99.128.1/32,10.99.0.1/32\t17\t3\t4\t5",
        "L\t(none)\t(none)\t(none)\t0\t0\t0\toff",
    ]
    assert state.seen_peers(lines) == {
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
