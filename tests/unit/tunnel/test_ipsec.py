"""The IPsec backend: strongSwan's configuration, its parsed state, and the steps between them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from support import tunnel
from support.tunnel import ACME

PEER = tunnel.peer("THEIRS")
NODE = tunnel.compute_node("ipsec", [PEER], starts=True, certificates=["MINE", ""], authority="AUTHORITY")
TENANTS = {"acme": ACME}
PASSING = {("vdc-f-storage-1", "node"), ("vdc-f-storage-1", "t-acme")}
# Output of strongSwan 6.0.
SAS = (
    "list-sa event {vdc-f-storage-1 {uniqueid=1 version=2 state=ESTABLISHED local-id=f-compute-1 established=70 "
    "child-sas {node-1 {name=node uniqueid=1 state=INSTALLED bytes-in=840 packets-in=10 use-in=3 bytes-out=420 "
    "use-out=2 local-ts=[10.99.16.1/32] remote-ts=[10.99.0.1/32]} t-acme-2 {name=t-acme uniqueid=2 bytes-in=100 "
    "bytes-out=7 use-in=1 use-out=1 local-ts=[10.99.64.1/32] remote-ts=[10.99.128.1/32]} t-acme-3 {name=t-acme "
    "uniqueid=3 bytes-in=0 bytes-out=0}}}}\n"
    "list-sas reply {}\n"
)


def converged(ipsec: ModuleType, **other: Any) -> dict[str, Any]:
    """The state of a daemon that is converged for ``TENANTS``, except for ``other``."""
    desired = ipsec.files(NODE, TENANTS, "MINE")
    loaded = ipsec.fingerprint("run-1", desired)
    return {"own": "MINE", "files": desired, "daemon": "run-1", "loaded": loaded, "established": PASSING, **other}


def test_tenant_has_a_pair_of_addresses_only_with_its_own_peer(ipsec: ModuleType) -> None:
    other = {**ACME, "tenant": "other", "peer": "f-storage-2"}
    server = {**ACME, "tenant": "mirrored", "side": "server"}
    assert ipsec.children(NODE, PEER, {"acme": ACME, "mirrored": server, "other": other}) == {
        "node": ("10.99.16.1", "10.99.0.1"),
        "t-acme": ("10.99.64.1", "10.99.128.1"),
        "t-mirrored": ("10.99.128.1", "10.99.64.1"),
    }


def test_peer_is_accepted_only_with_the_certificates_in_the_configuration(ipsec: ModuleType) -> None:
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
    written = {path.name: content for path, content in kept.items() if path.parent == ipsec.CERTIFICATES}
    assert written == {"vdc.pem": "MINE", "vdc-f-storage-1.pem": "THEIRS", "vdc-f-storage-1.next.pem": "NEXT"}


def test_compute_nodes_start_connections_and_storage_nodes_answer(ipsec: ModuleType) -> None:
    starts, answers = (ipsec.config({**NODE, "starts": starts}, TENANTS) for starts in (True, False))
    assert (starts.count("start_action = trap"), starts.count("dpd_delay = 5s")) == (2, 1)
    assert (answers.count("start_action = none"), answers.count("dpd_delay = 0s")) == (2, 1)


def test_converged_node_needs_no_step(ipsec: ModuleType) -> None:
    assert ipsec.differences(NODE, TENANTS, converged(ipsec)) == []


@pytest.mark.parametrize(
    ("other", "changes"),
    [
        ({"daemon": ""}, ["connections"]),
        ({"daemon": "run-2"}, ["connections"]),
        ({"loaded": ""}, ["connections"]),
        ({"own": "NEXT"}, ["file vdc.pem"]),
        ({"established": {*PASSING, ("vdc-f-storage-1", "t-left")}}, ["t-left of vdc-f-storage-1 ended"]),
        ({"established": {*PASSING, ("vdc-f-storage-9", "node")}}, ["node of vdc-f-storage-9 ended"]),
        ({"established": {("another", "one")}}, []),
    ],
)
def test_difference_is_repaired(ipsec: ModuleType, other: dict[str, Any], changes: list[str]) -> None:
    assert ipsec.differences(NODE, TENANTS, converged(ipsec, **other)) == changes


def test_removed_peer_leaves_no_certificate(ipsec: ModuleType) -> None:
    isolated = {**NODE, "peers": []}
    assert ipsec.differences(isolated, {}, converged(ipsec, established=set())) == [
        "file vdc.conf",
        "file vdc-f-storage-1.pem",
    ]


def test_new_tenant_ends_no_connection(ipsec: ModuleType) -> None:
    beta = {**ACME, "tenant": "beta", "client": "10.99.64.2", "server": "10.99.128.2"}
    assert ipsec.differences(NODE, {"acme": ACME, "beta": beta}, converged(ipsec)) == ["file vdc.conf"]


def test_removed_tenants_traffic_ends_at_once(ipsec: ModuleType) -> None:
    assert ipsec.differences(NODE, {}, converged(ipsec)) == ["file vdc.conf", "t-acme of vdc-f-storage-1 ended"]


def test_output_of_the_daemon_is_parsed(ipsec: ModuleType) -> None:
    assert ipsec.established(SAS) == {
        ("vdc-f-storage-1", "node"): {"in": 840, "out": 420, "heard": 3},
        ("vdc-f-storage-1", "t-acme"): {"in": 100, "out": 7, "heard": 1},
    }
    assert ipsec.established("list-sas reply {}\n") == {}


def test_peers_traffic_is_summed_over_its_connections(ipsec: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ipsec, "daemon", lambda: "run-1")
    monkeypatch.setattr(ipsec, "run", lambda *words: SAS)
    monkeypatch.setattr(ipsec.time, "time", lambda: 1000.0)
    node = {**NODE, "peers": [PEER, {**PEER, "name": "f-storage-2"}]}
    assert ipsec.by_peer(node) == {
        "f-storage-1": {"handshake": 999, "received": 940, "sent": 427},
        "f-storage-2": {"handshake": 1000, "received": 0, "sent": 0},
    }
    # Both connections are dropped.
    monkeypatch.setattr(ipsec, "daemon", lambda: "")
    monkeypatch.setattr(ipsec.time, "time", lambda: 1200.0)
    assert [facts["handshake"] for facts in ipsec.by_peer(node).values()] == [999, 1000]


def test_change_of_backend_replaces_the_interface(state: ModuleType, ipsec: ModuleType) -> None:
    current = {
        "addresses": {"10.99.16.1/16"},
        "routes": set(),
        "peers": {"K": {}},
        "port": 1,
        "public": "",
        "mtu": 1420,
    }
    nothing = {"own": "MINE", "files": {}, "daemon": "", "loaded": "", "established": set()}
    current |= {"firewall": state.firewall(NODE), "kind": "wireguard", "ipsec": nothing}
    steps = state.plan({"node": NODE, "tenants": {}}, current, "")
    assert [description for description, _ in steps][:4] == [
        "wireguard interface removed",
        "interface",
        "mtu",
        "address 10.99.16.1/16",
    ]
    assert steps[-1][1] == [["ipsec"]]


def test_change_of_backend_drops_the_peers_keys(state: ModuleType) -> None:
    before = {**NODE, "backend": "wireguard", "peers": [{**PEER, "public_key": "WIREGUARDS"}]}
    reported = {**NODE, "peers": [{**PEER, "public_key": "", "next_key": ""}]}
    assert state.updated_config({"node": before, "tenants": {}}, {"node": reported})["node"]["peers"] == []
    assert state.updated_config({"node": NODE, "tenants": {}}, {"node": reported})["node"]["peers"] == [PEER]
