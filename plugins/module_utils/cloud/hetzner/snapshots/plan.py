# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plan the next steps of a snapshot and of its series. Pure: no API call, no clock."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.snapshots.spec import (
    NAME,
    OWN_LABELS,
    SERIES,
    SERVER,
    Spec,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.snapshots.state import Snapshot, find
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import (
    is_ours,
    refuse_foreign,
    with_ownership,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Step
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError


def next_steps(spec: Spec, current: list[Snapshot]) -> list[Step]:
    """The next step of the snapshot; once it is as specified, a deletion for each surplus one of its series.

    ``args["snapshot"]`` is the snapshot to change, None to create it; ``args["body"]`` what is sent.
    Raises ``ValidationError`` where a confirmation is missing.
    """
    snapshot = find(spec, current)
    if spec.state == "absent":
        return [_removal(spec, snapshot)] if snapshot else []
    if snapshot is None:
        return [_step("create", None, spec.name, {"labels": labels(spec, None), "description": _description(spec)})]
    if snapshot.status == "creating":
        return [replace(_step("settle", snapshot, spec.name), changes=False)]
    wanted = labels(spec, snapshot)
    description = snapshot.description if spec.description is None else spec.description
    if (wanted, description) != (snapshot.labels, snapshot.description):
        return [_step("update", snapshot, spec.name, {"labels": wanted, "description": description})]
    if spec.delete_protection not in (None, snapshot.delete_protection):
        return [_step("protect" if spec.delete_protection else "unprotect", snapshot, spec.name)]
    return [_step("delete", one, one.name or str(one.id)) for one in surplus(spec, current)]


def labels(spec: Spec, snapshot: Snapshot | None) -> dict[str, str]:
    """The labels that the snapshot is to have."""
    old = snapshot.labels if snapshot else {}
    own = spec.labels
    if own is None:
        own = {key: value for key, value in old.items() if key not in OWN_LABELS}
    found = {**with_ownership(own), NAME: spec.name, SERVER: spec.server}
    series = spec.series or old.get(SERIES)
    return {**found, SERIES: series} if series else found


def surplus(spec: Spec, current: list[Snapshot]) -> list[Snapshot]:
    """The oldest snapshots of the series beyond ``keep``; protected ones remain and do not count."""
    if spec.keep is None:
        return []
    series = [one for one in current if one.labels.get(SERIES) == spec.series and is_ours(one.labels)]
    others = [one for one in series if not one.delete_protection and one.name != spec.name]
    others.sort(key=lambda one: one.created)
    # The snapshot of this task is one of those that are kept, however old it is.
    return others[: max(0, len(others) - (spec.keep - 1))]


def predict(spec: Spec, current: list[Snapshot]) -> tuple[list[Snapshot], list[Step]]:
    """The snapshots after the whole plan, and the steps of the plan; raises ``ValidationError``."""
    done: list[Step] = []
    while steps := next_steps(spec, current):
        for step in steps:
            current = apply_step(step, spec, current)
        done += steps
    return current, done


def apply_step(step: Step, spec: Spec, current: list[Snapshot]) -> list[Snapshot]:
    """The snapshots after one step."""
    snapshot, body = step.args["snapshot"], step.args["body"]
    if snapshot is None:
        return [*current, Snapshot(None, spec.name, "available", body["description"], body["labels"])]
    others = [one for one in current if one is not snapshot]
    effects: dict[str, dict[str, Any]] = {
        "settle": {"status": "available"},
        "update": dict(body),
        "protect": {"delete_protection": True},
        "unprotect": {"delete_protection": False},
    }
    return others if step.action == "delete" else [*others, replace(snapshot, **effects[step.action])]


def _step(action: str, snapshot: Snapshot | None, resource: str, body: dict[str, Any] | None = None) -> Step:
    return Step(resource, action, args={"snapshot": snapshot, "body": body or {}})


def _removal(spec: Spec, snapshot: Snapshot) -> Step:
    refuse_foreign("snapshot", snapshot.name, snapshot.labels)
    if not snapshot.delete_protection:
        return _step("delete", snapshot, spec.name)
    if spec.delete_protection is not False:
        raise ValidationError(
            f"delete_protection: snapshot {spec.name!r} is protected against deletion; "
            f"set delete_protection: false to delete it"
        )
    return _step("unprotect", snapshot, spec.name)


def _description(spec: Spec) -> str:
    return f"{spec.name} of {spec.server}" if spec.description is None else spec.description
