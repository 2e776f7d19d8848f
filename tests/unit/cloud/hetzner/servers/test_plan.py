"""Plans for servers, with random servers and specs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.plan import labels, next_step
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.predict import apply_step, predict
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.resolve import Target
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.state import Attachment, Server
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Step
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

OURS = {"managed-by": "sovereign.vdc"}


def kind(name: str, disk: int = 40, monthly: str = "5.4900") -> dict[str, Any]:
    price = {"net": monthly, "gross": "0"}
    prices = [{"location": "fsn1", "price_hourly": {"net": "0.00880", "gross": "0"}, "price_monthly": price}]
    return {"name": name, "disk": disk, "architecture": "x86", "prices": prices}


KINDS = {"cx23": kind("cx23"), "cx33": kind("cx33", 80, "8.49")}
IDS = st.frozensets(st.integers(1, 3), max_size=3)
ATTACHMENTS = st.builds(
    Attachment,
    ip=st.sampled_from((None, "10.0.0.2", "10.0.0.3")),
    alias_ips=st.sampled_from((None, frozenset(), frozenset({"10.0.0.9"}))),
)
REAL_ATTACHMENTS = st.builds(
    Attachment,
    ip=st.sampled_from(("10.0.0.2", "10.0.0.3")),
    alias_ips=st.sampled_from((frozenset(), frozenset({"10.0.0.9"}))),
)
LABELS = st.dictionaries(st.sampled_from(("role", "tier")), st.sampled_from(("a", "b")))
NOTES = st.sampled_from(
    ({}, {"resume": "start"}, {"price-type": "cx23", "price-hourly": "1", "price-monthly": "2"}, {"fleet": "web"})
)


@st.composite
def servers(draw: Any) -> Server:
    name = draw(st.sampled_from(tuple(KINDS)))
    return Server(
        id=7,
        name="a",
        status=draw(
            st.sampled_from(("running", "off", "starting", "stopping", "initializing", "migrating", "deleting"))
        ),
        server_type=name,
        location="fsn1",
        image="debian-13",
        disk=40,
        labels={**OURS, **draw(LABELS), **draw(NOTES)},
        networks=draw(st.dictionaries(st.integers(1, 3), REAL_ATTACHMENTS)),
        firewalls=draw(IDS),
        volumes=draw(IDS),
        placement_group=draw(st.sampled_from((None, 1, 2))),
        backups=draw(st.booleans()),
        delete_protection=draw(st.booleans()),
        locked=draw(st.booleans()),
        kind=KINDS[name],
    )


@st.composite
def targets(draw: Any) -> Target:
    maybe = st.sampled_from((None, True, False))
    networks = draw(st.none() | st.dictionaries(st.integers(1, 3), ATTACHMENTS))
    spec = Spec(
        name="a",
        state=draw(st.sampled_from(("present", "started", "stopped", "absent"))),
        labels=draw(st.none() | LABELS),
        networks=None if networks is None else {str(id_): place for id_, place in networks.items()},
        fleet=draw(st.sampled_from((None, "web"))),
        backups=draw(maybe),
        delete_protection=draw(maybe),
        upgrade_disk=draw(st.booleans()),
        shutdown_timeout=draw(st.sampled_from((0.0, 60.0))),
        allow_restart=True,
    )
    return Target(
        spec,
        draw(st.sampled_from(("a", "b"))),
        kind=KINDS[draw(st.sampled_from(tuple(KINDS)))],
        networks=networks,
        firewalls=draw(st.none() | IDS),
        volumes=draw(st.none() | IDS),
        placement_group=draw(st.sampled_from((None, 0, 1, 2))),
        locations=("fsn1",),
        image={"id": 1, "name": "debian-13"},
    )


@settings(max_examples=400, deadline=None)
@given(target=targets(), server=st.none() | servers())
def test_every_plan_reaches_the_spec(target: Target, server: Server | None) -> None:
    spec = target.spec
    if spec.state == "absent" and spec.delete_protection is not False and server and server.delete_protection:
        if server.status != "deleting":
            with pytest.raises(ValidationError, match="delete_protection"):
                predict(target, server)
        return
    end, steps = predict(target, server)
    assert next_step(target, end) is None
    assert len({str(step) for step in steps}) >= len(steps) - 4  # the plan ends
    if spec.state == "absent":
        assert end is None
        return
    assert end is not None
    assert end.name == target.name
    assert target.kind is not None
    assert end.server_type == target.kind["name"]
    assert end.labels == labels(target, end)
    assert "resume" not in end.labels or spec.state == "started"
    if spec.labels is not None:
        assert {key: end.labels[key] for key in ("role", "tier") if key in end.labels} == spec.labels
    for attribute in ("firewalls", "volumes"):
        assert getattr(target, attribute) in (None, getattr(end, attribute))
    if target.networks is not None:
        assert set(end.networks) == set(target.networks)
        for id_, place in target.networks.items():
            assert place.ip in (None, end.networks[id_].ip)
            assert place.alias_ips in (None, end.networks[id_].alias_ips)
    if target.placement_group is not None:
        assert (end.placement_group or 0) == target.placement_group
    for attribute in ("backups", "delete_protection"):
        assert getattr(spec, attribute) in (None, getattr(end, attribute))
    if spec.state != "present":
        assert end.on == (spec.state == "started")


@settings(max_examples=200, deadline=None)
@given(target=targets(), server=servers(), stop_after=st.integers(0, 12))
def test_another_run_completes_the_plan_of_a_run_that_died(target: Target, server: Server, stop_after: int) -> None:
    """Wherever a run is interrupted, the next one with the same spec has the result of an undisturbed one."""
    target = replace(target, spec=replace(target.spec, delete_protection=False))
    whole, steps = predict(target, server)
    half: Server | None = server
    for step in steps[:stop_after]:
        half = apply_step(step, target, half)
    assert predict(target, half)[0] == whole


@given(target=targets(), server=servers())
def test_foreign_servers_are_rejected(target: Target, server: Server) -> None:
    with pytest.raises(ValidationError, match="is not ours"):
        next_step(target, replace(server, labels={"managed-by": "terraform"}))


def running(**more: Any) -> Server:
    known: dict[str, Any] = {"image": "debian-13", "disk": 40, "labels": OURS, "kind": KINDS["cx23"], **more}
    return Server(id=7, name="a", status="running", server_type="cx23", location="fsn1", **known)


def test_a_stop_that_the_spec_does_not_ask_for_needs_a_confirmation() -> None:
    target = Target(Spec("a"), "a", kind=KINDS["cx33"])
    with pytest.raises(
        ValidationError, match=r"allow_restart: 'a' must be stopped to change its server_type \(cx23 to cx33\)"
    ):
        next_step(target, running())
    with pytest.raises(ValidationError, match="placement_group"):
        next_step(Target(Spec("a"), "a", placement_group=3), running())
    stopped = replace(target, spec=Spec("a", state="stopped"))
    assert next_step(stopped, running()) == Step("a", "shut down")


def test_a_server_that_does_not_shut_down_is_powered_off_only_with_a_confirmation() -> None:
    target = Target(Spec("a", state="stopped"), "a")
    assert next_step(target, running(), asked_to_stop=True) == Step("a", "power off")
    target = Target(Spec("a", state="stopped", force_poweroff=False, shutdown_timeout=5), "a")
    with pytest.raises(CloudError, match="did not shut down within 5 seconds"):
        next_step(target, running(), asked_to_stop=True)


def test_a_new_server_records_its_price() -> None:
    target = Target(Spec("a"), "a", kind=KINDS["cx33"], locations=("fsn1",), image={"name": "debian-13"})
    end, steps = predict(target, None)
    assert steps == [Step("a", "create")]
    assert end is not None
    assert end.labels == {**OURS, "price-type": "cx33", "price-hourly": "0.0088", "price-monthly": "8.49"}


def test_a_price_that_was_never_recorded_is_not_invented() -> None:
    assert predict(Target(Spec("a"), "a"), running()) == (running(), [])
