"""Plans for block snapshots: a new one is created before surplus ones of its series are deleted."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_snapshots.plan import (
    next_steps,
    predict,
    surplus,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_snapshots.result import diff
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_snapshots.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_snapshots.state import State
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership

OURS = with_ownership({})
VOLUME = {"id": "v1", "name": "v", "size": 10, "labels": dict(OURS), "instance": None, "state": "detached"}


def snapshot(name: str, day: int, **change: Any) -> dict[str, Any]:
    made = {
        "id": f"id-{name}",
        "name": name,
        "state": "created",
        "created-at": f"2026-01-{day:02}",
        "labels": dict(OURS),
    }
    return {**made, "block-storage-volume": {"id": "v1"}, **change}


def test_a_snapshot_is_created_before_older_ones_are_deleted() -> None:
    current = State([VOLUME], [snapshot(f"old-{day}", day) for day in (3, 1, 2)])
    spec = Spec("new", "present", "v1", None, keep=2)
    steps = next_steps(spec, current)
    assert [(step.resource, step.action) for step in steps] == [("new", "create")]
    predicted = predict(spec, current)
    assert [s["name"] for s in predicted.snapshots] == ["old-3", "new"]
    there = State(current.volumes, [*current.snapshots, snapshot("new", 4)])
    assert [step.resource for step in next_steps(spec, there)] == ["id-old-1", "id-old-2"]
    assert diff(spec, current, predicted) == {"new": {"volume": "v", "labels": OURS}}
    assert list(diff(spec, current, current)) == ["old-1", "old-2"]


def test_only_the_series_is_counted() -> None:
    kept = [
        snapshot("foreign", 1, labels={}),
        snapshot("other-volume", 1, **{"block-storage-volume": {"id": "v2"}}),
        snapshot("other-series", 1, labels={**OURS, "series": "weekly"}),
    ]
    daily = {**OURS, "series": "daily"}
    current = State([VOLUME], [*kept, snapshot("daily-1", 2, labels=daily), snapshot("new", 3, labels=daily)])
    spec = Spec("new", "present", "v1", daily, keep=1)
    assert [s["name"] for s in surplus(spec, current)] == ["daily-1"]


@pytest.mark.parametrize("status", ["creating", "destroying", "promoting"])
def test_a_snapshot_in_transition_gets_no_step(status: str) -> None:
    current = State([VOLUME], [snapshot("s", 1, state=status)])
    for state in ("present", "absent"):
        assert not next_steps(Spec("s", state, "v1", keep=1), current)
