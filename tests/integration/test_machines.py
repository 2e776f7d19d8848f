"""Real guests: two of them boot once, and every test uses them.

The tests follow the lifecycle of a machine; the last ones delete it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.waiting import wait_until
from vdclab.machines import process, qemu
from vdclab.machines.base import Disk, MachineSpec, Nic
from vdclab.machines.qemu import QemuMachines

REASON = qemu.why_not()
pytestmark = [pytest.mark.machines, pytest.mark.skipif(REASON is not None, reason=str(REASON))]

GIB = 1024**3
ONE, TWO = "hetzner-1", "exoscale-2"
ADDRESS = {ONE: "203.0.113.11", TWO: "198.51.100.12"}
CONFIG = """\
#cloud-config
write_files:
  - {path: /root/applied, content: cloud-config}
runcmd:
  - [touch, /root/ran]
"""
SCRIPT = "#!/bin/sh\necho script > /root/applied; touch /root/ran\n"
VOLUME = Disk("volume-1", GIB, "HC", "Volume", "4711")
BLOCK = Disk("block-1", GIB, "virtio", "", "0c5a1c2e-7f6b-4a0e-9")
PRIVATE = Nic("hetzner-net-1", "86:00:00:00:00:11", "10.1.0.2/16")


class Pair:
    """The two guests, and commands in them."""

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        self.machines = QemuMachines(run_dir)
        self.key = run_dir / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key)], check=True)

    def spec(self, key: str, user_data: str) -> MachineSpec:
        address = ADDRESS[key]
        nic = Nic(
            "public", f"52:54:00:00:00:{address.split('.')[3]}", f"{address}/24", address.rpartition(".")[0] + ".1"
        )
        public = self.key.with_suffix(".pub").read_text().strip()
        return MachineSpec(key, key, 4, 4 * GIB, 10 * GIB, (nic,), (public,), user_data)

    def ssh(self, key: str, command: str, user: str = "root") -> subprocess.CompletedProcess:
        words = ["ssh", "-F", str(self.run_dir / "ssh_config"), "-i", str(self.key), f"{user}@{ADDRESS[key]}", command]
        return subprocess.run(words, capture_output=True, text=True, timeout=150, check=False)

    def check_output(self, key: str, command: str, user: str = "root") -> str:
        done = self.ssh(key, command, user)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def reachable(self, key: str) -> None:
        """Wait until ssh answers."""
        wait_until(180, lambda: self.ssh(key, "true").returncode == 0, f"{key} answers ssh")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    pair = Pair(tmp_path_factory.mktemp("lab"))
    try:
        jobs = [pair.machines.create(pair.spec(ONE, CONFIG)), pair.machines.create(pair.spec(TWO, SCRIPT))]
        for job in jobs:
            job.result(timeout=60)
        for key in ADDRESS:
            pair.reachable(key)
        yield pair
    finally:
        pair.machines.stop_all()


def test_a_machine_has_the_requested_name_and_address(pair: Pair) -> None:
    for key in ADDRESS:
        assert pair.machines.running(key)
        assert pair.check_output(key, "hostname") == key
        assert ADDRESS[key] in pair.check_output(key, "ip -4 -o address show dev eth0")


@pytest.mark.parametrize(("key", "kind"), [(ONE, "cloud-config"), (TWO, "script")])
def test_scripts_and_cloud_config_are_applied_as_user_data(pair: Pair, key: str, kind: str) -> None:
    wait_until(90, lambda: pair.ssh(key, "test -e /root/ran").returncode == 0, "user data ran")
    assert pair.check_output(key, "cat /root/applied") == kind


def test_the_default_user_may_become_root(pair: Pair) -> None:
    assert pair.check_output(TWO, "sudo -n id -u", user="debian") == "0"


@pytest.mark.parametrize(
    "command",
    ["cat /etc/ssh/ssh_host_ed25519_key.pub", "cat /etc/machine-id", "cat /sys/class/dmi/id/product_uuid"],
)
def test_machines_have_different_identities(pair: Pair, command: str) -> None:
    one, two = (pair.check_output(key, command).split() for key in ADDRESS)
    assert one[0] != two[0] or one[1] != two[1]
    assert "no such file" not in " ".join(one).lower()


def test_machines_of_both_clouds_reach_each_other(pair: Pair) -> None:
    pair.check_output(ONE, f"ping -c 1 -W 10 {ADDRESS[TWO]}")


def test_the_root_file_system_fills_its_disk(pair: Pair) -> None:
    wait_until(
        120, lambda: int(pair.check_output(ONE, "stat -f -c '%b' /")) * 4096 > 9 * GIB, "the root file system grows"
    )


@pytest.mark.parametrize(
    ("disk", "link"),
    [(VOLUME, "scsi-0HC_Volume_4711"), (BLOCK, "virtio-0c5a1c2e-7f6b-4a0e-9")],
    ids=["Hetzner", "Exoscale"],
)
def test_volumes_are_attached_grown_and_detached_while_the_machine_runs(pair: Pair, disk: Disk, link: str) -> None:
    device = f"/dev/disk/by-id/{link}"
    pair.machines.plug(ONE, disk).result(timeout=60)
    pair.check_output(ONE, f"timeout 60 sh -c 'until [ -e {device} ]; do sleep 0.2; done'")
    pair.check_output(ONE, f"echo kept > {device} && sync")
    pair.machines.grow_disk(disk.key, 2 * GIB).result(timeout=60)
    wait_until(
        30, lambda: pair.check_output(ONE, f"blockdev --getsize64 {device}") == str(2 * GIB), "the guest sees it grown"
    )
    copy = Disk(f"{disk.key}-copy", 2 * GIB, "HC", "Volume", "4712")
    pair.machines.copy_disk(disk.key, copy.key).result(timeout=60)
    pair.machines.unplug(ONE, disk.key).result(timeout=90)
    wait_until(30, lambda: pair.ssh(ONE, f"test -e {device}").returncode != 0, "the volume is gone")
    pair.machines.plug(TWO, copy).result(timeout=60)
    copied = "/dev/disk/by-id/scsi-0HC_Volume_4712"
    assert (
        pair.check_output(TWO, f"timeout 60 sh -c 'until [ -e {copied} ]; do sleep 0.2; done'; head -c 4 {copied}")
        == "kept"
    )
    pair.machines.unplug(TWO, copy.key).result(timeout=90)
    for key in (disk.key, copy.key):
        pair.machines.delete_disk(key).result(timeout=30)
    assert not list((pair.run_dir / "volumes").iterdir())


def test_an_attached_network_card_gets_its_address(pair: Pair) -> None:
    pair.machines.plug_nic(ONE, PRIVATE).result(timeout=60)
    show = "ip -4 -o address show"
    wait_until(60, lambda: "10.1.0.2/16" in pair.check_output(ONE, show), "the card has its address")
    pair.machines.unplug_nic(ONE, PRIVATE.segment).result(timeout=90)
    wait_until(30, lambda: "10.1.0.2" not in pair.check_output(ONE, show), "the card is gone")


def test_docker_runs_an_image_of_the_labs_registry(pair: Pair) -> None:
    run = "docker run --rm 203.0.113.1:5000/lab/busybox:trixie echo from a container"
    assert pair.check_output(TWO, f"{run} 2>/dev/null") == "from a container"


def test_a_machine_keeps_its_data_and_identity_over_a_shutdown_and_rescale(pair: Pair) -> None:
    pair.check_output(ONE, "echo before > /root/kept")
    before = pair.check_output(ONE, "cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub")
    pair.machines.shutdown(ONE).result(timeout=30)
    wait_until(60, lambda: not pair.machines.running(ONE), "the guest powers itself down")
    pair.machines.rescale(ONE, 1, GIB // 2, 12 * GIB).result(timeout=30)
    pair.machines.start(ONE).result(timeout=60)
    pair.reachable(ONE)
    assert pair.check_output(ONE, "cat /root/kept; nproc").split() == ["before", "1"]
    assert pair.check_output(ONE, "cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub") == before


def test_a_description_contains_boot_times_and_no_user_data(pair: Pair) -> None:
    wait_until(60, lambda: bool(pair.machines.describe()["guests"][TWO]["boot_seconds"]), "the boot time is known")
    described = pair.machines.describe()
    assert described["accelerator"] in ("kvm", "tcg")
    assert "user_data" not in described["guests"][TWO]


def test_a_deleted_machine_leaves_nothing(pair: Pair) -> None:
    pid = int((pair.run_dir / "guests" / TWO / "pid").read_text())
    pair.machines.delete(TWO).result(timeout=30)
    assert not process.alive(pid)
    assert not (pair.run_dir / "guests" / TWO).exists()
    assert not pair.machines.running(TWO)


def test_clean_ends_the_processes_of_a_dead_lab(pair: Pair) -> None:
    guest = int((pair.run_dir / "guests" / ONE / "pid").read_text())
    holder = int((pair.run_dir / "namespace.pid").read_text())
    assert process.ours(guest, str(pair.run_dir))
    qemu.clean(pair.run_dir)
    assert not process.alive(guest)
    assert not process.alive(holder)
    assert not (pair.run_dir / "guests").exists()
    assert {p.name for p in pair.run_dir.iterdir()} <= {"key", "key.pub"}
