"""Storage nodes apart from the tenant's data path: snapshots, only one version of NFS, foreign disks.

The tests use beta's volume, which nobody writes to.
"""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import COMPUTE, STORAGE, DataPath

pytestmark = pytest.mark.machines

PAGE, KEPT = "/srv/vdc/beta/page", "/srv/vdc/.snapshots/beta/nightly/page"
CLIENT, SERVER = "10.99.64.2", "10.99.128.2"


def volume(site: DataPath, **options: Any) -> dict[str, Any]:
    beta = {"tenant": "beta", "number": 2, "size_gib": 1, "client": CLIENT}
    return site.module(STORAGE, "sovereign.vdc.tenant_volume", {**beta, **options})


def test_a_snapshot_keeps_the_earlier_data_and_is_read_only(site: DataPath) -> None:
    site.check_output(COMPUTE, f"echo before > {PAGE} && sync {PAGE}")
    taken = volume(site, snapshots=[{"name": "nightly"}])
    assert (taken["changed"], taken["volume"]["snapshots"]) == (True, ["nightly"])
    site.check_output(COMPUTE, f"echo after > {PAGE} && sync {PAGE}")
    assert site.check_output(STORAGE, f"cat {PAGE} {KEPT}") == "after\nbefore"
    assert "Read-only file system" in site.run_command(STORAGE, f"touch {KEPT}").stderr
    assert not volume(site, snapshots=[{"name": "nightly"}])["changed"]


def test_a_snapshot_is_not_exported_to_the_tenant(site: DataPath) -> None:
    mount = (
        f"mount -t vdc -o vers=4.2,proto=tcp,soft,timeo=30,retrans=1,retry=0 {SERVER}:{KEPT.removesuffix('/page')} /mnt"
    )
    assert site.run_command(COMPUTE, f"timeout 60 {mount}").returncode


def test_a_volume_does_not_grow_while_it_has_snapshots(site: DataPath) -> None:
    assert "cannot grow while it has snapshots (t-beta.snap-nightly); remove them" in volume(site, size_gib=2)["msg"]
    grown = volume(site, size_gib=2, snapshots=[{"name": "nightly", "state": "absent"}])
    assert (grown["volume"]["snapshots"], grown["volume"]["size_gib"]) == ([], 2)
    assert site.check_output(STORAGE, f"ls --almost-all /srv/vdc/.snapshots/beta; cat {PAGE}") == "after"


@pytest.mark.parametrize(("version", "mounted"), [("4.2", True), ("4.1", False), ("4.0", False), ("3", False)])
def test_only_nfs_4_2_is_served(site: DataPath, version: str, mounted: bool) -> None:
    kind, more = ("nfs", ",nolock") if version == "3" else ("vdc", "")
    options = f"vers={version},proto=tcp,soft,timeo=30,retrans=1,retry=0{more}"
    tried = site.run_command(
        COMPUTE, f"timeout 60 mount -t {kind} -o {options} {SERVER}:/srv/vdc/beta /mnt && umount /mnt"
    )
    assert (tried.returncode == 0) is mounted, tried.stderr


def test_a_foreign_or_missing_disk_is_rejected(site: DataPath) -> None:
    root = site.check_output(STORAGE, "findmnt --noheadings --output SOURCE /")
    error = site.module(STORAGE, "sovereign.vdc.storage_pool", {"disks": [root]})["msg"]
    assert f"disks: {root} carries" in error
    assert "is left untouched" in error
    other = {"disks": ["/dev/disk/by-id/none"], "device_wait": 0}
    assert (
        "the node has no device /dev/disk/by-id/none"
        in site.module(STORAGE, "sovereign.vdc.storage_pool", other)["msg"]
    )
