"""``Liveness`` tells a process that works or queues for the CPU from one that hangs."""

from __future__ import annotations

import pytest
from vdclab.machines import liveness
from vdclab.machines.liveness import Liveness


@pytest.fixture
def process(tmp_path, monkeypatch):
    """A process of two threads; the test sets the clock and the threads' CPU times."""
    clock = [0.0]
    monkeypatch.setattr(liveness.time, "monotonic", lambda: clock[0])
    for thread in ("7", "8"):
        (tmp_path / "7" / "task" / thread).mkdir(parents=True)

    def set_times(seconds, ran, queued):
        clock[0] = seconds
        for thread in ("7", "8"):
            path = tmp_path / "7" / "task" / thread / "schedstat"
            path.write_text(f"{int(ran * 5e8)} {int(queued * 5e8)} 3\n")

    set_times(0, 0, 0)
    return set_times, tmp_path


def test_idle_samples_are_counted_until_the_process_works_again(process):
    set_times, proc = process
    watched = Liveness(7, proc)
    set_times(5, 0.2, 0.1)
    assert watched.sample() == 1
    set_times(10, 0.4, 0.2)
    assert watched.sample() == 2
    set_times(15, 5.4, 0.2)
    assert watched.sample() == 0


def test_a_process_that_queues_for_the_cpu_of_a_busy_host_is_not_idle(process):
    set_times, proc = process
    watched = Liveness(7, proc)
    set_times(5, 0.1, 4.5)
    assert watched.sample() == 0
