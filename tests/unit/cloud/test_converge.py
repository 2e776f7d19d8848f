"""Rounds of converging with one fault at a time (random faults: test_converge_properties)."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.converge import converge
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Step
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import AmbiguousResultError, CloudError


class Counter:
    """Resources that are numbers; a step adds one, up to ``goal``."""

    def __init__(self, goal: int = 2, **start: int) -> None:
        self.values = start
        self.goal = goal
        self.reads = 0
        self.pauses: list[float] = []

    def read(self) -> dict[str, int]:
        self.reads += 1
        return dict(self.values)

    def add(self, name: str) -> list[Any]:
        self.values[name] += 1
        return [f"action {name} {self.values[name]}"]

    def steps(self, current: dict[str, int]) -> list[Step]:
        wanted = [name for name, value in current.items() if value < self.goal]
        return [Step(name, f"to {current[name] + 1}") for name in wanted]

    def execute(self, step: Step) -> list[Any]:
        return self.add(step.resource)


def ok(handles: list[Any]) -> dict[Any, CloudError]:
    return {}


def test_each_round_does_the_next_step_of_every_resource() -> None:
    world = Counter(a=0, b=1)
    end = converge(world.read, world.steps, world.execute, ok)
    assert end.state == {"a": 2, "b": 2}
    assert [(step.resource, step.action) for step in end.done] == [("a", "to 1"), ("b", "to 2"), ("a", "to 2")]
    assert end.changed
    assert world.reads == 3


def test_without_differences_it_reads_once_or_not_at_all() -> None:
    world = Counter(a=2)
    assert not converge(world.read, world.steps, world.execute, ok).changed
    assert world.reads == 1
    end = converge(world.read, world.steps, world.execute, ok, first={"a": 2})
    assert (end.state, end.done, world.reads) == ({"a": 2}, [], 1)


def test_a_failed_action_ends_only_its_resource() -> None:
    world = Counter(a=0, b=0)
    failure = CloudError("no capacity", code="placement_error")
    waited: list[Any] = []

    def wait(handles: list[Any]) -> dict[Any, CloudError]:
        waited.append(handles)
        return {"action a 1": failure} if "action a 1" in handles else {}

    end = converge(world.read, world.steps, world.execute, wait)
    assert end.errors == {"a": failure}
    assert end.state == {"a": 1, "b": 2}
    assert waited == [["action a 1", "action b 1"], ["action b 2"]]


def test_after_a_lost_answer_it_waits_reads_and_does_not_repeat_the_step() -> None:
    world = Counter(goal=1, a=0)

    def lose(step: Step) -> list[Any]:
        world.add("a")
        raise AmbiguousResultError("the connection broke")

    end = converge(world.read, world.steps, lose, ok, sleep=world.pauses.append)
    assert end.state == {"a": 1}
    assert end.errors == {}
    assert end.changed
    assert len(world.pauses) == 1
    assert 0.2 <= world.pauses[0] <= 1


def test_answers_that_are_always_lost_end_in_their_error() -> None:
    world = Counter(a=0)
    lost = AmbiguousResultError("the connection broke", code="answer_lost")

    def lose(step: Step) -> list[Any]:
        raise lost

    end = converge(world.read, world.steps, lose, ok, sleep=world.pauses.append)
    assert end.errors == {"a": lost}
    assert len(end.done) == len(world.pauses) == 4


def test_without_waiting_only_the_first_steps_are_started() -> None:
    world = Counter(a=0, b=2)
    end = converge(world.read, world.steps, world.execute, None)
    assert end.state == {"a": 1, "b": 2}
    assert end.changed


def test_a_step_that_only_waits_is_no_change() -> None:
    busy = [True]

    def wait_only(step: Step) -> list[Any]:
        busy.clear()
        return []

    steps = [Step("a", "settle", changes=False)]
    end = converge(lambda: bool(busy), lambda current: steps if current else [], wait_only, ok)
    assert len(end.done) == 1
    assert not end.changed
