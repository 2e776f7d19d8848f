"""The Ansible run that a process belongs to, and whether it is still alive."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.processes import Processes, run_is_alive
from support.processes import pretend

PLAY = "/usr/bin/python3 /usr/bin/ansible-playbook site.yml"


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A run that was started by hand or as the first process of a container, its worker, and the worker's process."""
    pretend(tmp_path, {1: ("init", 0), 10: (PLAY, 1), 20: (PLAY, 10), 30: ("sh -c x", 20), 40: ("python3 m.py", 30)})
    return tmp_path


def test_a_run_is_alive_until_it_ends(proc):
    asked = run_is_alive(40, Processes(proc))
    assert asked()
    (proc / "10" / "stat").unlink()
    assert not asked()


def test_a_zombie_or_a_reused_id_is_not_alive(proc):
    asked = run_is_alive(40, Processes(proc))
    stat = proc / "10" / "stat"
    alive = stat.read_text()
    stat.write_text(alive.replace(") S ", ") Z "))
    assert not asked()
    stat.write_text(alive.replace(" 1000 ", " 2000 "))
    assert not asked()


def test_a_worker_without_its_run_is_not_alive(proc):
    worker = proc / "20" / "stat"
    worker.write_text(worker.read_text().replace(" S 10 ", " S 1 "))
    assert not run_is_alive(40, Processes(proc))()


def test_the_run_may_be_the_first_process_of_its_container(tmp_path):
    pretend(tmp_path, {1: (PLAY, 0), 20: (PLAY, 1), 40: ("python3 m.py", 20)})
    assert run_is_alive(40, Processes(tmp_path))()


def test_a_process_without_a_run_counts_as_alive(tmp_path):
    pretend(tmp_path, {1: ("init", 0), 40: ("python3 m.py", 1)})
    assert run_is_alive(40, Processes(tmp_path))()
    assert run_is_alive(7, Processes(tmp_path / "nowhere"))()
    assert run_is_alive()()
