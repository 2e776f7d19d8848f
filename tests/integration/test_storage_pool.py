"""A storage node on a real kernel: pool, volume, export, growth, shrinking, retirement, reboot.

One guest lives through the tests in their order.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.lab import LabHandle
from support.playbooks import ROOT, Outcome, play
from vdclab.machines import qemu

REASON = qemu.why_not()
pytestmark = [pytest.mark.data_path, pytest.mark.skipif(REASON is not None, reason=str(REASON))]

PLAYS = "../tests/integration/plays"
PATIENCE = 900  # seconds for a play on a busy host
NODE = "lab-storage-1"


class Site:
    """A lab of its own with one storage node and two volumes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lab("up", "--machines", "qemu")
        lines = [shlex.split(line) for line in (folder / "lab" / "env").read_text().splitlines()]
        self.env = dict(word[1].partition("=")[::2] for word in lines if word)
        self.lab = LabHandle(self.env)
        self.must("storage_node")
        self.devices = json.loads((folder / "devices").read_text())

    def close(self) -> None:
        self._lab("down")

    def run(self, name: str, *more: str) -> Outcome:
        # Mitogen checks host keys before the lab's own ssh settings are asked.
        more_env = {"ANSIBLE_HOST_KEY_CHECKING": "false", "ANSIBLE_TIMEOUT": "120", **self.env}
        return play(name, self.folder, *more, seconds=PATIENCE, **more_env)

    def must(self, name: str, *more: str) -> Outcome:
        done = self.run(f"{PLAYS}/{name}", *more)
        assert done.ok, done.said
        return done

    def volumes(self) -> set[str]:
        return {volume["name"] for volume in self.lab.state()["ch-dk-2"]["block-storage-volumes"]}

    def _lab(self, verb: str, *more: str) -> None:
        words = [sys.executable, "-m", "vdclab", verb, "--dir", str(self.folder / "lab"), *more]
        subprocess.run(words, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": "extensions/lab"})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("storage"))
    yield site
    site.close()


def test_a_volume_through_all_that_happens_to_it(site: Site) -> None:
    one, two = site.devices
    done = site.must("storage", "--diff", "-e", f"brick_1={one}", "-e", f"brick_2={two}")
    print([line for line in done.said.splitlines() if "longest stall" in line])


def test_a_brick_is_replaced_and_its_volume_deleted(site: Site) -> None:
    brick = ("-e", f"node={NODE}")
    added = site.run("storage_brick_add", *brick, "-e", "brick=3", "-e", "gib=20")
    assert added.ok, added.said
    assert "has 2 bricks" in added.said
    retire = (*brick, "-e", "brick=2", "-e", f"consent={NODE}-brick-2")
    retired = site.run("storage_brick_retire", *retire)
    assert retired.ok, retired.said
    assert site.volumes() == {f"{NODE}-brick-1", f"{NODE}-brick-3"}
    again = site.run("storage_brick_retire", *retire)
    assert again.ok, again.said
    assert again.changed == 0


def test_the_last_brick_stays(site: Site) -> None:
    done = site.run("storage_brick_retire", "-e", f"node={NODE}", "-e", "brick=3", "-e", f"consent={NODE}-brick-3")
    assert "is still needed: it is all that pool vdc_pool has" in done.complaint
    done = site.run("storage_brick_retire", "-e", f"node={NODE}", "-e", "brick=3")
    assert f"say -e consent={NODE}-brick-3" in done.complaint
    assert f"{NODE}-brick-3" in site.volumes()
