# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private networks, with or without DHCP."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.dependents import dependents
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.execute import ensure_single
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.kind import Field, Kind, merged
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import refuse_foreign, with_ownership
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

WORD = "private network"
RANGE = ("start_ip", "end_ip", "netmask")
DHCP_LISTS = ("dns_servers", "domain_search", "ntp_servers", "routers")


def _shown_options(document: Mapping[str, Any] | None) -> dict[str, list[str]]:
    return {option: list((document or {}).get(option.replace("_", "-")) or []) for option in DHCP_LISTS}


def _sent_options(options: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {option.replace("_", "-"): values for option, values in options.items()}


KIND = Kind(
    WORD,
    "private-network",
    [
        Field("description", "description", normal=lambda text: text or ""),
        Field("labels", "labels", normal=lambda labels: dict(labels or {}), initial=with_ownership({})),
        *(Field(option, option.replace("_", "-")) for option in RANGE),
        Field("options", "options", normal=_shown_options, write=_sent_options, merge=merged),
    ],
    refuse_foreign=lambda item: refuse_foreign(WORD, item["name"], item.get("labels")),
    dependents=lambda cloud, item, _items: dependents(cloud, "private-networks", item["id"]),
    raw=("id", "name", "vni", "leases"),
)


def values(params: Mapping[str, Any]) -> dict[str, Any]:
    """The desired values of a task; raises ``ValidationError`` for an impossible address range."""
    check_range(params)
    options = params["options"]
    return {
        "description": params["description"],
        "labels": None if params["labels"] is None else with_ownership(params["labels"]),
        **{option: params[option] for option in RANGE},
        "options": None if options is None else {key: value for key, value in options.items() if value is not None},
    }


def check_range(params: Mapping[str, Any]) -> None:
    """Raise ``ValidationError`` unless the DHCP range lies in one network and in order."""
    if not params["netmask"]:
        return
    for option in ("start_ip", "end_ip"):
        try:
            ipaddress.IPv4Address(params[option])
        except ValueError:
            raise ValidationError(
                f"{option}: {params[option]!r} is not an IPv4 address; write it like 10.0.0.10"
            ) from None
    try:
        mask = ipaddress.IPv4Address(params["netmask"])
        network = ipaddress.IPv4Network(f"{params['start_ip']}/{mask}", strict=False)
    except ValueError:
        raise ValidationError(f"netmask: {params['netmask']!r} is not a netmask; write it like 255.255.255.0") from None
    start, end = ipaddress.IPv4Address(params["start_ip"]), ipaddress.IPv4Address(params["end_ip"])
    if end not in network:
        raise ValidationError(
            f"end_ip: {end} is not in the network of start_ip {start} ({network}); widen netmask or lower end_ip"
        )
    if end < start:
        raise ValidationError(f"end_ip: {end} lies before start_ip {start}; swap them")


def run(module: AnsibleModule, cloud: Exoscale) -> Report:
    """Converge one private network; see the module for the options. Raises ``ValidationError``, ``CloudError``."""
    params = module.params
    spec = Spec(params["name"], params["state"] == "present", values(params))
    return ensure_single(cloud, KIND, spec, module.check_mode)
