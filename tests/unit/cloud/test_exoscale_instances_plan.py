"""Plans for instances: from any state to any wish, and check mode foresees the end."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.catalog import Catalog
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.deeds import Call, Deed
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances import plan, view, wish
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.seen import Seen, pick
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership
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
    **dict.fromkeys(wish.COMMON),
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


def wished(**change: Any) -> wish.Wish:
    return wish.wish_of({**BASE, **change}, CATALOG)


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
    """As much of Exoscale as one instance needs: does what deeds say, and breaks where it would."""

    def __init__(self, item: dict[str, Any] | None, leases: dict[tuple[str, str], str] | None = None) -> None:
        self.seen = Seen({"a": item}, dict(leases or {}))

    def do(self, deed: Deed) -> None:
        for call in deed.calls:
            getattr(self, call.operation.replace("-", "_"))(**call.arguments)

    @property
    def item(self) -> dict[str, Any]:
        item = self.seen.instances["a"]
        assert item is not None
        return item

    def create_instance(self, auto_start: bool, **fields: Any) -> None:
        item = made(**{key.replace("_", "-"): value for key, value in fields.items()})
        item.setdefault("security-groups", [{"id": "default"}])
        item.setdefault("public-ip-assignment", "inet4")
        item["state"] = "running" if auto_start else "stopped"
        self.seen.instances["a"] = item

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
        self.seen.instances["a"] = None

    def add_instance_protection(self, id: str) -> None:
        self.item["guarded"] = True

    def remove_instance_protection(self, id: str) -> None:
        self.item["guarded"] = False

    def update_private_network_instance_ip(self, id: str, instance: dict[str, str], ip: str) -> None:
        self.seen.leases[id, instance["id"]] = ip

    def __getattr__(self, name: str) -> Any:
        verb, _instance, _to, kind = name.split("_", 3)
        field = kind.replace("_", "-") + "s"

        def change(id: str, instance: dict[str, str], ip: str | None = None) -> None:
            members = [m for m in self.item.get(field) or [] if m["id"] != id]
            assert (verb == "detach") == (len(members) < len(self.item.get(field) or []))
            self.item[field] = members + ([{"id": id}] if verb == "attach" else [])
            if ip:
                self.seen.leases[id, instance["id"]] = ip

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
def test_every_wish_is_reached_as_foreseen(start: dict[str, Any] | None, options: dict[str, Any]) -> None:
    api = Api(start and {**start, "guarded": plan.is_protected(start)})
    want = plan.settle_power(wished(**options), api.seen.instances["a"])
    try:
        plan.check(want, api.seen.instances["a"], CATALOG)
    except ValidationError:
        assert want.state == "absent"
        return
    end = view.foreseen([want], api.seen)
    verbs = []
    while deed := plan.next_deed(want, api.seen.instances["a"], api.seen):
        assert verbs.count(deed.verb) < (2 if deed.verb == "update" else 1), "no step is done twice"
        verbs.append(deed.verb)
        api.do(deed)
    assert view.diffed(want, api.seen.instances["a"], api.seen, CATALOG) == view.diffed(
        want, end.instances["a"], end, CATALOG
    )
    if api.seen.instances["a"]:
        assert api.item.get("guarded", False) == plan.is_protected(api.item)
        assert api.item["labels"]["managed-by"] == "sovereign.vdc"
    plan.check(want, api.seen.instances["a"], CATALOG)


def test_a_restart_is_one_stop_for_all_that_needs_it() -> None:
    api = Api(made())
    want = plan.settle_power(wished(instance_type="large", disk_size=50, tpm=True), api.item)
    verbs = []
    while deed := plan.next_deed(want, api.item, api.seen):
        verbs.append(deed.verb)
        api.do(deed)
    # The updates set and remove the label that makes another run start it, should this one die.
    assert verbs == ["update", "stop", "change instance_type", "change disk_size", "change tpm", "start", "update"]
    assert plan.RESUME_LABEL not in api.item["labels"]


def test_another_run_starts_what_a_dead_one_stopped() -> None:
    api = Api(made())
    want = wished(disk_size=50)
    dying = plan.settle_power(want, api.item)
    while api.item["state"] == "running":
        deed = plan.next_deed(dying, api.item, api.seen)
        assert deed is not None
        api.do(deed)
    later = plan.settle_power(want, api.item)
    while deed := plan.next_deed(later, api.item, api.seen):
        api.do(deed)
    assert (api.item["state"], api.item["disk-size"], api.item["labels"]) == ("running", 50, OURS)


def test_a_stop_has_its_own_limit() -> None:
    deed = plan.next_deed(wished(state="stopped", shutdown_timeout=7), made(), Seen({}))
    assert deed == Deed("stop", (Call("stop-instance", {"id": made()["id"]}),), within=7)


@pytest.mark.parametrize("state", ["starting", "stopping", "migrating", "destroying"])
def test_what_is_on_its_way_is_left_alone(state: str) -> None:
    assert plan.next_deed(wished(state="stopped"), made(state=state), Seen({})) is None


def test_a_broken_one_is_refused_and_can_be_deleted() -> None:
    with pytest.raises(ValidationError, match="state error"):
        plan.check(wished(), made(state="error"), CATALOG)
    plan.check(wished(state="absent"), made(state="error"), CATALOG)
    deed = plan.next_deed(wished(state="absent"), made(state="error"), Seen({}))
    assert deed is not None
    assert deed.verb == "delete"


def test_members_of_pools_are_left_to_their_pool() -> None:
    with pytest.raises(ValidationError, match="belongs to an instance pool"):
        plan.check(wished(), made(manager={"id": "p", "type": "instance-pool"}), CATALOG)


@pytest.mark.parametrize(
    ("change", "item", "said"),
    [
        ({"disk_size": 10}, {"disk-size": 20}, "disk_size: 'a' has 20 GiB and a disk never shrinks"),
        ({"ssh_keys": []}, {"ssh-keys": [{"name": "k"}]}, "ssh_keys: 'a' was made with k and that cannot change"),
        ({"secureboot": True}, {}, "secureboot: 'a' was made with false"),
        ({"tpm": False}, {"tpm-enabled": True}, "tpm: 'a' was made with true"),
        ({"instance_type": "large"}, {"instance-type": {"id": "cpu"}}, "can be scaled within that family only"),
        ({"labels": {"delete-protection": "true"}}, {}, "delete-protection is kept by this collection"),
    ],
)
def test_what_cannot_be_had_is_refused(change: dict[str, Any], item: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        plan.check(wished(**change), made(**item), CATALOG)


def test_a_newer_build_of_the_template_changes_nothing() -> None:
    want = plan.settle_power(wished(), made())
    assert want.template_id == "new"
    plan.check(want, made(), CATALOG)
    assert plan.next_deed(want, made(), Seen({})) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"instance_type": "cpu.large"}, "is not open to this account"),
        ({"instance_type": "huge"}, "instance type 'standard.huge' does not exist in zone ch-dk-2; there is cpu.large"),
        ({"private_networks": [{"name": "plain", "ip": "10.0.0.1"}]}, "'plain' has no address range"),
        ({"elastic_ips": ["192.0.2.9"]}, "elastic IP '192.0.2.9' does not exist"),
    ],
)
def test_names_are_resolved_or_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        wished(**change)


def test_one_of_ours_wins_over_a_foreign_one_of_the_same_name() -> None:
    foreign = made(id="f", labels={})
    assert pick(wished(), [foreign, made()]) == made()
    with pytest.raises(ValidationError, match="is not ours"):
        pick(wished(), [foreign])
    with pytest.raises(ValidationError, match="is ambiguous: 2 of ours"):
        pick(wished(), [made(), made(id="z")])
    assert pick(wished(), [made(state="destroyed")]) is None
    assert pick(replace(wished(), id="gone", state="absent"), [made()]) is None


def test_user_data_is_shown_as_a_fingerprint_only() -> None:
    want = wished(user_data="password: hush")
    end = view.foreseen([plan.settle_power(want, None)], Seen({"a": None}))
    shown = view.diffed(want, end.instances["a"], end, CATALOG)
    assert shown is not None
    assert shown["user_data"].startswith("sha256:")
    assert want.user_data is not None
    assert "hush" not in str(shown)
    assert want.user_data not in str(shown)
