"""The holder of a lock, and whether its run is still alive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import locks
from support.processes import pretend

HERE = locks.Machine()


def test_without_an_ansible_run_the_holder_is_this_process():
    assert f":{os.getpid()}@" in locks.current_holder()
    assert not locks.is_dead(locks.current_holder())


def test_the_holder_is_the_topmost_ansible_run(tmp_path):
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
    machine = locks.Machine(proc=tmp_path, machine_id=tmp_path / "none", host="ctl")
    assert locks.current_holder(40, machine) == "ctl:20@...2000"
    assert locks.current_holder(10, machine) == "ctl:10@...1000"
    assert not locks.is_dead("ctl:20@...2000", machine)
    assert locks.is_dead("ctl:20@...1999", machine)  # the process id was reused
    assert locks.is_dead("ctl:21@...2100", machine)


def test_a_killed_process_is_dead_even_as_a_zombie():
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        its = locks.current_holder(process.pid)
        assert not locks.is_dead(its)
        process.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert locks.is_dead(its)  # a zombie
    assert locks.is_dead(its)


@pytest.fixture
def dead() -> str:
    """Return a holder that is dead if it was on this machine."""
    host, machine, boot, space = HERE.identity()
    return f"{host}:{2**22 + 1}@{machine}.{boot}.{space}.5"


def test_a_holder_on_another_machine_is_never_known_to_be_dead(dead):
    host, machine, _boot, space = HERE.identity()
    assert locks.is_dead(dead)
    assert not locks.is_dead(dead.replace(host, "elsewhere"))
    assert not locks.is_dead(dead.replace(f"@{machine}.", "@0123."))
    assert not locks.is_dead(dead.replace(f".{space}.", ".77."))
    assert not locks.is_dead("a name that was given")


def test_after_a_reboot_holders_of_the_same_machine_are_dead(tmp_path, dead):
    boot = HERE.identity()[2]
    here, elsewhere = tmp_path / "machine-id", tmp_path / "none"
    here.write_text("feed01234567")
    known = locks.Machine(machine_id=here)
    before = locks.current_holder(machine=known).replace(f".{boot}.", ".00000000.")
    assert locks.is_dead(before, known)
    nameless = locks.Machine(machine_id=elsewhere)
    before = locks.current_holder(machine=nameless).replace(f".{boot}.", ".00000000.")
    assert not locks.is_dead(before, nameless)


def test_a_process_that_cannot_be_read_is_the_holder(tmp_path):
    nothing = locks.Machine(proc=Path(tmp_path), machine_id=tmp_path / "none", host="ctl")
    assert locks.current_holder(7, nothing) == "ctl:7@...0"
