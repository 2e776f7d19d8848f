"""Every verb of a tenant's life dies at each write to a cloud in turn; one more run brings about what an undisturbed
one does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.crash import CLOUDS, WRITES, Fleet
from support.lab import LabHandle

# Longer than it takes to kill a run; the lab ends only when it has given all answers.
HELD_SECONDS = 10


@dataclass(frozen=True)
class Verb:
    """A playbook with its variables, and how the tenant came to where it begins: wishes, one after another."""

    playbook: str
    given: dict[str, str] = field(default_factory=dict)
    before: tuple[dict[str, Any], ...] = ()


CASUAL, PRO = {"tier": "casual"}, {"tier": "pro"}
VERBS = {
    "create": Verb("tenant_create", PRO),
    "suspend poweroff": Verb("tenant_suspend", {"mode": "poweroff"}, (PRO,)),
    "suspend release": Verb("tenant_suspend", {"mode": "release"}, (PRO,)),
    "resume from poweroff": Verb("tenant_resume", {}, (PRO, {"desired_state": "poweroff"})),
    "resume from release": Verb("tenant_resume", {}, (PRO, {"desired_state": "release"})),
    "change_tier up": Verb("tenant_change_tier", PRO, (CASUAL,)),
    "change_tier to a bigger machine": Verb("tenant_change_tier", {"tier": "enterprise"}, (PRO,)),
    # A volume that the smaller tier takes, too: shrinking is a verb of its own.
    "change_tier down": Verb("tenant_change_tier", CASUAL, ({**PRO, "volume_gib": 10},)),
    "migrate": Verb("tenant_migrate", {"node": "lab-compute-2"}, (CASUAL,)),
    "migrate to another location": Verb("tenant_migrate", {"location": "hel1"}, (PRO,)),
    "migrate to another provider": Verb("tenant_migrate", {"location": "ch-dk-2"}, (PRO,)),
    "migrate data": Verb("tenant_migrate", {"storage_node": "lab-storage-2"}, (CASUAL,)),
    "destroy": Verb("tenant_destroy", {"confirm": "acme"}, (PRO,)),
}


@dataclass
class Undisturbed:
    """How a verb's run goes when nothing goes wrong."""

    story: dict[str, Any]
    foreign: list[Any]
    writes: int
    # Which call, counted from 1, is the last before the ledger's operations begin.
    asks: int


@pytest.fixture(scope="module")
def tally(tell: Callable[[str], None]) -> Iterator[Counter[str]]:
    """Cases tried and passed, told at the end."""
    counted: Counter[str] = Counter()
    yield counted
    tell(f"crashes: cases tried {counted['tried']}, passed {counted['passed']}")


@pytest.fixture(scope="module")
def known() -> dict[str, Undisturbed]:
    """The undisturbed runs so far, by verb."""
    return {}


@pytest.fixture(params=list(VERBS), ids=[name.replace(" ", "_") for name in VERBS])
def crash(request: pytest.FixtureRequest, lab: LabHandle, tmp_path: Path, known: dict[str, Undisturbed], tally, tell):
    """``crash(case, disturb)``: from the verb's beginning, ``disturb(fleet, run)`` has one run go wrong; the next one
    must bring about all that an undisturbed one does. Returns what is wrong."""
    verb = VERBS[request.param]
    given = {"tenant": "acme", **verb.given}

    def begin() -> Fleet:
        fleet = Fleet(lab, tmp_path)
        for number, wish in enumerate(verb.before):
            fleet.tenant("acme", change=number > 0, **wish)
        lab.clear_trace()
        return fleet

    if request.param not in known:
        fleet = begin()
        foreign = fleet.foreign()
        assert fleet.run(verb.playbook, **given), fleet.said()
        assert fleet.faults() == []
        assert fleet.foreign() == foreign
        calls = fleet.calls()
        writes = sum(call["method"] != "GET" for call in calls)
        asks = max(n for n, call in enumerate(calls, 1) if call["operation"] == "list-block-storage-volumes")
        tell(f"{request.param}: {writes} writes")
        known[request.param] = Undisturbed(fleet.story(), foreign, writes, asks)

    def run(case: str, disturb: Callable[[Fleet, str, dict[str, str]], bool]) -> list[str]:
        tally["tried"] += 1
        fleet = begin()
        foreign = fleet.foreign()
        if not disturb(fleet, verb.playbook, given):
            return [f"{case}: nothing was disturbed: {fleet.said()}"]
        lab.faults([])
        if not fleet.run(verb.playbook, **given):
            return [f"{case}: the next run failed: {fleet.said()}"]
        story, wanted = fleet.story(), known[request.param].story
        wrong = [f"{case}: {key} is {story[key]}, not {wanted[key]}" for key in wanted if story[key] != wanted[key]]
        wrong += [f"{case}: {fault}" for fault in fleet.faults()]
        if fleet.foreign() != foreign:
            wrong.append(f"{case}: what is not ours was changed")
        tally["passed"] += not wrong
        return wrong

    run.verb, run.undisturbed = request.param, known[request.param]
    return run


def held(fleet: Fleet, playbook: str, given: dict[str, str], **rule: Any) -> bool:
    """Kill a run at the call that ``rule`` names."""
    fleet.lab.faults([{"times": 1, "delay": HELD_SECONDS, **rule}])
    return fleet.killed_when_held(playbook, **given)


def test_runs_are_killed(crash) -> None:
    wrong = []
    # The ledger's steps are the same for all verbs, and tests/unit/ledger/test_crashes.py has each die between any two.
    if crash.verb == "create" or not crash.undisturbed.writes:
        wrong += crash(
            "killed between wish and operation",
            lambda *run: held(*run, cloud=CLOUDS, nth=crash.undisturbed.asks),
        )
        wrong += crash(
            "killed when the operation began", lambda fleet, playbook, given: fleet.killed_when_begun(playbook, **given)
        )
    for number in range(1, crash.undisturbed.writes + 1):
        wrong += crash(f"killed at write {number}", lambda *run, nth=number: held(*run, **WRITES, nth=nth))
    assert not wrong, "\n".join(wrong)


def test_answers_are_lost(crash) -> None:
    wrong = []
    for number in range(1, crash.undisturbed.writes + 1):

        def lost(fleet: Fleet, playbook: str, given: dict[str, str], nth: int = number) -> bool:
            fleet.lab.faults([{**WRITES, "nth": nth, "times": 1, "when": "after", "drop": True}])
            fleet.run(playbook, **given)
            return fleet.lab.struck() == 1

        wrong += crash(f"answer of write {number} lost", lost)
    assert not wrong, "\n".join(wrong)
