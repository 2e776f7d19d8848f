# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the price list and the servers whose costs are requested."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import Hetzner
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.prices.result import (
    extras,
    server_cost,
    total,
    type_prices,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.server_types import plain
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError


def run(module: Any, client: Hetzner) -> Report:
    """Read the price list, and the servers that ``label_selector`` chooses; see the module for the options."""
    params = module.params
    pricing = client.get("/pricing")["pricing"]
    listed = type_prices(pricing)
    for option, attribute in (("server_types", "server_type"), ("locations", "location")):
        known = sorted({row[attribute] for row in listed})
        for wanted in params[option] or []:
            if wanted not in known:
                raise ValidationError(f"{option}: the price list has no {wanted!r}; it has {', '.join(known)}")
        if params[option]:
            listed = [row for row in listed if row[attribute] in params[option]]
    values = {
        "currency": pricing["currency"],
        "vat_rate": plain(pricing["vat_rate"]),
        "server_types": listed,
        "extras": extras(pricing),
    }
    if params["label_selector"] is not None:
        query = {"label_selector": params["label_selector"]} if params["label_selector"] else {}
        servers = client.list("/servers", **query)
        attached = {id_ for server in servers for id_ in server["volumes"]}
        volumes = [volume for volume in client.list("/volumes") if volume["id"] in attached] if attached else []
        today = {(row["server_type"], row["location"]): row for row in type_prices(pricing)}
        extra = extras(pricing)
        rows = [server_cost(server, volumes, today, extra) for server in servers]
        values |= {"servers": rows, "total": total(rows, pricing)}
    return Report(values=values)
