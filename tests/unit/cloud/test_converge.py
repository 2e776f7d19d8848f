"""Rounds of converging, one trouble at a time (random troubles: test_converge_properties)."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.converge import Step, converge
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

    def steps(self, seen: dict[str, int]) -> list[Step]:
        wanted = [name for name, value in seen.items() if value < self.goal]
        return [Step(name, f"to {seen[name] + 1}", lambda name=name: self.add(name)) for name in wanted]


def ok(handles: list[Any]) -> dict[Any, CloudError]:
    return {}


def test_each_resource_goes_its_steps_round_by_round() -> None:
    world = Counter(a=0, b=1)
    end = converge(world.read, world.steps, ok)
    assert end.seen == {"a": 2, "b": 2}
    assert [(step.resource, step.verb) for step in end.done] == [("a", "to 1"), ("b", "to 2"), ("a", "to 2")]
    assert end.changed
    assert world.reads == 3


def test_nothing_to_do_reads_once_or_not_at_all() -> None:
    world = Counter(a=2)
    assert not converge(world.read, world.steps, ok).changed
    assert world.reads == 1
    end = converge(world.read, world.steps, ok, first={"a": 2})
    assert (end.seen, end.done, world.reads) == ({"a": 2}, [], 1)


def test_an_action_that_fails_ends_its_resource_only() -> None:
    world = Counter(a=0, b=0)
    failure = CloudError("no capacity", code="placement_error")
    waited: list[Any] = []

    def wait(handles: list[Any]) -> dict[Any, CloudError]:
        waited.append(handles)
        return {"action a 1": failure} if "action a 1" in handles else {}

    end = converge(world.read, world.steps, wait)
    assert end.errors == {"a": failure}
    assert end.seen == {"a": 1, "b": 2}
    assert waited == [["action a 1", "action b 1"], ["action b 2"]]


def test_a_lost_answer_is_looked_at_after_a_moment_and_not_done_twice() -> None:
    world = Counter(goal=1, a=0)

    def steps(seen: dict[str, int]) -> list[Step]:
        def lose() -> list[Any]:
            world.add("a")
            raise AmbiguousResultError("the connection broke")

        return [Step("a", "add", lose)] if seen["a"] < 1 else []

    end = converge(world.read, steps, ok, sleep=world.pauses.append)
    assert end.seen == {"a": 1}
    assert end.errors == {}
    assert end.changed
    assert len(world.pauses) == 1
    assert 0.2 <= world.pauses[0] <= 1


def test_an_answer_that_is_lost_again_and_again_is_the_error_in_the_end() -> None:
    world = Counter(a=0)
    lost = AmbiguousResultError("the connection broke", code="answer_lost")

    def steps(seen: dict[str, int]) -> list[Step]:
        def lose() -> list[Any]:
            raise lost

        return [Step("a", "add", lose)]

    end = converge(world.read, steps, ok, sleep=world.pauses.append)
    assert end.errors == {"a": lost}
    assert len(end.done) == len(world.pauses) == 4


def test_without_waiting_only_the_first_steps_are_started() -> None:
    world = Counter(a=0, b=2)
    end = converge(world.read, world.steps, None)
    assert end.seen == {"a": 1, "b": 2}
    assert end.changed


def test_a_step_that_only_looks_is_no_change() -> None:
    busy = [True]

    def look() -> list[Any]:
        busy.clear()
        return []

    end = converge(lambda: bool(busy), lambda seen: [Step("a", "settle", look, changes=False)] if seen else [], ok)
    assert len(end.done) == 1
    assert not end.changed
