"""Plans for instances: any spec is reached from any state, as check mode predicts."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.catalog import Catalog
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances import plan, result
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances import spec as specs
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.predict import predict
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.state import State, find
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Call, Step
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from hypothesis import given
from hypothesis import strategies as some

OURS = with_ownership({})
CATALOG = Catalog(
    "ch-dk-2",
    {
        "instance_types": [
            {"id": "small", "family": "standard", "size": "small"},
            {"id": "large", "family": "standard", "size": "large"},
            {"id": "cpu", "family": "cpu", "size": "large", "authorized": False},
        ],
        "templates": [
            {"id": "old", "name": "Debian", "created-at": "2026-01-01"},
            {"id": "new", "name": "Debian", "created-at": "2026-02-01"},
            {"id": "elsewhere", "name": "Debian", "created-at": "2026-03-01", "zones": ["de-fra-1"]},
        ],
        "security_groups": [{"id": "g1", "name": "one"}, {"id": "g2", "name": "two"}],
        "private_networks": [{"id": "n1", "name": "lan", "start-ip": "10.0.0.1"}, {"id": "n2", "name": "plain"}],
        "elastic_ips": [{"id": "e1", "ip": "192.0.2.1", "description": "entry"}],
    },
)
BASE: dict[str, Any] = {
    **dict.fromkeys(specs.COMMON),
    "name": "a",
    "id": None,
    "state": "present",
    "instance_type": "small",
    "template": "Debian",
    "disk_size": 10,
    "fleet": None,
    "allow_restart": True,
    "shutdown_timeout": 180.0,
}


def spec_of(**change: Any) -> specs.Spec:
    return specs.read_spec({**BASE, **change}, CATALOG)


def made(**change: Any) -> dict[str, Any]:
    return {
        "id": str(uuid.UUID(int=1)),
        "name": "a",
        "state": "running",
        "instance-type": {"id": "small"},
        "template": {"id": "old"},
        "disk-size": 10,
        "labels": dict(OURS),
        **change,
    }


class Api:
    """The part of Exoscale that one instance needs: executes steps, and fails where Exoscale does."""

    def __init__(self, item: dict[str, Any] | None, leases: dict[tuple[str, str], str] | None = None) -> None:
        self.current = State({"a": item}, dict(leases or {}))

    def do(self, step: Step) -> None:
        for call in step.calls:
            getattr(self, call.operation.replace("-", "_"))(**call.arguments)

    @property
    def item(self) -> dict[str, Any]:
        item = self.current.instances["a"]
        assert item is not None
        return item

    def create_instance(self, auto_start: bool, **fields: Any) -> None:
        item = made(**{key.replace("_", "-"): value for key, value in fields.items()})
        item.setdefault("security-groups", [{"id": "default"}])
        item.setdefault("public-ip-assignment", "inet4")
        item["state"] = "running" if auto_start else "stopped"
        self.current.instances["a"] = item

    def update_instance(self, id: str, **fields: Any) -> None:
        self.item.update({key.replace("_", "-"): value for key, value in fields.items()})

    def start_instance(self, id: str) -> None:
        assert self.item["state"] == "stopped"
        self.item["state"] = "running"

    def stop_instance(self, id: str) -> None:
        assert self.item["state"] == "running"
        self.item["state"] = "stopped"

    def scale_instance(self, id: str, instance_type: dict[str, str]) -> None:
        assert self.item["state"] == "stopped"
        self.item["instance-type"] = instance_type

    def resize_instance_disk(self, id: str, disk_size: int) -> None:
        assert self.item["state"] == "stopped"
        assert disk_size > self.item["disk-size"]
        self.item["disk-size"] = disk_size

    def enable_tpm(self, id: str) -> None:
        assert self.item["state"] == "stopped"
        self.item["tpm-enabled"] = True

    def delete_instance(self, id: str) -> None:
        assert not self.item.get("guarded")
        self.current.instances["a"] = None

    def add_instance_protection(self, id: str) -> None:
        self.item["guarded"] = True

    def remove_instance_protection(self, id: str) -> None:
        self.item["guarded"] = False

    def update_private_network_instance_ip(self, id: str, instance: dict[str, str], ip: str) -> None:
        self.current.leases[id, instance["id"]] = ip

    def __getattr__(self, name: str) -> Any:
        action, _instance, _to, kind = name.split("_", 3)
        field = kind.replace("_", "-") + "s"

        def change(id: str, instance: dict[str, str], ip: str | None = None) -> None:
            members = [m for m in self.item.get(field) or [] if m["id"] != id]
            assert (action == "detach") == (len(members) < len(self.item.get(field) or []))
            self.item[field] = members + ([{"id": id}] if action == "attach" else [])
            if ip:
                self.current.leases[id, instance["id"]] = ip

        return change


DESIRED_STATES = some.fixed_dictionaries(
    {
        "state": some.sampled_from(["present", "started", "stopped", "absent"]),
        "instance_type": some.sampled_from(["small", "standard.large"]),
        "disk_size": some.sampled_from([20, 30]),
        "labels": some.sampled_from([None, {}, {"role": "web"}]),
        "security_groups": some.sampled_from([None, [], ["one"], ["two", "g1"]]),
        "private_networks": some.sampled_from(
            [None, [], [{"name": "lan", "ip": "10.0.0.9"}, {"name": "plain"}], [{"name": "lan"}]]
        ),
        "elastic_ips": some.sampled_from([None, [], ["entry"], ["192.0.2.1"]]),
        "user_data": some.sampled_from([None, "#cloud-config\n"]),
        "public_ip_assignment": some.sampled_from([None, "dual"]),
        "delete_protection": some.sampled_from([None, True, False]),
        "tpm": some.sampled_from([None, True]),
        "fleet": some.sampled_from([None, "web"]),
    }
)
STARTS = some.one_of(
    some.none(),
    some.builds(
        made,
        state=some.sampled_from(["running", "stopped"]),
        labels=some.sampled_from(
            [OURS, {**OURS, "role": "old"}, {**OURS, plan.PROTECTED_LABEL: "true"}, {**OURS, "resume": "true"}]
        ),
        **{
            "instance-type": some.sampled_from([{"id": "small"}, {"id": "large"}]),
            "disk-size": some.sampled_from([10, 20]),
            "security-groups": some.sampled_from([[], [{"id": "g1"}], [{"id": "g2"}]]),
            "private-networks": some.sampled_from([[], [{"id": "n1"}], [{"id": "n2"}]]),
            "elastic-ips": some.sampled_from([[], [{"id": "e1"}]]),
        },
    ),
)


@given(STARTS, DESIRED_STATES)
def test_every_spec_is_reached_as_predicted(start: dict[str, Any] | None, options: dict[str, Any]) -> None:
    api = Api(start and {**start, "guarded": plan.is_protected(start)})
    want = plan.resolve_power(spec_of(**options), api.current.instances["a"])
    try:
        plan.validate(want, api.current.instances["a"], CATALOG)
    except ValidationError:
        assert want.state == "absent"
        return
    end = predict([want], api.current)
    actions = []
    while step := plan.next_step(want, api.current.instances["a"], api.current):
        assert actions.count(str(step)) < (2 if step.action == "update" else 1), "no step is done twice"
        actions.append(str(step))
        api.do(step)
    assert result.diff([want], api.current, CATALOG) == result.diff([want], end, CATALOG)
    if api.current.instances["a"]:
        assert api.item.get("guarded", False) == plan.is_protected(api.item)
        assert api.item["labels"]["managed-by"] == "sovereign.vdc"
    plan.validate(want, api.current.instances["a"], CATALOG)


def test_all_changes_that_need_a_stop_share_one() -> None:
    api = Api(made())
    want = plan.resolve_power(spec_of(instance_type="large", disk_size=50, tpm=True), api.item)
    actions = []
    while step := plan.next_step(want, api.item, api.current):
        actions.append(str(step))
        api.do(step)
    # The updates set and remove the label by which the next run starts it if this one dies.
    assert actions == ["update", "stop", "change instance_type", "change disk_size", "change tpm", "start", "update"]
    assert plan.RESUME_LABEL not in api.item["labels"]


def test_another_run_starts_an_instance_that_a_dead_run_stopped() -> None:
    api = Api(made())
    want = spec_of(disk_size=50)
    dying = plan.resolve_power(want, api.item)
    while api.item["state"] == "running":
        step = plan.next_step(dying, api.item, api.current)
        assert step is not None
        api.do(step)
    later = plan.resolve_power(want, api.item)
    while step := plan.next_step(later, api.item, api.current):
        api.do(step)
    assert (api.item["state"], api.item["disk-size"], api.item["labels"]) == ("running", 50, OURS)


def test_a_stop_has_its_own_limit() -> None:
    step = plan.next_step(spec_of(state="stopped", shutdown_timeout=7), made(), State({}))
    assert step == Step("a", "stop", calls=(Call("stop-instance", {"id": made()["id"]}),), timeout=7)


@pytest.mark.parametrize("state", ["starting", "stopping", "migrating", "destroying"])
def test_an_instance_in_transition_gets_no_step(state: str) -> None:
    assert plan.next_step(spec_of(state="stopped"), made(state=state), State({})) is None


def test_an_instance_in_error_is_rejected_and_can_be_deleted() -> None:
    with pytest.raises(ValidationError, match="state error"):
        plan.validate(spec_of(), made(state="error"), CATALOG)
    plan.validate(spec_of(state="absent"), made(state="error"), CATALOG)
    step = plan.next_step(spec_of(state="absent"), made(state="error"), State({}))
    assert step is not None
    assert step.action == "delete"


def test_members_of_pools_are_rejected() -> None:
    with pytest.raises(ValidationError, match="belongs to an instance pool"):
        plan.validate(spec_of(), made(manager={"id": "p", "type": "instance-pool"}), CATALOG)


@pytest.mark.parametrize(
    ("change", "item", "message"),
    [
        ({"disk_size": 10}, {"disk-size": 20}, "disk_size: 'a' has 20 GiB and a disk never shrinks"),
        ({"ssh_keys": []}, {"ssh-keys": [{"name": "k"}]}, "ssh_keys: 'a' was created with k, which cannot be changed"),
        ({"secureboot": True}, {}, "secureboot: 'a' was created with false"),
        ({"tpm": False}, {"tpm-enabled": True}, "tpm: 'a' was created with true"),
        ({"instance_type": "large"}, {"instance-type": {"id": "cpu"}}, "can be scaled within that family only"),
        ({"labels": {"delete-protection": "true"}}, {}, "delete-protection is set by this collection"),
    ],
)
def test_impossible_specs_are_rejected(change: dict[str, Any], item: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        plan.validate(spec_of(**change), made(**item), CATALOG)


def test_a_newer_build_of_the_template_changes_nothing() -> None:
    want = plan.resolve_power(spec_of(), made())
    assert want.template_id == "new"
    plan.validate(want, made(), CATALOG)
    assert plan.next_step(want, made(), State({})) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"instance_type": "cpu.large"}, "is not open to this account"),
        ({"instance_type": "huge"}, "instance type 'standard.huge' does not exist in zone ch-dk-2; there is cpu.large"),
        ({"private_networks": [{"name": "plain", "ip": "10.0.0.1"}]}, "'plain' has no address range"),
        ({"elastic_ips": ["192.0.2.9"]}, "elastic IP '192.0.2.9' does not exist"),
    ],
)
def test_unknown_references_are_rejected(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        spec_of(**change)


def test_an_owned_resource_is_preferred_to_a_foreign_one_with_the_same_name() -> None:
    foreign = made(id="f", labels={})
    assert find(spec_of(), [foreign, made()]) == made()
    with pytest.raises(ValidationError, match="is not ours"):
        find(spec_of(), [foreign])
    with pytest.raises(ValidationError, match="is ambiguous: 2 instances of this collection"):
        find(spec_of(), [made(), made(id="z")])
    assert find(spec_of(), [made(state="destroyed")]) is None
    assert find(replace(spec_of(), id="gone", state="absent"), [made()]) is None


def test_user_data_is_shown_as_a_fingerprint_only() -> None:
    want = spec_of(user_data="password: hush")
    end = predict([plan.resolve_power(want, None)], State({"a": None}))
    shown = result.diff([want], end, CATALOG)["a"]
    assert shown is not None
    assert shown["user_data"].startswith("sha256:")
    assert want.user_data is not None
    assert "hush" not in str(shown)
    assert want.user_data not in str(shown)
