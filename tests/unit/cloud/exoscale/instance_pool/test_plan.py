"""Plans for instance pools: every spec is reached, as check mode predicts."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instance_pool import plan, state
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instance_pool.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instance_pool.state import State
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Step
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from hypothesis import given
from hypothesis import strategies as some

OURS = with_ownership({})
MADE_OF = {"instance-type": {"id": "small"}, "template": {"id": "debian"}, "disk-size": 10}


def pool(size: int = 2, **change: Any) -> dict[str, Any]:
    return {"id": "p1", "name": "p", "state": "running", "size": size, "labels": dict(OURS), **MADE_OF, **change}


def member(number: int, state: str = "running") -> dict[str, Any]:
    return {"id": f"m{number}", "name": f"p-{number}", "state": state}


class Api:
    """The part of Exoscale that one pool needs."""

    def __init__(self, item: dict[str, Any] | None) -> None:
        self.current = State(item, [member(n) for n in range(item["size"])] if item else [])
        self._made = 100

    def do(self, step: Step) -> None:
        for call in step.calls:
            getattr(self, call.operation.replace("-", "_"))(**call.arguments)

    @property
    def pool(self) -> dict[str, Any]:
        assert self.current.pool is not None
        return self.current.pool

    def create_instance_pool(self, size: int, **fields: Any) -> None:
        self.current.pool = pool(0, **{key.replace("_", "-"): value for key, value in fields.items()})
        self.scale_instance_pool("p1", size)

    def update_instance_pool(self, id: str, **fields: Any) -> None:
        self.pool.update({key.replace("_", "-"): value for key, value in fields.items()})

    def reset_instance_pool_field(self, id: str, field: str) -> None:
        self.pool.pop("ssh-keys" if field == "ssh-key" else field)

    def scale_instance_pool(self, id: str, size: int) -> None:
        self._made += 1
        more = [member(self._made + n) for n in range(size - len(self.current.members))]
        self.current.members = (self.current.members + more)[:size]
        self.pool["size"] = size

    def evict_instance_pool_members(self, id: str, instances: list[str]) -> None:
        assert set(instances) <= {m["id"] for m in self.current.members}
        self.current.members = [m for m in self.current.members if m["id"] not in instances]
        self.pool["size"] = len(self.current.members)

    def delete_instance_pool(self, id: str) -> None:
        self.current = State(None)


FIELDS = some.fixed_dictionaries(
    {name: some.sampled_from([value, 20] if name == "disk-size" else [value]) for name, value in MADE_OF.items()},
    optional={
        "description": some.sampled_from(["", "web"]),
        "user-data": some.sampled_from(["", "I2Nsb3Vk"]),
        "security-groups": some.sampled_from([[], [{"id": "g1"}], [{"id": "g1"}, {"id": "g2"}]]),
        "ssh-keys": some.sampled_from([[], [{"name": "k"}]]),
        "labels": some.sampled_from([OURS, {**OURS, "role": "web"}]),
    },
)
STARTS = some.one_of(
    some.none(),
    some.builds(
        pool,
        size=some.sampled_from([2, 3]),
        **{
            "security-groups": some.sampled_from([[], [{"id": "g2"}, {"id": "g1"}]]),
            "ssh-keys": some.just([{"name": "k"}]),
        },
    ),
)
DESIRED_STATES = some.builds(
    Spec,
    name=some.just("p"),
    state=some.sampled_from(["present", "present", "absent"]),
    fields=FIELDS,
    size=some.sampled_from([1, 2, 4]),
    evict=some.sampled_from([(), ("p-0",), ("m1", "p-0"), ("nobody",)]),
)


@given(STARTS, DESIRED_STATES)
def test_every_spec_is_reached_as_predicted(start: dict[str, Any] | None, spec: Spec) -> None:
    api = Api(start)
    plan.validate(spec, api.current)
    end = plan.predict(spec, api.current)
    actions = []
    while step := plan.next_step(spec, api.current):
        assert step.action not in actions, "no step is done twice"
        actions.append(step.action)
        api.do(step)
    assert (api.current.pool is None) == (end.pool is None)
    if end.pool is not None:
        shown = [
            {name: plan.normal(name, current.get(name)) for name in spec.fields} | {"size": current["size"]}
            for current in (api.pool, end.pool)
        ]
        assert shown[0] == shown[1]
        assert not plan.evicted(spec, api.current)


def test_eviction_alone_shrinks_the_pool() -> None:
    api = Api(pool(3))
    spec = Spec("p", "present", evict=("p-1",))
    while step := plan.next_step(spec, api.current):
        api.do(step)
    assert [m["name"] for m in api.current.members] == ["p-0", "p-2"]


@pytest.mark.parametrize(
    ("spec", "item", "message"),
    [
        (Spec("p", "present"), None, "give size, instance_type, template, disk_size to create it"),
        (Spec("p", "present", {"min-available": 3}, size=2), pool(), "min_available: 3 is more than the 2 members"),
        (Spec("p", "present", size=1), pool(**{"min-available": 2}), "min_available: 2 is more than the 1 members"),
    ],
)
def test_impossible_specs_are_rejected(spec: Spec, item: dict[str, Any] | None, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        plan.validate(spec, State(item))


@pytest.mark.parametrize("state", ["creating", "destroying", "scaling-down", "scaling-up", "updating"])
def test_a_pool_in_transition_gets_no_step(state: str) -> None:
    assert plan.next_step(Spec("p", "present", size=9), State(pool(state=state))) is None


def test_a_pool_is_in_transition_until_all_members_are_at_rest() -> None:
    both = [member(0), member(1)]
    assert not state.in_transition(State(pool(), both))
    assert state.in_transition(State(pool(state="updating"), both))
    assert state.in_transition(State(pool(), [member(0), member(1, "starting")]))
    assert state.in_transition(State(pool(), [member(0)]))
    assert not state.in_transition(State(None))
