"""The scheduler ends changes in order, after their machine work."""

from __future__ import annotations

from concurrent.futures import Future

from vdclab.core.scheduler import Scheduler


def test_tasks_run_in_order_of_their_due_time():
    ended: list[str] = []
    scheduler = Scheduler()
    for due, name in ((3, "c"), (1, "a"), (2, "b"), (9, "later")):
        scheduler.add(due, lambda name=name: ended.append(name), ended.append)
    scheduler.tick(5)
    assert ended == ["a", "b", "c"]
    assert len(scheduler) == 1


def test_a_task_waits_for_its_machine_and_fails_with_it():
    called: list[str] = []
    scheduler = Scheduler()
    job: Future = Future()
    scheduler.add(0, lambda: called.append("done"), called.append, job)
    scheduler.tick(1)
    assert called == []
    job.set_exception(OSError("no such disk"))
    scheduler.tick(1)
    assert called == ["no such disk"]


def test_an_effect_may_schedule_another_task():
    ended: list[str] = []
    scheduler = Scheduler()
    scheduler.add(0, lambda: scheduler.add(0, lambda: ended.append("second"), ended.append), ended.append)
    scheduler.tick(1)
    assert ended == []
    scheduler.tick(1)
    assert ended == ["second"]
