"""A tenant's data path on two real kernels: tunnel, mount, a cut, rotation, and what an attacker would try.

Two guests live through the tests in their order.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.playbooks import ANSIBLE, QUICK, ROOT
from vdclab.machines import qemu
from vdclab.machines.base import MachineSpec, Nic
from vdclab.machines.qemu import QemuMachines

REASON = qemu.why_not()
pytestmark = [pytest.mark.data_path, pytest.mark.skipif(REASON is not None, reason=str(REASON))]

GIB = 1024**3
COMPUTE, STORAGE = "lab-compute-1", "lab-storage-1"
ADDRESS = {COMPUTE: "203.0.113.10", STORAGE: "198.51.100.10"}
PATIENCE = 900  # seconds for a play on a busy host
LOG = "/srv/vdc/acme/log"
CUT = 30  # seconds
INVENTORY = """\
all:
  vars: {{ansible_user: root, ansible_python_interpreter: /usr/bin/python3, ansible_ssh_private_key_file: {key}}}
  children:
    role_compute: {{hosts: {{lab-compute-1: {{ansible_host: 203.0.113.10}}}}}}
    role_storage: {{hosts: {{lab-storage-1: {{ansible_host: 198.51.100.10}}}}}}
"""
# Writes numbered records, each on the server before the next, and tells the longest pause between two.
WRITER = """\
import os, sys, time
file, worst, last, number = open(sys.argv[1], "w"), 0.0, time.monotonic(), 0
while not os.path.exists("/root/enough"):
    number += 1
    print(number, file=file, flush=True)
    os.fsync(file.fileno())
    now = time.monotonic()
    worst, last = max(worst, now - last), now
    time.sleep(0.1)
print(number, round(worst, 1))
"""
# Keeps all frames that pass the lab's public bridge.
CAPTURE = """\
import socket, sys
taken = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
taken.bind(("br-public", 0))
with open(sys.argv[1], "wb", buffering=0) as kept:
    while True:
        kept.write(taken.recv(65536))
"""


class Pair:
    """The two guests, and ways to run commands and playbooks on them."""

    def __init__(self, run_dir: Path, key: Path) -> None:
        self.run_dir, self.key = run_dir, key
        self.inventory = key.parent / "tunnel-inventory.yml"
        self.inventory.write_text(INVENTORY.format(key=key))

    def ssh(self, node: str, command: str) -> list[str]:
        return ["ssh", "-F", str(self.run_dir / "ssh_config"), "-i", str(self.key), f"root@{ADDRESS[node]}", command]

    def tries(self, node: str, command: str) -> subprocess.CompletedProcess:
        return subprocess.run(self.ssh(node, command), capture_output=True, text=True, timeout=300, check=False)

    def says(self, node: str, command: str) -> str:
        done = self.tries(node, command)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def inside(self, *command: str) -> list[str]:
        """A command line in the lab's own network."""
        return [str(self.run_dir / "inside"), *command]

    def play(self, path: str, *more: str) -> str:
        """What the playbook said; it must succeed."""
        env = {
            **os.environ,
            **QUICK,
            "ANSIBLE_SSH_COMMON_ARGS": f"-F {self.run_dir}/ssh_config",
            "ANSIBLE_HOST_KEY_CHECKING": "false",
            "ANSIBLE_TIMEOUT": "120",
            "ANSIBLE_NOCOLOR": "1",
        }
        command = [str(ANSIBLE), "-i", str(self.inventory), str(ROOT / path), *more]
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=PATIENCE, cwd=ROOT, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def write(self) -> subprocess.Popen:
        """Start the writer."""
        self.says(COMPUTE, f"rm -f /root/enough; cat > /root/writer.py <<'END'\n{WRITER}END")
        command = self.ssh(COMPUTE, f"python3 /root/writer.py {LOG}")
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def longest_stall(self, writer: subprocess.Popen) -> float:
        """End the writer; every record must be on the storage node, in order, exactly once."""
        self.says(COMPUTE, "touch /root/enough")
        count, worst = writer.communicate(timeout=120)[0].split()
        records = self.says(STORAGE, f"cat {LOG}").split()
        assert records == [str(number) for number in range(1, int(count) + 1)]
        return float(worst)


def changed(said: str) -> int:
    return sum(int(count) for count in re.findall(r"^\S+\s+: ok=\d+\s+changed=(\d+)", said, re.MULTILINE))


def boot(machines: QemuMachines, pair: Pair) -> None:
    public = pair.key.with_suffix(".pub").read_text().strip()
    for number, (name, address) in enumerate(ADDRESS.items()):
        gateway = address.rpartition(".")[0] + ".1"
        nic = Nic("public", f"52:54:00:00:01:{number:02x}", f"{address}/24", gateway)
        machines.create(MachineSpec(name, name, 2, 2 * GIB, 10 * GIB, (nic,), (public,))).result(timeout=120)


def awaited(pair: Pair, node: str) -> None:
    limit = time.monotonic() + 300
    while pair.tries(node, "true").returncode:
        assert time.monotonic() < limit, f"{node} does not answer"
        time.sleep(1)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    run_dir, key = tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("key") / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    machines, pair = QemuMachines(run_dir), Pair(run_dir, key)
    try:
        boot(machines, pair)
        for node in ADDRESS:
            awaited(pair, node)
        yield pair
    finally:
        machines.stop_all()


def test_nodes_are_joined_and_the_volume_is_mounted(pair: Pair) -> None:
    assert changed(pair.play("tests/integration/plays/tunnel.yml"))
    assert changed(pair.play("tests/integration/plays/tunnel.yml")) == 0


def test_a_marker_is_not_seen_on_the_way(pair: Pair, tmp_path: Path) -> None:
    frames = tmp_path / "frames"
    capture = subprocess.Popen(pair.inside("python3", "-c", CAPTURE, str(frames)))
    try:
        time.sleep(1)
        pair.says(COMPUTE, "printf 'plain-marker-%s' 4711 > /srv/vdc/acme/marker; sync; ping -c 1 198.51.100.10")
        assert pair.says(STORAGE, "cat /srv/vdc/acme/marker") == "plain-marker-4711"
    finally:
        capture.terminate()
        capture.wait()
    seen = frames.read_bytes()
    assert len(seen) > 1000
    assert b"plain-marker-4711" not in seen


def test_nfs_is_answered_in_the_tunnel_alone(pair: Pair) -> None:
    listens = "ss -H -l -n -t 'sport = :2049'"
    assert pair.says(STORAGE, listens)
    for port in (111, 2049, 20048):
        knock = f"timeout 4 bash -c 'echo > /dev/tcp/{ADDRESS[STORAGE]}/{port}'"
        assert pair.tries(COMPUTE, knock).returncode
    assert pair.tries(COMPUTE, "timeout 4 bash -c 'echo > /dev/tcp/10.99.0.1/22'").returncode
    assert pair.tries(COMPUTE, "timeout 9 bash -c 'echo > /dev/tcp/10.99.0.1/2049'").returncode == 0


def test_a_container_reaches_nothing_in_the_tunnel(pair: Pair) -> None:
    pair.says(
        COMPUTE,
        "set -e; ip netns add container; ip link add c0 type veth peer name eth0 netns container;"
        "ip address add 172.30.0.1/24 dev c0; ip link set c0 up; sysctl -qw net.ipv4.ip_forward=1;"
        "ip -n container address add 172.30.0.2/24 dev eth0; ip -n container link set eth0 up;"
        "ip -n container route add default via 172.30.0.1;"
        "nft add table ip t; nft 'add chain ip t post { type nat hook postrouting priority 100; }';"
        "nft add rule ip t post ip saddr 172.30.0.0/24 masquerade",
    )
    within = "ip netns exec container timeout 4"
    assert pair.says(COMPUTE, f"{within} ping -c 1 -W 3 172.30.0.1")
    for command in ("ping -c 1 -W 2 10.99.0.1", "bash -c 'echo > /dev/tcp/10.99.128.1/2049'"):
        assert pair.tries(COMPUTE, f"{within} {command}").returncode, command
    pair.says(COMPUTE, "ip netns del container; nft delete table ip t")


def test_a_writer_goes_on_after_a_cut(pair: Pair) -> None:
    writer = pair.write()
    time.sleep(5)
    rules = [f"pref 1{i} iif br-public {way} {ADDRESS[STORAGE]} blackhole" for i, way in enumerate(("to", "from"))]
    for rule in rules:
        subprocess.run(pair.inside("ip", "rule", "add", *rule.split()), check=True)
    time.sleep(CUT)
    for rule in rules:
        subprocess.run(pair.inside("ip", "rule", "del", *rule.split()), check=True)
    time.sleep(20)
    stall = pair.longest_stall(writer)
    print(f"longest stall with a cut of {CUT} s: {stall} s")
    assert CUT - 2 < stall < CUT + 15


def test_keys_are_rotated_while_a_writer_runs(pair: Pair) -> None:
    before = {node: pair.says(node, "wg show vdc0 public-key") for node in ADDRESS}
    writer = pair.write()
    said = pair.play("playbooks/tunnel_rotate.yml")
    stall = pair.longest_stall(writer)
    print(f"longest stall of a writer while keys were rotated: {stall} s")
    assert stall < 15
    assert len(re.findall(r"has a new key; longest stall [0-9.]+ s", said)) == 2
    for node, key in before.items():
        assert pair.says(node, "wg show vdc0 public-key") != key
        assert len(pair.says(node, "wg show vdc0 peers").split()) == 1
        assert pair.says(node, "stat -c %a /etc/vdc/tunnel/key; ls /etc/vdc/tunnel") == "600\nkey\nnode.json\ntenants"


def test_the_mount_comes_back_after_a_reboot(pair: Pair) -> None:
    boot_id = pair.says(COMPUTE, "cat /proc/sys/kernel/random/boot_id")
    pair.tries(COMPUTE, "systemctl reboot")
    limit = time.monotonic() + 300
    while pair.tries(COMPUTE, "findmnt -t nfs4 /srv/vdc/acme && cat /proc/sys/kernel/random/boot_id").stdout.strip()[
        -36:
    ] in (
        "",
        boot_id,
    ):
        assert time.monotonic() < limit, "the volume is not mounted again"
        time.sleep(2)
    assert pair.says(COMPUTE, "cat /srv/vdc/acme/marker") == "plain-marker-4711"
