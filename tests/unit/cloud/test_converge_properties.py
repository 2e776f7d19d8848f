"""With any random faults, converging reaches the desired state and repeats no change."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.converge import Converged, converge
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Step
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import AmbiguousResultError, CloudError
from hypothesis import given
from hypothesis import strategies as st

NAMES = ("a", "b", "c", "d")
STATES = st.sampled_from(("absent", "stopped", "started"))
WORLDS = st.fixed_dictionaries(dict.fromkeys(NAMES, STATES))
ACTIONS = {
    ("absent", "stopped"): "create",
    ("absent", "started"): "create",
    ("stopped", "started"): "start",
    ("started", "stopped"): "stop",
    ("stopped", "absent"): "delete",
    ("started", "absent"): "stop",
}
ENDS = {"create": "stopped", "start": "started", "stop": "stopped", "delete": "absent"}


class Cloud:
    """A cloud of four machines whose answers get lost, before or after the change, and whose
    changes fail, each at most ``faults`` times."""

    def __init__(self, world: dict[str, str], chance: random.Random, faults: int) -> None:
        self.world = dict(world)
        self.changes: Counter[tuple[str, str]] = Counter()
        self._chance = chance
        self._faults = faults

    def read(self) -> dict[str, str]:
        return dict(self.world)

    def change(self, name: str, action: str) -> list[Any]:
        fault = self._faults > 0 and self._chance.choice((None, "lost before", "lost after"))
        if fault:
            self._faults -= 1
        if fault == "lost before":
            raise AmbiguousResultError("the connection broke", code="answer_lost")
        assert self.world[name] != ENDS[action], f"{action} {name} was done twice"
        self.changes[name, action] += 1
        self.world[name] = ENDS[action]
        if fault == "lost after":
            raise AmbiguousResultError("the connection broke", code="answer_lost")
        return [(name, action)]

    def converge(self, desired: dict[str, str]) -> Converged[dict[str, str]]:
        def next_steps(current: dict[str, str]) -> list[Step]:
            steps = []
            for name, wanted in desired.items():
                action = ACTIONS.get((current[name], wanted))
                if action:
                    steps.append(Step(name, action))
            return steps

        return converge(
            self.read,
            next_steps,
            lambda step: self.change(step.resource, step.action),
            lambda handles: {},
            sleep=lambda seconds: None,
        )


@given(world=WORLDS, desired=WORLDS, seed=st.integers(0, 1000), faults=st.integers(0, 3))
def test_lost_answers_do_not_prevent_the_desired_state(world, desired, seed, faults):
    cloud = Cloud(world, random.Random(seed), faults)
    end = cloud.converge(desired)
    assert end.errors == {}
    assert end.state == cloud.world == desired
    assert all(times == 1 for times in cloud.changes.values())


@given(world=WORLDS, desired=WORLDS)
def test_a_second_run_changes_nothing(world, desired):
    cloud = Cloud(world, random.Random(0), 0)
    cloud.converge(desired)
    cloud.changes.clear()
    end = cloud.converge(desired)
    assert end.done == []
    assert not cloud.changes


@given(world=WORLDS, desired=WORLDS, bad=st.sampled_from(NAMES))
def test_one_failure_does_not_stop_the_others(world, desired, bad):
    cloud = Cloud(world, random.Random(0), 0)

    def refuse(name: str, action: str, change=cloud.change) -> list[Any]:
        if name == bad:
            raise CloudError("no stock", code="resource_unavailable")
        return change(name, action)

    cloud.change = refuse
    end = cloud.converge(desired)
    assert set(end.errors) <= {bad}
    assert (bad in end.errors) == (world[bad] != desired[bad])
    assert {name: end.state[name] for name in NAMES if name != bad} == {n: desired[n] for n in NAMES if n != bad}


def test_a_change_that_never_shows_ends_in_an_error():
    end = converge(lambda: None, lambda current: [Step("a", "create")], lambda step: [], lambda handles: {})
    assert end.errors["a"].code == "not_converging"
    assert len(end.done) == 4
