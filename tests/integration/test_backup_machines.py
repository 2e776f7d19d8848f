"""Backups on a real kernel: snapshots of a volume that is written to, runs that are killed, restores."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from support.site import PLAYS, Site
from vdclab.machines import qemu

REASON = qemu.why_not()
pytestmark = [pytest.mark.machines, pytest.mark.skipif(REASON is not None, reason=str(REASON))]


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One storage node, and the devices of two volumes."""
    site = Site(tmp_path_factory.mktemp("backups"))
    try:
        site.must(f"{PLAYS}/storage_node")
        yield site
    finally:
        site.close()


def test_a_volume_is_backed_up_lost_and_restored(site: Site) -> None:
    brick = json.loads((site.folder / "devices").read_text())[0]
    done = site.must(f"{PLAYS}/backups", "-e", f"brick_1={brick}")
    print([line for line in done.said.splitlines() if "longest stall" in line or "every byte compared" in line])
