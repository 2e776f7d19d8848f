# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compute list prices and the monthly cost of servers, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.server_types import plain
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.state import (
    PRICE_HOURLY,
    PRICE_MONTHLY,
    PRICE_TYPE,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError


def type_prices(pricing: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The price list: one row a server type and location."""
    rows = [
        {
            "server_type": kind["name"],
            "location": entry["location"],
            "hourly_net": plain(entry["price_hourly"]["net"]),
            "hourly_gross": plain(entry["price_hourly"]["gross"]),
            "monthly_net": plain(entry["price_monthly"]["net"]),
            "monthly_gross": plain(entry["price_monthly"]["gross"]),
            "included_traffic_bytes": entry["included_traffic"],
            "traffic_tb_net": plain(entry["price_per_tb_traffic"]["net"]),
            "traffic_tb_gross": plain(entry["price_per_tb_traffic"]["gross"]),
        }
        for kind in pricing["server_types"]
        for entry in kind["prices"]
    ]
    return sorted(rows, key=lambda row: (row["server_type"], row["location"]))


def extras(pricing: Mapping[str, Any]) -> dict[str, Any]:
    """Prices of everything but server types, net."""
    return {
        "volume_gb_month_net": plain(pricing["volume"]["price_per_gb_month"]["net"]),
        "snapshot_gb_month_net": plain(pricing["image"]["price_per_gb_month"]["net"]),
        "backup_percentage": plain(pricing["server_backup"]["percentage"]),
        "primary_ipv4_month_net": {
            entry["location"]: plain(entry["price_monthly"]["net"])
            for kind in pricing["primary_ips"]
            if kind["type"] == "ipv4"
            for entry in kind["prices"]
        },
    }


def server_cost(
    server: Mapping[str, Any],
    volumes: Iterable[Mapping[str, Any]],
    listed: Mapping[tuple[str, str], Mapping[str, Any]],
    extra: Mapping[str, Any],
) -> dict[str, Any]:
    """The monthly cost of one server with its backups, address and volumes, net.

    A server keeps the price of the day when it was created or rescaled. ``hetzner_servers`` records
    it in labels; without them today's price is used, which may be wrong. ``listed`` holds the rows of
    ``type_prices`` by type and location.
    """
    kind, location, labels = server["server_type"]["name"], server["location"]["name"], server["labels"]
    today = listed.get((kind, location))
    recorded = labels.get(PRICE_TYPE) == kind and PRICE_HOURLY in labels and PRICE_MONTHLY in labels
    if recorded:
        hourly, monthly = labels[PRICE_HOURLY], labels[PRICE_MONTHLY]
        same = today is not None and (hourly, monthly) == (today["hourly_net"], today["monthly_net"])
        grandfathered = "no" if same else "yes"
    elif today is not None:
        hourly, monthly, grandfathered = today["hourly_net"], today["monthly_net"], "unknown"
    else:
        raise ValidationError(
            f"label_selector: server {server['name']!r} is a {kind} in {location}, which has no list price any more, and "
            f"its own was never recorded; exclude it from the selection, or set its labels {PRICE_TYPE}, {PRICE_HOURLY} "
            f"and {PRICE_MONTHLY}"
        )
    backed_up = server.get("backup_window") is not None
    gigabytes = sum(volume["size"] for volume in volumes if volume["server"] == server["id"])
    has_ipv4 = server["public_net"]["ipv4"] is not None
    parts = {
        "server": Decimal(monthly),
        "backups": Decimal(monthly) * Decimal(extra["backup_percentage"]) / 100 if backed_up else Decimal(0),
        "ipv4": Decimal(extra["primary_ipv4_month_net"].get(location, "0")) if has_ipv4 else Decimal(0),
        "volumes": Decimal(extra["volume_gb_month_net"]) * gigabytes,
    }
    return {
        "name": server["name"],
        "server_type": kind,
        "location": location,
        "hourly_net": hourly,
        "monthly_net": monthly,
        "list_monthly_net": today["monthly_net"] if today else None,
        "grandfathered": grandfathered,
        "parts_month_net": {part: _text(amount) for part, amount in parts.items()},
        "total_month_net": _text(sum(parts.values(), Decimal(0))),
    }


def total(rows: list[dict[str, Any]], pricing: Mapping[str, Any]) -> dict[str, Any]:
    """The sum of a selection a month."""
    net = sum((Decimal(row["total_month_net"]) for row in rows), Decimal(0))
    return {
        "servers": len(rows),
        "month_net": _text(net),
        "month_gross": _text(net * (1 + Decimal(pricing["vat_rate"]) / 100)),
        "grandfathered_unknown": sum(1 for row in rows if row["grandfathered"] == "unknown"),
    }


def _text(amount: Decimal) -> str:
    return plain(str(amount))
