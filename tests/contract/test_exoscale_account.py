"""Resources that the zones of one account share, and its reports: operations, usage, events."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from support.exoscale import Api, ref


def test_zones_share_groups_and_quotas_but_not_instances_and_volumes(lab, api: Api) -> None:
    endpoints = {z["name"]: z["api-endpoint"] for z in api.list_zones()["zones"]}
    geneva = Api(lab.env, endpoints["ch-gva-2"])
    group, one = api.do("create_security_group", name="web"), api.instance()
    assert geneva.get_security_group(id=group)["name"] == "web"
    geneva.assert_rejected(404, "get_instance", id=one, message="Instance not found")
    assert geneva.get_quota(entity="instance")["usage"] == 1
    volume = geneva.do("create_block_storage_volume", name="far", size=10)
    attach = {"id": volume, "instance": ref(one)}
    geneva.assert_rejected(404, "attach_block_storage_volume_to_instance", **attach)


def test_operations_take_as_long_as_configured(lab, api: Api) -> None:
    lab.settings(operation_seconds=30)
    pending = api.create_instance(name="slow", **api.spec())
    one = pending["reference"]["id"]
    assert api.get_operation(id=pending["id"])["state"] == "pending"
    assert api.get_instance(id=one)["state"] == "starting"
    api.assert_rejected(409, "delete_instance", id=one, containing="pending")
    lab.clock(30)
    assert api.get_operation(id=pending["id"])["state"] == "success"
    assert api.get_instance(id=one)["state"] == "running"


def test_the_usage_report_counts_hours_and_sizes(lab, api: Api) -> None:
    lab.clock(seconds_to_next_month())
    one = api.instance(disk_size=10)
    lab.clock(2 * 3600)
    api.do("stop_instance", id=one)
    lab.clock(3600)
    usage = {line["variable"]: line for line in api.get_usage_report()["usage"]}
    assert float(usage["running_small"]["quantity"]) == pytest.approx(2, abs=0.01)
    assert float(usage["volume"]["quantity"]) == pytest.approx(30, abs=0.1)
    assert api.get_usage_report(period="2020-01")["usage"] == []
    api.assert_rejected(400, "get_usage_report", period="last")


def test_events_are_listed_by_time(lab, api: Api) -> None:
    api.do("create_security_group", name="old")
    lab.clock(2 * 86400)
    assert api.list_events() == []
    assert len(api.list_events(**{"from": "2020-01-01T00:00:00Z"})) == 1


def test_events_contain_no_user_data(api: Api) -> None:
    api.instance(user_data=base64.b64encode(b"password: hunter2").decode())
    assert "user-data" not in api.list_events()[-1]["body-params"]


def seconds_to_next_month() -> float:
    """Return the seconds until the first of the next month, so that a test's hours are in one month.
    A lab that was just reset has wall time."""
    now = datetime.now(UTC)
    year, month = (now.year + 1, 1) if now.month == 12 else (now.year, now.month + 1)
    return (datetime(year, month, 1, tzinfo=UTC) - now).total_seconds() + 1
