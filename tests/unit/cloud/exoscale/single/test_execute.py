"""Single resources, on a cloud in memory."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.execute import ensure_single
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.kind import Field, Kind, State, merged
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import refuse_foreign, with_ownership
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Call, Step
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import (
    AmbiguousResultError,
    CloudError,
    ValidationError,
)
from hypothesis import given
from hypothesis import strategies as some

OURS = with_ownership({})


@pytest.fixture(autouse=True, scope="module")
def _no_pauses() -> Iterator[None]:
    """Skip the random pause after a lost answer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(random, "uniform", lambda _least, _most: 0)
        yield


class Members:
    """A part with its own calls."""

    option = "members"
    always = False
    early = False
    freed = ()

    def read(self, cloud: Cloud, current: State) -> list[str]:
        return list(cloud.members)

    def shown(self, current: State) -> list[str]:
        return sorted(current.parts[self.option])

    def predicted(self, current: State, desired: Iterable[str]) -> list[str]:
        return sorted(desired)

    def steps(self, current: State, desired: Iterable[str]) -> list[Step]:
        joined = current.parts[self.option]
        return [Step(m, "join", calls=(Call("join", {"member": m}),)) for m in desired if m not in joined] + [
            Step(m, "leave", calls=(Call("leave", {"member": m}),)) for m in joined if m not in desired
        ]


THING = Kind(
    "thing",
    "thing",
    [
        Field("description", "description", normal=lambda text: text or ""),
        Field("size", "size", fixed=True, initial=1),
        Field("labels", "labels", normal=lambda labels: dict(labels or {}), initial=OURS),
        Field("tuning", "tuning", merge=merged),
    ],
    refuse_foreign=lambda item: refuse_foreign("thing", item["name"], item.get("labels")),
    dependents=lambda cloud, _item, _items: cloud.dependents,
    parts=[Members()],
)


class Cloud:
    """Resources in memory, changed at once; the answers of the next ``lose`` writes are lost after the change."""

    zone = "here"

    def __init__(
        self, *items: dict[str, Any], waits: bool = True, lose: int = 0, fail: CloudError | None = None
    ) -> None:
        self.items = list(items)
        self.members: set[str] = set()
        self.dependents: list[str] = []
        self.waits, self.lose, self.fail = waits, lose, fail
        self.operations: list[str] = []

    def list(self, operation: str, key: str) -> list[dict[str, Any]]:
        assert (operation, key) == ("list-things", "things")
        return [dict(item) for item in self.items]

    def change(self, operation: str, timeout: float | None = None, **arguments: Any) -> list[str]:
        if self.fail:
            raise self.fail
        self.operations.append(operation)
        if operation == "create-thing":
            self.items.append({"id": f"id{len(self.operations)}", **arguments})
        elif operation == "update-thing":
            next(item for item in self.items if item["id"] == arguments["id"]).update(arguments)
        elif operation == "delete-thing":
            assert not self.members
            self.items = [item for item in self.items if item["id"] != arguments["id"]]
        elif operation == "join":
            self.members.add(arguments["member"])
        elif operation == "leave":
            self.members.discard(arguments["member"])
        if self.lose:
            self.lose -= 1
            raise AmbiguousResultError("the connection broke", code="answer_lost")
        return []

    delete = change

    def wait(self, operations: Iterable[str]) -> dict[str, CloudError]:
        return {}


def spec(present: bool = True, replace: bool = False, name: str = "a", **values: Any) -> Spec:
    return Spec(name, present, values, replace=replace)


def item(**values: Any) -> dict[str, Any]:
    return {"id": "id0", "name": "a", "size": 1, "labels": dict(OURS), **values}


def both(cloud: Cloud, desired: Spec) -> Any:
    """Return the report of a real run, after a check run that predicted the same and wrote nothing."""
    check = ensure_single(cloud, THING, desired, check_mode=True)
    assert cloud.operations == []
    real = ensure_single(cloud, THING, desired, check_mode=False)
    assert (check.changed, check.before, check.after) == (real.changed, real.before, real.after)
    again = ensure_single(cloud, THING, desired, check_mode=False)
    assert not again.changed
    assert again.before == again.after == real.after
    return real


def test_creation_includes_the_parts() -> None:
    cloud = Cloud()
    report = both(cloud, spec(description="new", members=["x", "y"], tuning={"depth": 3}))
    assert report.changed
    assert report.before == {}
    assert report.after == {
        "a": {"description": "new", "size": 1, "labels": OURS, "tuning": {"depth": 3}, "members": ["x", "y"]}
    }
    assert cloud.operations == ["create-thing", "join", "join"]
    assert report.values["thing"]["id"] == "id1"
    assert report.values["thing"]["name"] == "a"


def test_an_update_sends_the_given_fields_and_keeps_the_others() -> None:
    cloud = Cloud(item(description="old", tuning={"depth": 3, "width": 1}))
    report = both(cloud, spec(tuning={"depth": 4}))
    assert cloud.operations == ["update-thing"]
    assert cloud.items[0]["tuning"] == {"depth": 4, "width": 1}
    assert cloud.items[0]["description"] == "old"
    assert report.before["a"]["tuning"] == {"depth": 3, "width": 1}


def test_a_deletion_releases_the_parts_first() -> None:
    cloud = Cloud(item())
    cloud.members = {"x"}
    report = both(cloud, spec(present=False))
    assert cloud.operations == ["leave", "delete-thing"]
    assert report.after == {}
    assert report.values == {"thing": None}


def test_deleting_a_missing_resource_changes_nothing() -> None:
    assert not both(Cloud(), spec(present=False)).changed


def test_a_resource_is_found_by_its_id() -> None:
    cloud = Cloud(item(), item(id="00000000-0000-0000-0000-000000000001"))
    both(cloud, spec(name="00000000-0000-0000-0000-000000000001", description="second"))
    assert [i.get("description") for i in cloud.items] == [None, "second"]


@pytest.mark.parametrize(
    ("cloud", "desired", "message"),
    [
        (Cloud(item(labels={})), spec(), "exists and is not ours"),
        (Cloud(item(labels={})), spec(present=False), "exists and is not ours"),
        (Cloud(item(), item(id="id9")), spec(), "ambiguous: 2 have that name (id0, id9)"),
        (Cloud(item()), spec(size=2), "size: thing 'a' has 1, not 2, which Exoscale cannot change"),
        (Cloud(), spec(name="00000000-0000-0000-0000-000000000001"), "name: there is no thing 00000000-"),
        (Cloud(), spec(name=""), "name: there is no thing"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_impossible_specs_are_rejected_before_any_change(
    cloud: Cloud, desired: Spec, message: str, check_mode: bool
) -> None:
    with pytest.raises(ValidationError) as rejected:
        ensure_single(cloud, THING, desired, check_mode)
    assert message in str(rejected.value)
    assert cloud.operations == []


def test_a_resource_in_use_is_not_deleted() -> None:
    cloud = Cloud(item())
    cloud.dependents = [f"instance 'i{n}'" for n in range(10)]
    with pytest.raises(ValidationError, match=r"in use .*'i0', .*'i7' and 2 more first"):
        ensure_single(cloud, THING, spec(present=False), check_mode=False)


def test_replace_deletes_and_creates() -> None:
    cloud = Cloud(item())
    report = both(cloud, spec(size=2, replace=True))
    assert cloud.operations == ["delete-thing", "create-thing"]
    assert (report.before["a"]["size"], report.after["a"]["size"]) == (1, 2)


@pytest.mark.parametrize("desired", [spec(members=["x"]), spec(description="d"), spec(present=False)])
def test_lost_answers_repeat_no_change(desired: Spec) -> None:
    cloud = Cloud(*([] if desired.values.get("members") else [item()]), lose=9)
    report = ensure_single(cloud, THING, desired, check_mode=False)
    assert report.changed
    assert report.failed == {}
    assert len(cloud.operations) == len(set(cloud.operations))


def test_without_wait_only_the_first_step_is_started() -> None:
    cloud = Cloud(waits=False)
    report = ensure_single(cloud, THING, spec(members=["x"]), check_mode=False)
    assert cloud.operations == ["create-thing"]
    assert report.changed


def test_a_failure_is_reported_with_the_current_state() -> None:
    cloud = Cloud(item(description="old"), fail=CloudError("no", code="forbidden"))
    report = ensure_single(cloud, THING, spec(description="new"), check_mode=False)
    assert not report.changed
    assert report.failed["a"].code == "forbidden"
    assert report.before == report.after
    assert report.values["thing"]["description"] == "old"


VALUES = some.fixed_dictionaries(
    {},
    optional={
        "description": some.text(max_size=2),
        "tuning": some.dictionaries(some.sampled_from("ab"), some.integers(0, 2)),
        "members": some.lists(some.sampled_from("xyz"), unique=True),
        "labels": some.dictionaries(some.sampled_from("kl"), some.sampled_from("12")).map(with_ownership),
    },
)


@given(some.booleans(), VALUES, VALUES, some.booleans(), some.integers(0, 3))
def test_check_mode_predicts_the_run_and_a_second_run_changes_nothing(
    exists: bool, there: dict[str, Any], values: dict[str, Any], present: bool, lose: int
) -> None:
    cloud = Cloud(*([item(**{k: v for k, v in there.items() if k != "members"})] if exists else []), lose=lose)
    cloud.members = set(there.get("members", [])) if exists else set()
    both(cloud, spec(present=present, **values))
