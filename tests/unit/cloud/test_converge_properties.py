"""Whatever goes wrong on the way, converging ends at the wish, with nothing made twice."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.converge import Converged, Step, converge
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import AmbiguousResultError, CloudError
from hypothesis import given
from hypothesis import strategies as st

NAMES = ("a", "b", "c", "d")
STATES = st.sampled_from(("absent", "stopped", "started"))
WORLDS = st.fixed_dictionaries(dict.fromkeys(NAMES, STATES))
VERBS = {
    ("absent", "stopped"): "create",
    ("absent", "started"): "create",
    ("stopped", "started"): "start",
    ("started", "stopped"): "stop",
    ("stopped", "absent"): "delete",
    ("started", "absent"): "stop",
}
ENDS = {"create": "stopped", "start": "started", "stop": "stopped", "delete": "absent"}


class Cloud:
    """A cloud of four machines whose answers get lost, before or after the deed, and whose
    deeds fail, each at most ``troubles`` times."""

    def __init__(self, world: dict[str, str], chance: random.Random, troubles: int) -> None:
        self.world = dict(world)
        self.deeds: Counter[tuple[str, str]] = Counter()
        self._chance = chance
        self._troubles = troubles

    def read(self) -> dict[str, str]:
        return dict(self.world)

    def change(self, name: str, verb: str) -> list[Any]:
        trouble = self._troubles > 0 and self._chance.choice((None, "lost before", "lost after"))
        if trouble:
            self._troubles -= 1
        if trouble == "lost before":
            raise AmbiguousResultError("the connection broke", code="answer_lost")
        assert self.world[name] != ENDS[verb], f"{verb} {name} was done twice"
        self.deeds[name, verb] += 1
        self.world[name] = ENDS[verb]
        if trouble == "lost after":
            raise AmbiguousResultError("the connection broke", code="answer_lost")
        return [(name, verb)]

    def converge(self, wish: dict[str, str]) -> Converged[dict[str, str]]:
        def next_steps(seen: dict[str, str]) -> list[Step]:
            steps = []
            for name, wanted in wish.items():
                verb = VERBS.get((seen[name], wanted))
                if verb:
                    steps.append(Step(name, verb, lambda name=name, verb=verb: self.change(name, verb)))
            return steps

        return converge(self.read, next_steps, lambda handles: {}, sleep=lambda seconds: None)


@given(world=WORLDS, wish=WORLDS, seed=st.integers(0, 1000), troubles=st.integers(0, 3))
def test_lost_answers_do_not_keep_it_from_the_wish(world, wish, seed, troubles):
    cloud = Cloud(world, random.Random(seed), troubles)
    end = cloud.converge(wish)
    assert end.errors == {}
    assert end.seen == cloud.world == wish
    assert all(times == 1 for times in cloud.deeds.values())


@given(world=WORLDS, wish=WORLDS)
def test_a_second_run_does_nothing(world, wish):
    cloud = Cloud(world, random.Random(0), 0)
    cloud.converge(wish)
    cloud.deeds.clear()
    end = cloud.converge(wish)
    assert end.done == []
    assert not cloud.deeds


@given(world=WORLDS, wish=WORLDS, bad=st.sampled_from(NAMES))
def test_one_failure_leaves_the_others_their_way(world, wish, bad):
    cloud = Cloud(world, random.Random(0), 0)

    def refuse(name: str, verb: str, change=cloud.change) -> list[Any]:
        if name == bad:
            raise CloudError("no stock", code="resource_unavailable")
        return change(name, verb)

    cloud.change = refuse
    end = cloud.converge(wish)
    assert set(end.errors) <= {bad}
    assert (bad in end.errors) == (world[bad] != wish[bad])
    assert {name: end.seen[name] for name in NAMES if name != bad} == {n: wish[n] for n in NAMES if n != bad}


def test_a_deed_that_never_shows_is_given_up():
    end = converge(lambda: None, lambda seen: [Step("a", "create", lambda: [])], lambda handles: {})
    assert end.errors["a"].code == "not_converging"
    assert len(end.done) == 4
