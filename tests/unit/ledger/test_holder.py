"""Who holds a lock, and whether that run still lives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import holder
from support.processes import pretend

HERE = holder.Machine()


def test_without_ansible_it_is_this_process():
    assert f":{os.getpid()}@" in holder.ours()
    assert not holder.is_dead(holder.ours())


def test_with_ansible_it_is_the_topmost_one(tmp_path):
    pretend(
        tmp_path,
        {
            1: ("init", 0),
            10: ("bash", 1),
            20: ("/usr/bin/python3 /usr/bin/ansible-runner run", 10),
            30: ("/usr/bin/python3 /usr/local/bin/ansible-playbook site.yml", 20),
            40: ("/usr/bin/python3 module.py", 30),
        },
    )
    machine = holder.Machine(proc=tmp_path, machine_id=tmp_path / "none", host="ctl")
    assert holder.ours(40, machine) == "ctl:20@...2000"
    assert holder.ours(10, machine) == "ctl:10@...1000"
    assert not holder.is_dead("ctl:20@...2000", machine)
    assert holder.is_dead("ctl:20@...1999", machine)  # the id was given again
    assert holder.is_dead("ctl:21@...2100", machine)


def test_a_killed_process_is_dead_even_before_its_parent_looks():
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        its = holder.ours(process.pid)
        assert not holder.is_dead(its)
        process.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert holder.is_dead(its)  # a zombie
    assert holder.is_dead(its)


@pytest.fixture
def dead() -> str:
    """A holder that is dead, for sure, if it was here."""
    host, machine, boot, space = HERE.mark()
    return f"{host}:{2**22 + 1}@{machine}.{boot}.{space}.5"


def test_of_another_machine_nothing_is_certain(dead):
    host, machine, _boot, space = HERE.mark()
    assert holder.is_dead(dead)
    assert not holder.is_dead(dead.replace(host, "elsewhere"))
    assert not holder.is_dead(dead.replace(f"@{machine}.", "@0123."))
    assert not holder.is_dead(dead.replace(f".{space}.", ".77."))
    assert not holder.is_dead("a name that was given")


def test_after_a_boot_all_are_dead_if_it_is_the_same_machine(tmp_path, dead):
    boot = HERE.mark()[2]
    here, elsewhere = tmp_path / "machine-id", tmp_path / "none"
    here.write_text("feed01234567")
    known = holder.Machine(machine_id=here)
    before = holder.ours(machine=known).replace(f".{boot}.", ".00000000.")
    assert holder.is_dead(before, known)
    nameless = holder.Machine(machine_id=elsewhere)
    before = holder.ours(machine=nameless).replace(f".{boot}.", ".00000000.")
    assert not holder.is_dead(before, nameless)


def test_a_process_that_cannot_be_looked_at_is_the_holder_itself(tmp_path):
    nothing = holder.Machine(proc=Path(tmp_path), machine_id=tmp_path / "none", host="ctl")
    assert holder.ours(7, nothing) == "ctl:7@...0"
