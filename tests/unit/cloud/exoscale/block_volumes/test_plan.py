"""Plans for block volumes: every spec is reached, as check mode predicts."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_volumes import plan
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_volumes.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_volumes.state import (
    State,
    find,
    host_of,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Step
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from hypothesis import given
from hypothesis import strategies as some

OURS = with_ownership({})
INSTANCES = [
    {"id": "i-run", "name": "runs", "state": "running"},
    {"id": "i-off", "name": "rests", "state": "stopped"},
]
SNAPSHOTS = [{"id": "s1", "name": "snap", "volume-size": 20}]
ALLOWED = plan.Confirmation(allow_detach=True, force_detach=True)


def volume(**change: Any) -> dict[str, Any]:
    made = {"id": "v1", "name": "v", "size": 10, "labels": dict(OURS), "instance": None, **change}
    return {"state": "attached" if made["instance"] else "detached", **made}


class Api:
    """The part of Exoscale that one volume needs; fails where Exoscale does."""

    def __init__(self, item: dict[str, Any] | None) -> None:
        self.current = State([], INSTANCES, SNAPSHOTS, {"v": item})

    def do(self, step: Step) -> None:
        for call in step.calls:
            getattr(self, call.operation.replace("-", "_"))(**call.arguments)

    @property
    def item(self) -> dict[str, Any]:
        item = self.current.items["v"]
        assert item is not None
        return item

    def create_block_storage_volume(self, name: str, labels: dict[str, str], **more: Any) -> None:
        self.current.items["v"] = volume(name=name, labels=labels, size=more.get("size", 20))

    def update_block_storage_volume(self, id: str, **fields: Any) -> None:
        self.item.update(fields)

    def delete_block_storage_volume(self, id: str) -> None:
        assert not host_of(self.item)
        self.current.items["v"] = None

    def detach_block_storage_volume(self, id: str) -> None:
        assert host_of(self.item)
        self.item.update(instance=None, state="detached")

    def attach_block_storage_volume_to_instance(self, id: str, instance: dict[str, str]) -> None:
        assert not host_of(self.item)
        self.item.update(instance=instance, state="attached")

    def resize_block_storage_volume(self, id: str, size: int) -> None:
        assert not host_of(self.item) or not self.current.runs(host_of(self.item))
        assert size > self.item["size"]
        self.item["size"] = size


PLACES = some.sampled_from([None, {"id": "i-run"}, {"id": "i-off"}])
STARTS = some.one_of(some.none(), some.builds(volume, instance=PLACES, size=some.sampled_from([10, 20])))
DESIRED_STATES = some.builds(
    Spec,
    key=some.just("v"),
    name=some.just("v"),
    state=some.sampled_from(["present", "absent"]),
    size=some.sampled_from([20, 30]),
    instance=some.sampled_from([None, "", "i-run", "i-off"]),
    snapshot=some.sampled_from([None, "s1"]),
    labels=some.sampled_from([None, OURS, {**OURS, "role": "pool-disk"}]),
)


@given(STARTS, DESIRED_STATES)
def test_every_spec_is_reached_as_predicted(start: dict[str, Any] | None, spec: Spec) -> None:
    api = Api(start)
    spec = plan.resolve_instance(spec, start)
    plan.validate(spec, api.current, ALLOWED)
    end = plan.predict([spec], api.current).items["v"]
    actions = []
    while step := plan.next_step(spec, api.current):
        assert step.action not in actions, "no step is done twice"
        actions.append(step.action)
        api.do(step)
    reached = api.current.items["v"]
    keys = ("size", "instance", "labels", "state")
    assert (reached and [reached[k] for k in keys]) == (end and [end[k] for k in keys])


@pytest.mark.parametrize(
    ("spec", "item", "message"),
    [
        (Spec("v", "present", "v", size=20), volume(instance={"id": "i-run"}), "to grow it must be detached"),
        (Spec("v", "present", "v", instance="i-off"), volume(instance={"id": "i-run"}), "to move it set allow_detach"),
        (Spec("v", "present", "v", size=5), volume(), "a volume never shrinks"),
        (Spec("v", "present", "v"), None, "give size or snapshot to create it"),
        (Spec("v", "present", "v", size=10, snapshot="s1"), None, "the snapshot of 'v' has 20 GiB"),
        (Spec("v", "present", "v"), volume(state="error"), "is in the state error"),
        (Spec("v", "absent", "v"), volume(instance={"id": "i-off"}), "is attached to 'rests': set force_detach"),
    ],
)
def test_impossible_specs_and_missing_confirmations_are_rejected(
    spec: Spec, item: dict[str, Any] | None, message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        plan.validate(
            plan.resolve_instance(spec, item), State([], INSTANCES, SNAPSHOTS, {"v": item}), plan.Confirmation()
        )


def test_growing_on_a_stopped_instance_needs_no_confirmation() -> None:
    item = volume(instance={"id": "i-off"})
    spec = plan.resolve_instance(Spec("v", "present", "v", size=20), item)
    current = State([], INSTANCES, SNAPSHOTS, {"v": item})
    plan.validate(spec, current, plan.Confirmation())
    step = plan.next_step(spec, current)
    assert step is not None
    assert step.action == "resize"


def test_the_limit_per_instance_counts_detachments_and_foreign_volumes() -> None:
    there = [volume(id=f"v{n}", name=f"v{n}", instance={"id": "i-run"}, labels={}) for n in range(5)]
    current = State(there, INSTANCES, [], {"new": None, "v0": there[0]})
    with pytest.raises(ValidationError, match=r"'runs' would have 6 volumes \(new, v0, v1, v2, v3, v4\)"):
        plan.validate_capacity([Spec("new", "present", "new", instance="i-run")], current)
    leaves = Spec("v0", "present", "v0", instance="")
    plan.validate_capacity([Spec("new", "present", "new", instance="i-run"), leaves], current)


def test_an_owned_resource_is_preferred_to_a_foreign_one_with_the_same_name() -> None:
    spec, foreign = Spec("v", "present", "v"), volume(id="f", labels={})
    assert find(spec, [foreign, volume()]) == volume()
    with pytest.raises(ValidationError, match="is not ours"):
        find(spec, [foreign])
    with pytest.raises(ValidationError, match="is ambiguous: 2 volumes of this collection"):
        find(spec, [volume(), volume(id="w")])
