"""A process that works, or that queues for the CPU, is told from one that waits."""

from __future__ import annotations

import pytest
from vdclab.machines import pulse
from vdclab.machines.pulse import Pulse


@pytest.fixture
def process(tmp_path, monkeypatch):
    """A process of two threads whose clock and times the test sets."""
    clock = [0.0]
    monkeypatch.setattr(pulse.time, "monotonic", lambda: clock[0])
    for thread in ("7", "8"):
        (tmp_path / "7" / "task" / thread).mkdir(parents=True)

    def now(seconds, ran, queued):
        clock[0] = seconds
        for thread in ("7", "8"):
            path = tmp_path / "7" / "task" / thread / "schedstat"
            path.write_text(f"{int(ran * 5e8)} {int(queued * 5e8)} 3\n")

    now(0, 0, 0)
    return now, tmp_path


def test_one_that_waits_is_counted_until_it_works_again(process):
    now, proc = process
    watched = Pulse(7, proc)
    now(5, 0.2, 0.1)
    assert watched.idle_for() == 1
    now(10, 0.4, 0.2)
    assert watched.idle_for() == 2
    now(15, 5.4, 0.2)
    assert watched.idle_for() == 0


def test_one_that_only_queues_on_a_busy_host_does_not_wait(process):
    now, proc = process
    watched = Pulse(7, proc)
    now(5, 0.1, 4.5)
    assert watched.idle_for() == 0
