"""A writer in a tenant's container continues through changes and failures of pool, volume, tunnel and nodes.

The tests use one writer, in their order.
"""

from __future__ import annotations

import pytest
from support.waiting import wait_until

from .conftest import COMPUTE, LOG, STORAGE, TENANTS, DataPath, Writer

pytestmark = pytest.mark.machines

CUT = 30  # seconds


def test_a_second_run_changes_nothing(site: DataPath) -> None:
    assert site.deploy_paths(TENANTS, "--tags", "nodes") == 0


def test_a_writer_continues_while_a_disk_is_added(site: DataPath, writer: Writer) -> None:
    disk = ("-e", f"node={STORAGE}", "-e", "disk=2", "-e", "gib=10")
    with writer.stage("a disk is added", stall=15):
        assert site.assert_ok("storage_disk_add", *disk, "--check").changed
        assert f"{STORAGE}-disk-2" not in site.volumes()
        assert "has 2 disks" in site.assert_ok("storage_disk_add", *disk).output
        assert site.assert_ok("storage_disk_add", *disk).changed == 0


def test_a_writer_continues_while_the_volume_grows(site: DataPath, writer: Writer) -> None:
    with writer.stage("the volume is grown", stall=15):
        site.assert_ok("tenant_volume_resize", "-e", "tenant=acme", "-e", "gib=2")
    assert (
        int(site.check_output(COMPUTE, "df --block-size=M --output=size /srv/vdc/acme | tail -n 1").rstrip("M")) > 1700
    )
    assert site.ledger_gib("acme") == 2


def test_a_writer_continues_while_a_disk_is_retired(site: DataPath, writer: Writer) -> None:
    disk = ("-e", f"node={STORAGE}", "-e", "disk=1")
    assert f"say -e confirm={STORAGE}-disk-1" in site.run("storage_disk_retire", *disk).error
    with writer.stage("a disk is retired", stall=15):
        site.assert_ok("storage_disk_retire", *disk, "-e", f"confirm={STORAGE}-disk-1")
    assert site.volumes() == {f"{STORAGE}-disk-2"}


def test_the_last_disk_is_not_retired(site: DataPath) -> None:
    disk = ("-e", f"node={STORAGE}", "-e", "disk=2", "-e", f"confirm={STORAGE}-disk-2")
    message = site.run("storage_disk_retire", *disk).error
    assert "cannot be retired because pool vdc_pool has no other disk" in message
    assert site.volumes() == {f"{STORAGE}-disk-2"}


def test_a_writer_continues_after_a_network_outage(site: DataPath, writer: Writer) -> None:
    with writer.stage(f"the tunnel is cut for {CUT} s", stall=CUT + 15):
        site.cut(STORAGE, CUT)


def test_a_writer_continues_while_keys_are_rotated(site: DataPath, writer: Writer) -> None:
    before = {node: site.check_output(node, "wg show vdc0 public-key") for node in (COMPUTE, STORAGE)}
    with writer.stage("keys are rotated", stall=15):
        site.assert_ok("tunnel_rotate")
    for node, key in before.items():
        assert site.check_output(node, "wg show vdc0 public-key") != key
        assert len(site.check_output(node, "wg show vdc0 peers").split()) == 1
        assert sorted(site.host(node).file("/etc/vdc/tunnel").listdir()) == ["key", "node.json", "tenants"]


def test_a_writer_continues_after_the_storage_node_reboots(site: DataPath, writer: Writer) -> None:
    with writer.stage("the storage node reboots", stall=300):
        site.reboot(STORAGE)


def test_every_acknowledged_record_is_stored_once_and_in_order(site: DataPath, writer: Writer) -> None:
    site.check_output(COMPUTE, f"docker stop -t 60 {writer.container}")
    assert writer.errors() == []
    numbers = [number for number, _when in writer.acknowledged()]
    kept = [int(line) for line in site.check_output(STORAGE, f"cat {LOG}").split()]
    writer.tell(f"{len(numbers)} records acknowledged, {len(kept)} kept")
    assert numbers == list(range(1, len(numbers) + 1))
    # A record may have been stored although the writer was stopped before its acknowledgment.
    assert kept in (numbers, [*numbers, len(numbers) + 1])


def test_volumes_are_mounted_after_a_reboot(site: DataPath, writer: Writer) -> None:
    site.reboot(COMPUTE)
    for tenant in TENANTS:
        mount = site.host(COMPUTE).mount_point(f"/srv/vdc/{tenant}")
        wait_until(120, lambda mount=mount: mount.exists, f"{tenant}'s volume is mounted")
        assert mount.filesystem == "nfs4"
    assert site.check_output(COMPUTE, f"head -n 1 {LOG}") == "1"
    site.check_output(COMPUTE, f"docker start {writer.container}")
    writer.assert_writes("the compute node rebooted")
