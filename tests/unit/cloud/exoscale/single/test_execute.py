"""The one shape of single resources, on a cloud in memory; and what the kinds add to it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale import (
    elastic_ip,
    marker,
    private_network,
    quotas,
    ssh_key,
    templates,
    usage,
)
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
    """The pause after a lost answer is drawn at random; here it takes no time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(random, "uniform", lambda _least, _most: 0)
        yield


class Members:
    """A part with calls of its own."""

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
    """Things, changed at once; ``lose`` answers of the next writes are lost after the step."""

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
    """The report of a real run, after a check run that predicted the same and wrote nothing."""
    check = ensure_single(cloud, THING, desired, check_mode=True)
    assert cloud.operations == []
    real = ensure_single(cloud, THING, desired, check_mode=False)
    assert (check.changed, check.before, check.after) == (real.changed, real.before, real.after)
    again = ensure_single(cloud, THING, desired, check_mode=False)
    assert not again.changed
    assert again.before == again.after == real.after
    return real


def test_create_with_its_parts() -> None:
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


def test_update_sends_what_was_asked_for_and_keeps_the_rest() -> None:
    cloud = Cloud(item(description="old", tuning={"depth": 3, "width": 1}))
    report = both(cloud, spec(tuning={"depth": 4}))
    assert cloud.operations == ["update-thing"]
    assert cloud.items[0]["tuning"] == {"depth": 4, "width": 1}
    assert cloud.items[0]["description"] == "old"
    assert report.before["a"]["tuning"] == {"depth": 3, "width": 1}


def test_delete_frees_its_parts_first() -> None:
    cloud = Cloud(item())
    cloud.members = {"x"}
    report = both(cloud, spec(present=False))
    assert cloud.operations == ["leave", "delete-thing"]
    assert report.after == {}
    assert report.values == {"thing": None}


def test_absent_stays_absent() -> None:
    assert not both(Cloud(), spec(present=False)).changed


def test_a_resource_can_be_meant_by_its_id() -> None:
    cloud = Cloud(item(), item(id="00000000-0000-0000-0000-000000000001"))
    both(cloud, spec(name="00000000-0000-0000-0000-000000000001", description="second"))
    assert [i.get("description") for i in cloud.items] == [None, "second"]


@pytest.mark.parametrize(
    ("cloud", "desired", "said"),
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
def test_refused_before_anything_is_done(cloud: Cloud, desired: Spec, said: str, check_mode: bool) -> None:
    with pytest.raises(ValidationError) as refused:
        ensure_single(cloud, THING, desired, check_mode)
    assert said in str(refused.value)
    assert cloud.operations == []


def test_what_is_in_use_is_not_deleted() -> None:
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
def test_lost_answers_do_nothing_twice(desired: Spec) -> None:
    cloud = Cloud(*([] if desired.values.get("members") else [item()]), lose=9)
    report = ensure_single(cloud, THING, desired, check_mode=False)
    assert report.changed
    assert report.failed == {}
    assert len(cloud.operations) == len(set(cloud.operations))


def test_without_waiting_one_round_is_done() -> None:
    cloud = Cloud(waits=False)
    report = ensure_single(cloud, THING, spec(members=["x"]), check_mode=False)
    assert cloud.operations == ["create-thing"]
    assert report.changed


def test_a_failure_is_reported_with_what_is_there() -> None:
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
def test_check_predicts_and_the_second_run_is_quiet(
    exists: bool, there: dict[str, Any], values: dict[str, Any], present: bool, lose: int
) -> None:
    cloud = Cloud(*([item(**{k: v for k, v in there.items() if k != "members"})] if exists else []), lose=lose)
    cloud.members = set(there.get("members", [])) if exists else set()
    both(cloud, spec(present=present, **values))


def test_marker_is_hidden_and_has_to_fit() -> None:
    assert marker.marked("web") == "web [managed-by=sovereign.vdc]"
    assert marker.marked("") == "[managed-by=sovereign.vdc]"
    assert marker.unmarked(marker.marked("web")) == "web"
    assert len(marker.marked("x" * 228)) == 255
    with pytest.raises(ValidationError, match="at most 228 fit"):
        marker.marked("x" * 229)
    with pytest.raises(ValidationError, match="not ours"):
        marker.refuse_unmarked("group", {"name": "a", "description": "hand-made"})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"start_ip": "10.0.0.x"}, "start_ip: '10.0.0.x' is not an IPv4 address"),
        ({"netmask": "255.0.255.0"}, "netmask: '255.0.255.0' is not a netmask"),
        ({"end_ip": "10.0.1.9"}, "end_ip: 10.0.1.9 is not in the network of start_ip 10.0.0.10 (10.0.0.0/24)"),
        ({"end_ip": "10.0.0.5"}, "end_ip: 10.0.0.5 lies before start_ip 10.0.0.10"),
    ],
)
def test_impossible_dhcp_ranges(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        private_network.check_range(
            {"start_ip": "10.0.0.10", "end_ip": "10.0.0.99", "netmask": "255.255.255.0", **given}
        )
    assert said in str(refused.value)


ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"


def test_fingerprint_ignores_the_comment() -> None:
    plain = ssh_key.fingerprint(ED25519)
    assert plain == ssh_key.fingerprint(f"  {ED25519}  someone@host\n")
    assert len(plain) == 47


@pytest.mark.parametrize("text", ["", "ssh-ed25519", "ssh-ed25519 !!!", "ssh-rsa " + ED25519.split()[1], "-----BEGIN"])
def test_what_is_no_public_key(text: str) -> None:
    with pytest.raises(ValidationError, match="is not an OpenSSH public key"):
        ssh_key.fingerprint(text)


def test_elastic_ips_are_found_by_label_address_or_id() -> None:
    first = {"id": "1", "ip": "198.51.100.1", "labels": {"name": "web"}}
    second = {"id": "2", "ip": "198.51.100.2", "labels": {"name": "web"}}
    third = {"id": "3", "ip": "198.51.100.3"}
    found = [elastic_ip.find(name, [first, third]) for name in ("web", "198.51.100.3", "1", "db")]
    assert found == [first, third, first, None]
    with pytest.raises(ValidationError, match=r"ambiguous: 2 .*198.51.100.1, 198.51.100.2"):
        elastic_ip.find("web", [first, second])


def test_labels_of_an_elastic_ip_keep_its_name() -> None:
    labels = next(field for field in elastic_ip.kind("web", "z").fields if field.option == "labels")
    assert labels.desired(None, None) == with_ownership({"name": "web"})
    assert labels.desired(with_ownership({"a": "b"}), None) == with_ownership({"a": "b", "name": "web"})
    by_address = next(field for field in elastic_ip.kind("198.51.100.1", "z").fields if field.option == "labels")
    assert by_address.desired(OURS, {"labels": {"name": "web"}}) == with_ownership({"name": "web"})


def test_a_health_check_has_exoscales_defaults_and_nothing_that_does_not_fit() -> None:
    check = next(field for field in elastic_ip.kind("web", "z").fields if field.option == "healthcheck")
    tcp = check.desired({"mode": "tcp", "port": 80}, None)
    assert tcp == {"mode": "tcp", "port": 80, **elastic_ip.HEALTHCHECK}
    https = check.desired({"mode": "https", "port": 443, "uri": "/up", "tls_sni": "w", "tls_skip_verify": True}, None)
    document = check.write(https)
    assert document["tls-skip-verify"] is True
    assert check.value({"healthcheck": document}) == https
    back = check.desired({"mode": "tcp", "port": 80}, {"healthcheck": document})
    assert back == tcp
    assert "tls-skip-verify" not in check.write(back)


TEMPLATES = [
    {"id": "1", "name": "Linux Debian 12", "family": "Linux Debian", "created-at": "2025", "default-user": "debian"},
    {"id": "2", "name": "Linux Debian 13", "family": "Linux Debian", "created-at": "2026", "default-user": "debian"},
    {"id": "3", "name": "Linux Ubuntu 24.04", "family": "Linux Ubuntu", "created-at": "2026", "default-user": "ubuntu"},
]


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ({}, ["3", "2", "1"]),
        ({"name": "linux debian *"}, ["2", "1"]),
        ({"name": "Linux Debian 12"}, ["1"]),
        ({"name": "3"}, ["3"]),
        ({"family": "linux debian", "default_user": "debian"}, ["2", "1"]),
        ({"default_user": "root"}, []),
    ],
)
def test_templates_the_newest_first(asked: dict[str, str], ids: list[str]) -> None:
    assert [template["id"] for template in templates.newest_templates(TEMPLATES, **asked)] == ids


def test_a_required_template_that_is_not_there() -> None:
    with pytest.raises(
        ValidationError, match=r"no template has name 'Plan 9'; there is Linux Debian 12, Linux Debian 13, L"
    ):
        templates.newest_templates(TEMPLATES, "Plan 9", required=True)


def test_quotas_and_shortages() -> None:
    listed = quotas.quotas(
        [
            {"resource": "network", "usage": 3, "limit": -1},
            {"resource": "instance", "usage": 18, "limit": 20},
            {"resource": "gpu", "usage": 1, "limit": 0},
        ]
    )
    assert [(q["resource"], q["limit"], q["available"]) for q in listed] == [
        ("gpu", 0, 0),
        ("instance", 20, 2),
        ("network", None, None),
    ]
    assert quotas.shortages(listed, {"instance": "2", "network": 999}) == {}
    short = quotas.shortages(listed, {"instance": 3})
    assert short["instance"].message.startswith("3 needed, 2 free (18 of 20 in use)")
    with pytest.raises(ValidationError, match="no quota 'instances'; choose from gpu, instance, network"):
        quotas.shortages(listed, {"instances": 1})
    with pytest.raises(ValidationError, match="instance must be a whole number, not 'many'"):
        quotas.shortages(listed, {"instance": "many"})


@pytest.mark.parametrize("period", ["2026-13", "2026-1", "october", "2026-10-01"])
def test_what_is_no_month(period: str) -> None:
    with pytest.raises(ValidationError, match="is not a month"):
        usage.check_period(period)


def test_usage_without_a_quantity() -> None:
    with pytest.raises(CloudError, match="no number"):
        usage.totals([{"product": "instance", "quantity": "n/a"}])


@given(some.lists(some.decimals(-(10**12), 10**12, places=12), max_size=30))
def test_sums_are_exact(quantities: list[Decimal]) -> None:
    lines = [{"product": "p", "variable": "v", "unit": "h", "quantity": str(q)} for q in quantities]
    expected = sum(int(q.scaleb(12)) for q in quantities)
    total = Decimal(usage.totals(lines)[0]["quantity"]) if lines else Decimal(0)
    assert int(total.scaleb(12)) == expected
