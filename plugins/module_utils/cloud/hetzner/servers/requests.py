# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The bodies of the requests that create and change a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.predict import (
    first_labels,
    first_networks,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.resolve import Target
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Step


def create_body(target: Target, location: str) -> dict[str, Any]:
    """The body that creates a server."""
    spec = target.spec
    public: dict[str, Any] = {"enable_ipv4": spec.enable_ipv4, "enable_ipv6": spec.enable_ipv6}
    if spec.primary_ipv4:
        public["ipv4"] = spec.primary_ipv4
    if spec.primary_ipv6:
        public["ipv6"] = spec.primary_ipv6
    body: dict[str, Any] = {
        "name": target.name,
        "server_type": (target.kind or {})["name"],
        "image": str((target.image or {})["id"]),
        "location": location,
        "labels": first_labels(target, location),
        "public_net": public,
        "start_after_create": spec.start_at_creation,
    }
    optional = {
        "ssh_keys": list(target.ssh_keys),
        "networks": first_networks(target),
        "firewalls": [{"firewall": id_} for id_ in sorted(target.firewalls or ())],
        "volumes": sorted(target.volumes or ()),
        "placement_group": target.placement_group,
        "user_data": spec.user_data,
    }
    body |= {key: value for key, value in optional.items() if value}
    if target.volumes:
        body["automount"] = bool(spec.automount)
    return body


def _protection(step: Step, target: Target) -> tuple[str, dict[str, Any]]:
    # Hetzner requires the same value for both.
    value = step.action == "protect"
    return "change_protection", {"delete": value, "rebuild": value}


def _attachment(step: Step, target: Target) -> tuple[str, dict[str, Any]]:
    attachment = step.args["attachment"]
    body: dict[str, Any] = {"network": step.args["network"]}
    if attachment.ip:
        body["ip"] = attachment.ip
    if attachment.alias_ips:
        body["alias_ips"] = sorted(attachment.alias_ips)
    return "attach_to_network", body


# By the action of a step: the server's action in the API, and its body.
ACTIONS: dict[str, Callable[[Step, Target], tuple[str, dict[str, Any]]]] = {
    "rescale": lambda step, target: (
        "change_type",
        {"server_type": (target.kind or {})["name"], "upgrade_disk": step.args["upgrade_disk"]},
    ),
    "join placement group": lambda step, target: ("add_to_placement_group", {"placement_group": step.args["group"]}),
    "leave placement group": lambda step, target: ("remove_from_placement_group", {}),
    "attach network": _attachment,
    "change alias IPs": lambda step, target: (
        "change_alias_ips",
        {"network": step.args["network"], "alias_ips": sorted(step.args["attachment"].alias_ips)},
    ),
    "detach network": lambda step, target: ("detach_from_network", {"network": step.args["network"]}),
    "start": lambda step, target: ("poweron", {}),
    "power off": lambda step, target: ("poweroff", {}),
    "enable backups": lambda step, target: ("enable_backup", {}),
    "disable backups": lambda step, target: ("disable_backup", {}),
    "protect": _protection,
    "unprotect": _protection,
}
