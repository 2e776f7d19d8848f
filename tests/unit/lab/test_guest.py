"""A guest's boot, with another program in QEMU's place."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from vdclab.machines.base import MachineSpec
from vdclab.machines.guest import MAX_RESTARTS, Guest


@pytest.fixture
def boot(tmp_path: Path):
    """``boot(script)`` watches a boot in which ``script`` runs as QEMU; returns the guest and its power-ons."""

    def run(script: str, resets: int = 0) -> tuple[Guest, list[str]]:
        powered_on: list[str] = []
        spec = MachineSpec("one", "one", 1, 2**29, 2**30, (), (), "")
        guest = Guest(SimpleNamespace(directory=tmp_path), spec, lambda: powered_on.append("one"))
        guest.resets = resets
        guest.directory.mkdir(parents=True)
        qemu = subprocess.Popen(["sh", "-c", script], cwd=guest.directory)
        guest._watch_boot(qemu, time.monotonic())
        qemu.wait()
        return guest, powered_on

    return run


def test_a_crashed_boot_is_repeated(boot):
    guest, powered_on = boot("ulimit -c 0; kill -ABRT $$")
    assert (powered_on, guest.resets) == (["one"], 1)


def test_a_boot_that_always_crashes_is_given_up(boot):
    _guest, powered_on = boot("ulimit -c 0; kill -ABRT $$", resets=MAX_RESTARTS)
    assert powered_on == []


@pytest.mark.parametrize("script", ["exit 0", "kill -KILL $$", "echo 'lab: reachable' > console.log; sleep 1"])
def test_a_machine_that_is_powered_off_or_up_stays_so(boot, script):
    guest, powered_on = boot(script)
    assert (powered_on, guest.resets) == ([], 0)
