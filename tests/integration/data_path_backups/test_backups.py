"""Backups on a real kernel: snapshots of a volume during writes, killed runs, restores, a damaged repository."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from support.backups import bucket
from support.site import PLAYS, Site
from vdclab.machines import qemu

REASON = qemu.why_not()
pytestmark = [pytest.mark.machines, pytest.mark.skipif(REASON is not None, reason=str(REASON))]


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One storage node."""
    site = Site(tmp_path_factory.mktemp("backups"))
    try:
        site.assert_ok(f"{PLAYS}/backups", "--tags", "prepare")
        yield site
    finally:
        site.close()


def test_a_lost_volume_is_restored_and_damaged_backups_are_detected(site: Site, tell: Callable[[str], None]) -> None:
    site.assert_ok(f"{PLAYS}/backups", "--tags", "backup")
    done = site.assert_ok(f"{PLAYS}/backups", "--tags", "restore")
    for line in done.output.splitlines():
        if "longest stall" in line or "every byte compared" in line:
            tell(f"backups: {line.strip()}")
    damage(site.env)
    site.assert_ok(f"{PLAYS}/backups", "--tags", "damaged")


def damage(env: dict[str, str]) -> None:
    """Change a byte in each piece of data of acme's backups."""
    packs = list(bucket(env, "vdc-backups").objects.filter(Prefix="acme/data/"))
    assert packs
    for pack in packs:
        body = bytearray(pack.get()["Body"].read())
        body[len(body) // 2] ^= 1
        pack.put(Body=bytes(body))
