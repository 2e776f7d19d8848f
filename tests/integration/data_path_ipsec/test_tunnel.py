"""The tunnel with the backend ipsec on two real kernels: a writer, attacks, key rotation, and the change to WireGuard.

The tests run in their order on one pair of guests. ``data_path`` tests WireGuard, real volumes and containers.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.guests import capture
from support.playbooks import ROOT
from support.waiting import wait_until
from vdclab.machines import qemu

from .pair import ADDRESS, COMPUTE, LOG, PLAY, STORAGE, Pair

REASON = qemu.why_not()
pytestmark = [pytest.mark.machines, pytest.mark.skipif(REASON is not None, reason=str(REASON))]

MARKER = "plain-marker-4711"
CUT = 30  # seconds
KEY, CERTIFICATE = "/etc/swanctl/private/vdc.pem", "/etc/swanctl/x509/vdc.pem"
OTHER = "lab-compute-2"
# beta's addresses, as the plan gives them to its number.
CLIENT, SERVER = "10.99.64.2", "10.99.128.2"
REACHES = f"ping -c 1 -i 0.5 -w 6 -I {CLIENT} {SERVER}"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    pair = Pair(tmp_path_factory.mktemp("pair"))
    try:
        pair.boot()
        yield pair
    finally:
        pair.machines.stop_all()


def configure(pair: Pair, node: str, change: dict) -> None:
    pair.check_output(node, f"echo '{json.dumps(change)}' | vdc-tunnel configure")


def beta(side: str, peer: str) -> dict:
    return {"tenant": {"tenant": "beta", "side": side, "peer": peer, "client": CLIENT, "server": SERVER}}


def latency(pair: Pair) -> float | None:
    """Return the round-trip time from the compute node to the storage node in seconds, or None."""
    return json.loads(pair.check_output(COMPUTE, "vdc-tunnel status"))[STORAGE]["latency"]


def test_nodes_are_connected_and_the_volume_is_mounted(pair: Pair) -> None:
    assert pair.changes(PLAY, "--check", "--tags", "nodes")
    assert not pair.authority.exists() or not list(pair.authority.glob("ca.*"))
    assert pair.changes(PLAY)
    assert pair.changes(PLAY, "--check") == 0
    assert pair.changes(PLAY) == 0


def test_keys_are_readable_by_root_and_the_operator_only(pair: Pair) -> None:
    for node in ADDRESS:
        key = pair.host(node).file(KEY)
        assert (key.user, key.mode) == ("root", 0o600)
    assert pair.authority.stat().st_mode & 0o777 == 0o700
    for path in pair.authority.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    secrets = [path.name for path in pair.authority.iterdir() if "PRIVATE KEY" in path.read_text()]
    assert secrets == ["ca.key"]


def test_traffic_between_nodes_is_encrypted(pair: Pair, tmp_path: Path) -> None:
    with capture(pair, tmp_path / "frames") as frames:
        pair.check_output(COMPUTE, f"for n in $(seq 100); do echo {MARKER} $n; done > /srv/vdc/acme/marker; sync")
        assert pair.check_output(STORAGE, "cat /srv/vdc/acme/marker").count(MARKER) == 100
        time.sleep(1)
    seen = frames.read_bytes()
    assert len(seen) > 2000
    assert MARKER.encode() not in seen


def test_only_the_tunnels_port_is_open(pair: Pair) -> None:
    for node in ADDRESS:
        host = pair.host(node)
        ports = {listener.rpartition(":")[2] for listener in host.socket.get_listening_sockets()}
        assert "51820" in ports
        assert not {"500", "4500"} & ports
    for port in (111, 2049, 20048):
        assert pair.run_command(COMPUTE, f"timeout 4 bash -c 'echo > /dev/tcp/{ADDRESS[STORAGE]}/{port}'").returncode


@pytest.fixture(scope="module")
def beta_on_other_node(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The storage node serves beta for another compute node, which has its own certificate."""
    key = tmp_path_factory.mktemp("other") / "key"
    made = [
        "openssl",
        "req",
        "-new",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-384",
        "-nodes",
        "-subj",
        "/CN=x",
    ]
    request = subprocess.run([*made, "-keyout", str(key)], capture_output=True, text=True, check=True).stdout
    program = [sys.executable, str(ROOT / "roles/tunnel/files/certify.py"), str(pair.authority), OTHER, "365"]
    given = json.dumps({"public": request, "next": ""})
    certified = json.loads(subprocess.run(program, input=given, capture_output=True, text=True, check=True).stdout)
    node = json.loads(pair.check_output(STORAGE, "cat /etc/vdc/tunnel/node.json"))
    peer = {"name": OTHER, "address": "10.99.16.2", "endpoint": "203.0.113.11:51820", "public_key": certified["public"]}
    configure(pair, STORAGE, {"node": {**node, "peers": [*node["peers"], peer]}})
    configure(pair, STORAGE, beta("server", OTHER))


def test_a_node_gets_no_route_for_a_tenant_on_another_node(pair: Pair, beta_on_other_node: None) -> None:
    configure(pair, COMPUTE, beta("client", STORAGE))
    assert pair.run_command(COMPUTE, REACHES).returncode
    assert "TS_UNACCEPTABLE" in pair.check_output(COMPUTE, "journalctl -u strongswan --no-pager")


def test_a_tenants_address_is_rejected_with_another_tenants_keys(pair: Pair, beta_on_other_node: None) -> None:
    shown = pair.check_output(COMPUTE, "ip xfrm policy list src 10.99.64.1/32 dst 10.99.128.1/32 dir out")
    reqid = re.search(r"reqid (\d+)", shown)
    assert reqid, shown
    template = f"src {ADDRESS[COMPUTE]} dst {ADDRESS[STORAGE]} proto esp reqid {reqid[1]} mode tunnel"
    policy = f"src {CLIENT}/32 dst {SERVER}/32 dir out priority 1 if_id 0x7664"
    dropped = "awk '/XfrmInTmplMismatch|XfrmInNoPols/ {n += $2} END {print n}' /proc/net/xfrm_stat"
    before = int(pair.check_output(STORAGE, dropped))
    pair.check_output(COMPUTE, f"ip xfrm policy update {policy} tmpl {template}")
    try:
        assert pair.run_command(COMPUTE, REACHES).returncode
    finally:
        pair.check_output(COMPUTE, f"ip xfrm policy delete {policy.replace(' priority 1', '')}")
    assert int(pair.check_output(STORAGE, dropped)) > before


def test_a_tenants_route_moves_with_it_and_is_removed_at_once(pair: Pair, beta_on_other_node: None) -> None:
    configure(pair, STORAGE, beta("server", COMPUTE))
    for change in ({"remove_tenant": "beta"}, beta("client", STORAGE)):  # remove what the attack left
        configure(pair, COMPUTE, change)
    wait_until(
        30, lambda: pair.run_command(COMPUTE, REACHES).returncode == 0, "beta reaches its volume from its new node"
    )
    configure(pair, STORAGE, beta("server", OTHER))
    assert pair.run_command(COMPUTE, REACHES).returncode
    pair.check_output(COMPUTE, "echo on > /srv/vdc/acme/on")
    for node in ADDRESS:
        configure(pair, node, {"remove_tenant": "beta"})
    assert "beta" not in pair.check_output(STORAGE, "cat /etc/swanctl/conf.d/vdc.conf")


def test_the_monitor_repairs_the_tunnel_and_writes_metrics(pair: Pair) -> None:
    pair.check_output(
        COMPUTE, "systemctl stop strongswan vdc-tunnel-watch; vdc-tunnel watch --once; systemctl start vdc-tunnel-watch"
    )
    # The kernel requested keys while the daemon was stopped, and requests them again after a while.
    wait_until(30, lambda: latency(pair) is not None, "the storage node answers again")
    pair.check_output(COMPUTE, "systemctl restart vdc-tunnel-watch; sleep 3")
    file = "/var/lib/prometheus/node-exporter/vdc_tunnel.prom"
    wait_until(30, lambda: "latency_seconds{" in pair.check_output(COMPUTE, f"cat {file}"), "it is measured")
    measured = pair.check_output(COMPUTE, f"cat {file}")
    for name in ("handshake_age_seconds", "latency_seconds", "received_bytes_total", "sent_bytes_total"):
        assert re.search(rf'^vdc_tunnel_{name}{{peer="{STORAGE}"}} [0-9.]+$', measured, re.MULTILINE), measured


def test_a_writer_continues_after_a_network_outage(pair: Pair, tell: Callable[[str], None]) -> None:
    writer = pair.write()
    time.sleep(5)
    pair.cut(STORAGE, CUT)
    time.sleep(20)
    stall = pair.longest_stall(writer)
    tell(f"ipsec, a cut of {CUT} s: longest stall {stall} s")
    assert CUT - 2 < stall < CUT + 15


def test_a_writer_continues_while_keys_are_rotated(pair: Pair, tell: Callable[[str], None]) -> None:
    shown = f"openssl pkey -in {KEY} -pubout; openssl x509 -in {CERTIFICATE} -noout -pubkey"
    before = {node: pair.check_output(node, shown) for node in ADDRESS}
    pair.check_output(
        COMPUTE, f"mkdir -m 700 /root/old && cp {KEY} /root/old/key && cp {CERTIFICATE} /root/old/certificate"
    )
    writer = pair.write()
    rotation = pair.play("tunnel_rotate")
    assert rotation.ok, rotation.output
    stall = pair.longest_stall(writer)
    tell(f"ipsec, keys were rotated: longest stall {stall} s")
    assert stall < 15
    assert len(re.findall(r"has a new key; longest stall [0-9.]+ s", rotation.output)) == 2
    for node, keys in before.items():
        after = pair.check_output(node, shown)
        assert after != keys
        assert after[: len(after) // 2] == after[len(after) // 2 + 1 :]
        assert pair.check_output(node, "ls /etc/vdc/tunnel") == "node.json\ntenants"
    assert pair.changes(PLAY) == 0


def test_an_old_key_is_rejected(pair: Pair) -> None:
    reconnect = (
        f"swanctl --load-all --clear --noprompt; swanctl --terminate --ike vdc-{STORAGE}; ping -c 1 -w 8 10.99.0.1"
    )
    swap = f"cp {KEY} /root/new && cp /root/old/key {KEY} && cp /root/old/certificate {CERTIFICATE}"
    try:
        assert pair.run_command(COMPUTE, f"systemctl stop vdc-tunnel-watch; {swap}; {reconnect}").returncode
        assert "peer not authenticated with peer cert" in pair.check_output(
            STORAGE, "journalctl -u strongswan --no-pager"
        )
    finally:
        pair.check_output(COMPUTE, f"cp /root/new {KEY}; vdc-tunnel apply; systemctl start vdc-tunnel-watch")
    wait_until(
        30, lambda: pair.run_command(COMPUTE, "ping -c 1 -w 3 10.99.0.1").returncode == 0, "the new key is accepted"
    )


def test_a_writer_continues_after_the_storage_node_reboots(pair: Pair, tell: Callable[[str], None]) -> None:
    writer = pair.write()
    time.sleep(3)
    # As the role tenant_volume does on a real storage node.
    pair.check_output(
        STORAGE, "ln -sf /lib/systemd/system/nfs-server.service /etc/systemd/system/multi-user.target.wants/"
    )
    pair.reboot(STORAGE)
    count = int(pair.check_output(STORAGE, f"wc -l < {LOG}"))
    wait_until(240, lambda: int(pair.check_output(STORAGE, f"wc -l < {LOG}")) > count + 5, "the writer continues")
    tell(f"ipsec, the storage node rebooted: longest stall {pair.longest_stall(writer)} s")


def test_the_backend_changes_only_on_all_nodes_together(pair: Pair, tell: Callable[[str], None]) -> None:
    done = pair.play(PLAY, "--tags", "nodes", "--limit", COMPUTE, backend="wireguard")
    assert f"the tunnel of {COMPUTE} is ipsec" in done.error, done.output
    assert f"({STORAGE} not in this one)" in done.error
    assert pair.check_output(COMPUTE, "vdc-tunnel apply --check") == '{"changed": []}'
    writer = pair.write()
    assert pair.changes(PLAY, backend="wireguard")
    tell(f"from ipsec to WireGuard: longest stall {pair.longest_stall(writer)} s")
    assert pair.changes(PLAY, backend="wireguard") == 0
    for node in ADDRESS:
        assert not pair.host(node).service("strongswan").is_running
        assert len(pair.check_output(node, "wg show vdc0 peers").split()) == 1
