"""hetzner_price_info against the lab."""

from __future__ import annotations

from decimal import Decimal

import pytest

NEW = {"server_type": "cx23", "image": "debian-13", "location": "fsn1"}


def test_prices_of_the_selected_types_are_returned(lab, run_module):
    result = run_module("hetzner_price_info", server_types=["cx23"], locations=["fsn1", "nbg1"])
    assert not result["changed"]
    assert (result["currency"], Decimal(result["vat_rate"])) == ("EUR", 19)
    assert [row["location"] for row in result["server_types"]] == ["fsn1", "nbg1"]
    row = result["server_types"][0]
    assert (row["hourly_net"], row["monthly_net"], row["monthly_gross"]) == ("0.0088", "5.49", "6.5331")
    assert row["included_traffic_bytes"] > 10**12
    assert Decimal(result["extras"]["primary_ipv4_month_net"]["fsn1"]) > 0
    assert "servers" not in result
    assert result["api_calls"] == {"reads": 1, "writes": 0}


def test_without_a_selection_every_type_is_returned(lab, run_module):
    names = {row["server_type"] for row in run_module("hetzner_price_info")["server_types"]}
    assert {"cx23", "cpx22", "cax11", "ccx13"} <= names


def test_servers_cost_includes_backups_addresses_and_volumes(lab, run_module, project):
    project.volume("data", size=20)
    entries = [{"name": "a", "volumes": ["data"], "backups": True}, {"name": "b", "enable_ipv4": False}]
    assert not run_module("hetzner_servers", **NEW, fleet="web", servers=entries)["failed"]
    run_module("hetzner_servers", **NEW, fleet="db", servers=[{"name": "c"}])
    result = run_module("hetzner_price_info", label_selector="fleet=web", _check=True)
    extras = result["extras"]
    parts = {server["name"]: server["parts_month_net"] for server in result["servers"]}
    assert parts["b"] == {"server": "5.49", "backups": "0", "ipv4": "0", "volumes": "0"}
    assert parts["a"] == {
        "server": "5.49",
        "backups": "1.098",
        "ipv4": extras["primary_ipv4_month_net"]["fsn1"],
        "volumes": str((Decimal(extras["volume_gb_month_net"]) * 20).normalize()),
    }
    net = sum(Decimal(amount) for server in parts.values() for amount in server.values())
    assert Decimal(result["total"]["month_net"]) == net
    assert Decimal(result["total"]["month_gross"]) == net * Decimal("1.19")
    assert (result["total"]["servers"], result["total"]["grandfathered_unknown"]) == (2, 0)
    assert result["api_calls"]["writes"] == 0


def test_a_server_keeps_its_price(lab, run_module, project):
    run_module("hetzner_servers", **NEW, servers=[{"name": "old"}])
    project.server("unknown")
    lab.configure("hetzner", {"prices": {"cx23": {"monthly": "6.49"}}})
    run_module("hetzner_servers", **NEW, servers=[{"name": "new"}])
    result = run_module("hetzner_price_info", label_selector="")
    rows = {server["name"]: server for server in result["servers"]}
    assert {name: (row["grandfathered"], row["monthly_net"]) for name, row in rows.items()} == {
        "old": ("yes", "5.49"),
        "new": ("no", "6.49"),
        "unknown": ("unknown", "6.49"),
    }
    assert rows["old"]["list_monthly_net"] == "6.49"
    assert result["total"]["grandfathered_unknown"] == 1


def test_an_empty_selection_costs_nothing(lab, run_module):
    result = run_module("hetzner_price_info", label_selector="fleet=none")
    assert result["total"] == {"servers": 0, "month_net": "0", "month_gross": "0", "grandfathered_unknown": 0}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"server_types": ["cx1"]}, "server_types: the price list has no 'cx1'; it has "),
        ({"locations": ["mars"]}, "locations: the price list has no 'mars'; it has ash, fsn1"),
    ],
)
def test_unknown_names_are_rejected(lab, run_module, options, sentence):
    assert run_module("hetzner_price_info", **options)["msg"].startswith(sentence)


def test_invalid_options_are_rejected(lab, run_module):
    result = run_module("hetzner_price_info", label_selector="a==b==c")
    assert result["failed"]
    assert result["error"]["code"] == "invalid_input"


def test_a_provider_error_and_a_timeout_are_reported(lab, run_module):
    lab.faults([{"operation": "get_pricing", "status": 403, "code": "forbidden", "message": "not yours"}])
    result = run_module("hetzner_price_info")
    assert (result["msg"], result["error"]["code"]) == ("not yours", "forbidden")
    lab.faults([{"operation": "get_pricing", "delay": 1}])
    result = run_module("hetzner_price_info", api_timeout=0.1, api_retries=0)
    assert result["msg"] == "GET /v1/pricing: no answer within 0.1 s"


def test_a_lost_answer_is_read_again(lab, run_module):
    lab.faults([{"operation": "get_pricing", "drop": True, "times": 2}])
    result = run_module("hetzner_price_info")
    assert not result["failed"]
    assert result["api_calls"]["reads"] == 3
