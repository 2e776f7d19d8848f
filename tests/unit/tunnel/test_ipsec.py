"""The tunnel as IPsec: what strongSwan is told, what it says, and the steps in between."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

PEER = {
    "name": "f-storage-1",
    "address": "10.99.0.1",
    "endpoint": "198.51.100.10:51820",
    "public_key": "THEIRS",
}
NODE = {
    "backend": "ipsec",
    "name": "f-compute-1",
    "interface": "vdc0",
    "network": "10.99.0.0/16",
    "address": "10.99.16.1",
    "port": 51820,
    "mtu": 1420,
    "keepalive": 5,
    "ports": [],
    "peers": [PEER],
    "starts": True,
    "certificates": ["MINE", ""],
    "authority": "AUTHORITY",
}
ACME = {"tenant": "acme", "side": "client", "client": "10.99.64.1", "server": "10.99.128.1", "peer": "f-storage-1"}
TENANTS = {"acme": ACME}
PASSING = {("vdc-f-storage-1", "node"), ("vdc-f-storage-1", "t-acme")}
# As strongSwan 6.0 says it.
SAS = (
    "list-sa event {vdc-f-storage-1 {uniqueid=1 version=2 state=ESTABLISHED local-id=f-compute-1 established=70 "
    "child-sas {node-1 {name=node uniqueid=1 state=INSTALLED bytes-in=840 packets-in=10 use-in=3 bytes-out=420 "
    "use-out=2 local-ts=[10.99.16.1/32] remote-ts=[10.99.0.1/32]} t-acme-2 {name=t-acme uniqueid=2 bytes-in=100 "
    "bytes-out=7 use-in=1 use-out=1 local-ts=[10.99.64.1/32] remote-ts=[10.99.128.1/32]} t-acme-3 {name=t-acme "
    "uniqueid=3 bytes-in=0 bytes-out=0}}}}\n"
    "list-sas reply {}\n"
)


def there(ipsec: ModuleType, **other: Any) -> dict[str, Any]:
    """A daemon that has what ``TENANTS`` needs, but for ``other``."""
    wished = ipsec.files(NODE, TENANTS, "MINE")
    loaded = ipsec.mark("run-1", wished)
    return {"own": "MINE", "files": wished, "daemon": "run-1", "loaded": loaded, "passing": PASSING, **other}


def test_each_tenant_has_a_pair_of_addresses_with_its_own_peer_alone(ipsec: ModuleType) -> None:
    other = {**ACME, "tenant": "other", "peer": "f-storage-2"}
    server = {**ACME, "tenant": "mirrored", "side": "server"}
    assert ipsec.children(NODE, PEER, {"acme": ACME, "mirrored": server, "other": other}) == {
        "node": ("10.99.16.1", "10.99.0.1"),
        "t-acme": ("10.99.64.1", "10.99.128.1"),
        "t-mirrored": ("10.99.128.1", "10.99.64.1"),
    }


def test_a_peer_is_known_by_the_certificates_that_were_told_of_it(ipsec: ModuleType) -> None:
    node = {**NODE, "peers": [{**PEER, "next_key": "NEXT"}]}
    text, kept = ipsec.config(node, TENANTS), ipsec.files(node, TENANTS, "MINE")
    for line in (
        "id = f-storage-1",
        "certs = vdc-f-storage-1.pem, vdc-f-storage-1.next.pem",
        "cacerts = vdc.pem",
        "remote_addrs = 198.51.100.10",
        "local_port = 51820",
    ):
        assert f" {line}\n" in text
    assert text.count("{") == text.count("}")
    told = {path.name: said for path, said in kept.items() if path.parent == ipsec.CERTIFICATES}
    assert told == {"vdc.pem": "MINE", "vdc-f-storage-1.pem": "THEIRS", "vdc-f-storage-1.next.pem": "NEXT"}


def test_one_side_starts_and_the_other_answers(ipsec: ModuleType) -> None:
    starts, answers = (ipsec.config({**NODE, "starts": starts}, TENANTS) for starts in (True, False))
    assert (starts.count("start_action = trap"), starts.count("dpd_delay = 5s")) == (2, 1)
    assert (answers.count("start_action = none"), answers.count("dpd_delay = 0s")) == (2, 1)


def test_what_is_there_needs_no_step(ipsec: ModuleType) -> None:
    assert ipsec.differences(NODE, TENANTS, there(ipsec)) == []


@pytest.mark.parametrize(
    ("other", "whats"),
    [
        ({"daemon": ""}, ["connections"]),
        ({"daemon": "run-2"}, ["connections"]),
        ({"loaded": ""}, ["connections"]),
        ({"own": "NEXT"}, ["file vdc.pem"]),
        ({"passing": {*PASSING, ("vdc-f-storage-1", "t-left")}}, ["t-left of vdc-f-storage-1 ended"]),
        ({"passing": {*PASSING, ("vdc-f-storage-9", "node")}}, ["node of vdc-f-storage-9 ended"]),
        ({"passing": {("another", "one")}}, []),
    ],
)
def test_what_differs_is_repaired(ipsec: ModuleType, other: dict[str, Any], whats: list[str]) -> None:
    assert ipsec.differences(NODE, TENANTS, there(ipsec, **other)) == whats


def test_a_forgotten_peer_leaves_no_certificate(ipsec: ModuleType) -> None:
    alone = {**NODE, "peers": []}
    assert ipsec.differences(alone, {}, there(ipsec, passing=set())) == ["file vdc.conf", "file vdc-f-storage-1.pem"]


def test_a_new_tenant_ends_nobodys_connection(ipsec: ModuleType) -> None:
    beta = {**ACME, "tenant": "beta", "client": "10.99.64.2", "server": "10.99.128.2"}
    assert ipsec.differences(NODE, {"acme": ACME, "beta": beta}, there(ipsec)) == ["file vdc.conf"]


def test_a_forgotten_tenants_keys_end_at_once(ipsec: ModuleType) -> None:
    assert ipsec.differences(NODE, {}, there(ipsec)) == ["file vdc.conf", "t-acme of vdc-f-storage-1 ended"]


def test_what_the_daemon_says_is_understood(ipsec: ModuleType) -> None:
    assert ipsec.passing(SAS) == {
        ("vdc-f-storage-1", "node"): {"in": 840, "out": 420, "heard": 3},
        ("vdc-f-storage-1", "t-acme"): {"in": 100, "out": 7, "heard": 1},
    }
    assert ipsec.passing("list-sas reply {}\n") == {}


def test_a_peer_is_counted_over_all_that_passes(ipsec: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ipsec, "daemon", lambda: "run-1")
    monkeypatch.setattr(ipsec, "run", lambda *words: SAS)
    monkeypatch.setattr(ipsec.time, "time", lambda: 1000.0)
    node = {**NODE, "peers": [PEER, {**PEER, "name": "f-storage-2"}]}
    assert ipsec.by_peer(node) == {
        "f-storage-1": {"handshake": 999, "received": 940, "sent": 427},
        "f-storage-2": {"handshake": 1000, "received": 0, "sent": 0},
    }
    # Given up, both.
    monkeypatch.setattr(ipsec, "daemon", lambda: "")
    monkeypatch.setattr(ipsec.time, "time", lambda: 1200.0)
    assert [facts["handshake"] for facts in ipsec.by_peer(node).values()] == [999, 1000]


def test_another_backend_takes_another_interface(state: ModuleType, ipsec: ModuleType) -> None:
    seen = {"addresses": {"10.99.16.1/16"}, "routes": set(), "peers": {"K": {}}, "port": 1, "public": "", "mtu": 1420}
    nothing = {"own": "MINE", "files": {}, "daemon": "", "loaded": "", "passing": set()}
    seen |= {"firewall": state.firewall(NODE), "kind": "wireguard", "ipsec": nothing}
    steps = state.plan({"node": NODE, "tenants": {}}, seen, "")
    assert [what for what, _ in steps][:4] == [
        "wireguard interface removed",
        "interface",
        "mtu",
        "address 10.99.16.1/16",
    ]
    assert steps[-1][1] == [["ipsec"]]


def test_keys_of_another_backend_are_forgotten(state: ModuleType) -> None:
    before = {**NODE, "backend": "wireguard", "peers": [{**PEER, "public_key": "WIREGUARDS"}]}
    told = {**NODE, "peers": [{**PEER, "public_key": "", "next_key": ""}]}
    assert state.with_wish({"node": before, "tenants": {}}, {"node": told})["node"]["peers"] == []
    assert state.with_wish({"node": NODE, "tenants": {}}, {"node": told})["node"]["peers"] == [PEER]
