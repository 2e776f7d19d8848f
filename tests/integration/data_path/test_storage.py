"""What a storage node promises beside the tenant's path: snapshots, no older NFS, and hands off strange disks.

On beta's volume, which nobody writes to.
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


def test_a_snapshot_keeps_what_was(site: DataPath) -> None:
    site.says(COMPUTE, f"echo before > {PAGE} && sync {PAGE}")
    taken = volume(site, snapshots=[{"name": "nightly"}])
    assert (taken["changed"], taken["volume"]["snapshots"]) == (True, ["nightly"])
    site.says(COMPUTE, f"echo after > {PAGE} && sync {PAGE}")
    assert site.says(STORAGE, f"cat {PAGE} {KEPT}") == "after\nbefore"
    assert "Read-only file system" in site.tries(STORAGE, f"touch {KEPT}").stderr
    assert not volume(site, snapshots=[{"name": "nightly"}])["changed"]


def test_a_snapshot_is_not_the_tenants_to_see(site: DataPath) -> None:
    mount = (
        f"mount -t vdc -o vers=4.2,proto=tcp,soft,timeo=30,retrans=1,retry=0 {SERVER}:{KEPT.removesuffix('/page')} /mnt"
    )
    assert site.tries(COMPUTE, f"timeout 60 {mount}").returncode


def test_a_volume_does_not_grow_while_it_has_snapshots(site: DataPath) -> None:
    assert "cannot grow while it has snapshots (t-beta.snap-nightly); remove them" in volume(site, size_gib=2)["msg"]
    grown = volume(site, size_gib=2, snapshots=[{"name": "nightly", "state": "absent"}])
    assert (grown["volume"]["snapshots"], grown["volume"]["size_gib"]) == ([], 2)
    assert site.says(STORAGE, f"ls --almost-all /srv/vdc/.snapshots/beta; cat {PAGE}") == "after"


@pytest.mark.parametrize(("version", "comes"), [("4.2", True), ("4.1", False), ("4.0", False), ("3", False)])
def test_nfs_is_spoken_in_one_version(site: DataPath, version: str, comes: bool) -> None:
    kind, more = ("nfs", ",nolock") if version == "3" else ("vdc", "")
    options = f"vers={version},proto=tcp,soft,timeo=30,retrans=1,retry=0{more}"
    tried = site.tries(COMPUTE, f"timeout 60 mount -t {kind} -o {options} {SERVER}:/srv/vdc/beta /mnt && umount /mnt")
    assert (tried.returncode == 0) is comes, tried.stderr


def test_a_strange_disk_is_left_alone(site: DataPath) -> None:
    root = site.says(STORAGE, "findmnt --noheadings --output SOURCE /")
    complaint = site.module(STORAGE, "sovereign.vdc.storage_pool", {"disks": [root]})["msg"]
    assert f"disks: {root} carries" in complaint
    assert "is left untouched" in complaint
    other = {"disks": ["/dev/disk/by-id/none"], "device_wait": 0}
    assert (
        "the node has no device /dev/disk/by-id/none"
        in site.module(STORAGE, "sovereign.vdc.storage_pool", other)["msg"]
    )
