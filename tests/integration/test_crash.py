"""Every operation on a tenant is killed at a write to a cloud; one more run has the same result as an undisturbed one.

The whole matrix, each operation at each write, killed and with the answer lost, is marked ``full_matrix`` (``make
crash``). ``make test`` runs a sample that covers it: each operation at its first, middle and last write, killed and lost
in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.crash import CLOUDS, WRITES, Fleet
from support.lab import LabHandle

# Longer than it takes to kill a run; the lab stops only after it has sent all answers.
HELD_SECONDS = 10


@dataclass(frozen=True)
class Operation:
    """A playbook with its variables, and the requests that bring the tenant to its initial state, in order."""

    playbook: str
    given: dict[str, str] = field(default_factory=dict)
    before: tuple[dict[str, Any], ...] = ()


CASUAL, PRO = {"tier": "casual"}, {"tier": "pro"}
OPERATIONS = {
    "create": Operation("tenant_create", PRO),
    "suspend poweroff": Operation("tenant_suspend", {"mode": "poweroff"}, (PRO,)),
    "suspend release": Operation("tenant_suspend", {"mode": "release"}, (PRO,)),
    "resume from poweroff": Operation("tenant_resume", {}, (PRO, {"desired_state": "poweroff"})),
    "resume from release": Operation("tenant_resume", {}, (PRO, {"desired_state": "release"})),
    "change_tier up": Operation("tenant_change_tier", PRO, (CASUAL,)),
    "change_tier to a bigger machine": Operation("tenant_change_tier", {"tier": "enterprise"}, (PRO,)),
    # A volume that the smaller tier allows, too: shrinking is a separate operation.
    "change_tier down": Operation("tenant_change_tier", CASUAL, ({**PRO, "volume_gib": 10},)),
    "migrate": Operation("tenant_migrate", {"node": "lab-compute-2"}, (CASUAL,)),
    "migrate to another location": Operation("tenant_migrate", {"location": "hel1"}, (PRO,)),
    "migrate to another provider": Operation("tenant_migrate", {"location": "ch-dk-2"}, (PRO,)),
    "migrate data": Operation("tenant_migrate", {"storage_node": "lab-storage-2"}, (CASUAL,)),
    "destroy": Operation("tenant_destroy", {"confirm": "acme"}, (PRO,)),
}


@dataclass
class Undisturbed:
    """The result of an operation's run without faults."""

    snapshot: dict[str, Any]
    foreign: list[Any]
    writes: int
    # Number of the last call, counted from 1, before the ledger's operations start.
    asks: int

    # Whether it is killed around the ledger's steps, too.
    ledger_too: bool

    @property
    def cases(self) -> int:
        """Number of cases of the whole matrix for this operation."""
        return 2 * self.writes + 2 * (self.ledger_too or not self.writes)


@pytest.fixture(scope="module")
def known() -> dict[str, Undisturbed]:
    """The undisturbed runs so far, by operation."""
    return {}


@pytest.fixture(params=list(OPERATIONS), ids=[name.replace(" ", "_") for name in OPERATIONS])
def crash(request: pytest.FixtureRequest, lab: LabHandle, tmp_path: Path, known: dict[str, Undisturbed], tally, tell):
    """``crash.case(name, disturb)``: from the operation's initial state, ``disturb(fleet, playbook, given)`` makes one run
    fail; the next one must have the result of an undisturbed one. Differences are added to ``crash.wrong``."""
    crashes = Crashes(request.param, lab, tmp_path, tally)
    if request.param not in known:
        known[request.param] = crashes.undisturbed_run()
        tell(f"{request.param}: {known[request.param].writes} writes")
    crashes.undisturbed = known[request.param]
    return crashes


class Crashes:
    """Runs of one operation that fail, each from the same initial state."""

    undisturbed: Undisturbed

    def __init__(self, name: str, lab: LabHandle, directory: Path, tally: Callable[..., None]) -> None:
        self.name, self.lab, self.directory, self.tally = name, lab, directory, tally
        self.operation = OPERATIONS[name]
        self.given = {"tenant": "acme", **self.operation.given}
        self.wrong: list[str] = []
        self._fleet: Fleet | None = None

    def begin(self) -> Fleet:
        """Return the platform with the tenant in its initial state: created once, then restored."""
        if self._fleet is None:
            self._fleet = Fleet(self.lab, self.directory)
            for number, fields in enumerate(self.operation.before):
                self._fleet.tenant("acme", change=number > 0, **fields)
            self.lab.clear_trace()
            self._fleet.save()
        else:
            self._fleet.restore()
        return self._fleet

    def undisturbed_run(self) -> Undisturbed:
        """Run the operation without faults; return its result."""
        fleet = self.begin()
        foreign = fleet.foreign()
        assert fleet.run(self.operation.playbook, **self.given), fleet.output()
        assert fleet.inconsistencies() == []
        assert fleet.foreign() == foreign
        calls = fleet.calls()
        writes = sum(call["method"] != "GET" for call in calls)
        asks = max(n for n, call in enumerate(calls, 1) if call["operation"] == "list-block-storage-volumes")
        return Undisturbed(fleet.snapshot(), foreign, writes, asks, self.name == "create")

    def case(self, name: str, disturb: Callable[[Fleet, str, dict[str, str]], bool]) -> None:
        """Run one case of the matrix."""
        found = self._found(name, disturb)
        self.wrong += found
        self.tally("crash matrix", tried=1, passed=int(not found))

    def _found(self, name: str, disturb: Callable[[Fleet, str, dict[str, str]], bool]) -> list[str]:
        fleet = self.begin()
        foreign = fleet.foreign()
        if not disturb(fleet, self.operation.playbook, self.given):
            return [f"{name}: the run was not disturbed: {fleet.output()}"]
        self.lab.faults([])
        identities = fleet.identities()
        if not fleet.run(self.operation.playbook, **self.given):
            return [f"{name}: the next run failed: {fleet.output()}"]
        snapshot, wanted = fleet.snapshot(), self.undisturbed.snapshot
        wrong = [
            f"{name}: {key} is {snapshot[key]}, not {wanted[key]}" for key in wanted if snapshot[key] != wanted[key]
        ]
        wrong += [f"{name}: {fault}" for fault in fleet.inconsistencies()]
        after = fleet.identities()
        changed = {tenant: after.get(tenant) for tenant in identities if after.get(tenant) != identities[tenant]}
        if changed:
            wrong.append(f"{name}: the identities are {changed}, not {identities}")
        if fleet.foreign() != foreign:
            wrong.append(f"{name}: a foreign resource was changed")
        return wrong

    def killed_in_the_ledger(self) -> None:
        """Kill runs around the ledger's own steps. These are the same for all operations, and
        tests/unit/ledger/operations/test_interrupted_runs.py kills each between any two of them: so this is done only for
        one operation and for those without writes."""
        if not self.undisturbed.ledger_too and self.undisturbed.writes:
            return
        asks = self.undisturbed.asks
        self.case("killed before the operation starts", lambda *run: held(*run, cloud=CLOUDS, nth=asks))
        self.case(
            "killed when the operation has started",
            lambda fleet, playbook, given: fleet.kill_when_started(playbook, **given),
        )

    def kill_at(self, write: int) -> None:
        """Kill the run at that write, counted from 1."""
        self.case(f"killed at write {write}", lambda *run: held(*run, **WRITES, nth=write))

    def answer_lost(self, write: int) -> None:
        """Lose the answer of that write, counted from 1, after it was done."""

        def lost(fleet: Fleet, playbook: str, given: dict[str, str]) -> bool:
            fleet.lab.faults([{**WRITES, "nth": write, "times": 1, "when": "after", "drop": True}])
            fleet.run(playbook, **given)
            return fleet.lab.fault_hits() == 1

        self.case(f"answer of write {write} lost", lost)


def held(fleet: Fleet, playbook: str, given: dict[str, str], **rule: Any) -> bool:
    """Kill a run at the call that ``rule`` names."""
    fleet.lab.faults([{"times": 1, "delay": HELD_SECONDS, **rule}])
    return fleet.kill_when_held(playbook, **given)


def test_a_run_killed_at_its_first_middle_or_last_write_is_completed_by_the_next(crash: Crashes) -> None:
    crash.killed_in_the_ledger()
    writes = crash.undisturbed.writes
    for position, write in enumerate(sorted({1, (writes + 1) // 2, writes} if writes else ())):
        # Neighbors in the list of operations start with the other kind.
        (crash.kill_at, crash.answer_lost)[(position + list(OPERATIONS).index(crash.name)) % 2](write)
    crash.tally("crash matrix", cases=crash.undisturbed.cases)
    assert not crash.wrong, "\n".join(crash.wrong)


@pytest.mark.full_matrix
def test_a_run_killed_at_any_write_is_completed_by_the_next(crash: Crashes) -> None:
    crash.killed_in_the_ledger()
    for write in range(1, crash.undisturbed.writes + 1):
        crash.kill_at(write)
    assert not crash.wrong, "\n".join(crash.wrong)


@pytest.mark.full_matrix
def test_a_run_that_lost_the_answer_of_any_write_is_completed_by_the_next(crash: Crashes) -> None:
    for write in range(1, crash.undisturbed.writes + 1):
        crash.answer_lost(write)
    assert not crash.wrong, "\n".join(crash.wrong)
