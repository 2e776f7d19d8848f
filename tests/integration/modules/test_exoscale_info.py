"""exoscale_template_info, exoscale_quota_info and exoscale_usage_info against the lab."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.direct import Direct

HOUR = 3600


def test_templates_are_filtered_and_sorted_newest_first(lab, run_module) -> None:
    result = run_module("exoscale_template_info", name="*debian*", default_user="debian", required=True)
    found = result["templates"]
    assert found
    assert [t["created_at"] for t in found] == sorted((t["created_at"] for t in found), reverse=True)
    assert all("Debian" in t["name"] and t["visibility"] == "public" for t in found)
    assert result["api_calls"]["writes"] == 0
    assert not result["changed"]
    one = run_module("exoscale_template_info", name=found[-1]["id"])["templates"]
    assert one == [found[-1]]
    assert run_module("exoscale_template_info", family=found[0]["family"].upper())["templates"]


def test_own_templates_are_returned(lab, run_module) -> None:
    assert run_module("exoscale_template_info", visibility="private")["templates"] == []
    Direct(lab.env).client.register_template(
        name="golden",
        url="https://example.com/x.qcow2",
        checksum="0" * 32,
        ssh_key_enabled=True,
        password_enabled=False,
    )
    found = run_module("exoscale_template_info", visibility="private")["templates"]
    assert [t["name"] for t in found] == ["golden"]


def test_a_missing_template_is_reported(lab, run_module) -> None:
    assert run_module("exoscale_template_info", name="Plan 9")["templates"] == []
    result = run_module("exoscale_template_info", name="Plan 9", required=True)
    assert result["failed"]
    assert result["msg"].startswith("no template has name 'Plan 9'; there is ")


def test_quotas_are_returned_and_checked(lab, run_module) -> None:
    lab.configure("exoscale", {"quotas": {"private-network": 2, "instance": -1}})
    Direct(lab.env).client.create_private_network(name="a")
    result = run_module("exoscale_quota_info", require={"private-network": 1, "instance": 1000})
    quotas = {quota["resource"]: quota for quota in result["quotas"]}
    assert quotas["private-network"] == {"resource": "private-network", "usage": 1, "limit": 2, "available": 1}
    assert quotas["instance"]["available"] is None
    assert not result["failed"]


def test_an_insufficient_quota_is_rejected(lab, run_module) -> None:
    lab.configure("exoscale", {"quotas": {"private-network": 2, "instance": 1}})
    result = run_module("exoscale_quota_info", require={"private-network": 3})
    assert result["failed"]
    assert result["msg"].startswith(
        "private-network: 3 needed, 2 free (0 of 2 in use): ask Exoscale to raise the quota"
    )
    assert result["error"]["code"] == "quota_exceeded"
    assert result["quotas"]
    both = run_module("exoscale_quota_info", require={"private-network": 3, "instance": 2})
    assert sorted(both["failed_resources"]) == ["instance", "private-network"]


def test_usage_is_summed_up_exactly(lab, run_module) -> None:
    zone = Direct(lab.env).client
    template = zone.list_templates()["templates"][0]
    kind = next(t for t in zone.list_instance_types()["instance-types"] if t["size"] == "small")
    for name in ("a", "b"):
        zone.create_instance(name=name, template={"id": template["id"]}, instance_type={"id": kind["id"]}, disk_size=10)
    lab.clock(10 * HOUR)
    result = run_module("exoscale_usage_info")
    assert not result["failed"], result
    assert result["usage"]
    for total in result["totals"]:
        lines = [
            line
            for line in result["usage"]
            if (line["product"], line["variable"], line["unit"]) == (total["product"], total["variable"], total["unit"])
        ]
        assert Decimal(total["quantity"]) == sum(Decimal(line["quantity"]) for line in lines)
    running = [total for total in result["totals"] if total["variable"] == "running_small"]
    assert Decimal(running[0]["quantity"]) >= 20
    assert run_module("exoscale_usage_info", product="no-such*")["totals"] == []


@pytest.mark.parametrize(
    ("module", "given", "message"),
    [
        ("exoscale_usage_info", {"period": "last month"}, "period: 'last month' is not a month"),
        ("exoscale_quota_info", {"require": {"unicorns": 1}}, "require: Exoscale has no quota 'unicorns'"),
        ("exoscale_quota_info", {"require": {"instance": "x"}}, "require: instance must be a whole number"),
        ("exoscale_template_info", {"visibility": "secret"}, "value of visibility must be one of: public, private"),
        ("exoscale_template_info", {"zone": "mars-1"}, "zone: 'mars-1' does not exist"),
    ],
)
def test_invalid_options_are_rejected(lab, run_module, module: str, given: dict[str, Any], message: str) -> None:
    result = run_module(module, **given)
    assert result["failed"]
    assert message in result["msg"]


CALLS = [
    ("exoscale_template_info", "list-templates"),
    ("exoscale_quota_info", "list-quotas"),
    ("exoscale_usage_info", "get-usage-report"),
]


@pytest.mark.parametrize(("module", "operation"), CALLS)
def test_a_provider_error_is_reported(lab, run_module, module: str, operation: str) -> None:
    lab.faults([{"operation": operation, "status": 403, "message": "not for this key"}])
    result = run_module(module)
    assert result["failed"]
    assert result["error"]["code"] == "forbidden"
    assert "not for this key" in result["msg"]


@pytest.mark.parametrize(("module", "operation"), CALLS)
def test_transient_errors_are_retried(lab, run_module, module: str, operation: str) -> None:
    lab.faults(
        [{"operation": operation, "drop": True, "times": 1}, {"operation": operation, "status": 500, "times": 1}]
    )
    result = run_module(module)
    assert not result["failed"], result
    assert result["api_calls"]["reads"] >= 3


@pytest.mark.parametrize(("module", "operation"), CALLS)
def test_a_timeout_is_reported(lab, run_module, module: str, operation: str) -> None:
    lab.faults([{"operation": operation, "delay": 2}])
    result = run_module(module, api_timeout=0.2, api_retries=0)
    assert result["failed"]
    assert result["error"]["code"] == "timeout"
    assert "no answer within 0.2 s" in result["msg"]


@pytest.mark.parametrize(("module", "operation"), CALLS)
def test_check_mode_returns_the_same_result(lab, run_module, module: str, operation: str) -> None:
    assert run_module(module, _check=True) == run_module(module)
