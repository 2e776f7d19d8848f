# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Predict what each step makes of a server.

Check mode applies a whole plan with these functions, and a real run does so before its first
change: so what must be rejected is rejected before anything is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.plan import next_step, price_labels
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.resolve import Target
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.state import (
    RESUME,
    Attachment,
    Server,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Step

MAX_STEPS = 200  # more than any plan needs, with fifty networks and volumes
STATUS_AFTER_WAIT = {"stopping": "off", "off": "off", "deleting": None}


def predict(target: Target, server: Server | None) -> tuple[Server | None, list[Step]]:
    """The server after the whole plan, and the steps of the plan; raises ``ValidationError``."""
    steps: list[Step] = []
    while step := next_step(target, server):
        steps.append(step)
        server = apply_step(step, target, server)
        if len(steps) > MAX_STEPS:
            raise AssertionError(f"the plan for {target.name} does not end: {steps[-3:]}")
    return server, steps


def apply_step(step: Step, target: Target, server: Server | None) -> Server | None:
    """The server after one step."""
    if server is None:
        return created(target)
    return EFFECTS[step.action](step, target, server)


def first_networks(target: Target) -> list[int]:
    """The networks that a server is created in; networks where the task chooses an address are attached later."""
    return [id_ for id_, attachment in (target.networks or {}).items() if attachment == Attachment()]


def first_labels(target: Target, location: str) -> dict[str, str]:
    """The labels that a server is created with."""
    spec = target.spec
    found = with_ownership(spec.labels)
    if spec.fleet:
        found["fleet"] = spec.fleet
    if spec.state == "present" and not spec.start_at_creation:
        found[RESUME] = "start"
    return found | price_labels(target.kind, location)


def created(target: Target) -> Server:
    """A new server, as far as it is known before its creation."""
    kind = dict(target.kind or {})
    location = target.locations[0] if target.locations else ""
    return Server(
        id=None,
        name=target.name,
        status="running" if target.spec.start_at_creation else "off",
        server_type=kind["name"],
        location=location,
        image=(target.image or {}).get("name"),
        disk=kind["disk"],
        labels=first_labels(target, location),
        networks={id_: Attachment(None, frozenset()) for id_ in first_networks(target)},
        firewalls=target.firewalls or frozenset(),
        volumes=target.volumes or frozenset(),
        placement_group=target.placement_group or None,
        kind=kind,
    )


def _settle(step: Step, target: Target, server: Server) -> Server | None:
    status = STATUS_AFTER_WAIT.get(server.status, "running")
    return replace(server, status=status, locked=False) if status else None


def _rescale(step: Step, target: Target, server: Server) -> Server:
    kind = dict(target.kind or {})
    disk = kind["disk"] if step.args["upgrade_disk"] else server.disk
    # The provider starts it again by itself.
    return replace(server, server_type=kind["name"], kind=kind, disk=disk, status="running")


def _attach(step: Step, target: Target, server: Server) -> Server:
    wanted: Attachment = step.args["attachment"]
    attachment = Attachment(wanted.ip, wanted.alias_ips or frozenset())
    return replace(server, networks={**server.networks, step.args["network"]: attachment})


def _detach(step: Step, target: Target, server: Server) -> Server:
    remaining = {id_: kept for id_, kept in server.networks.items() if id_ != step.args["network"]}
    return replace(server, networks=remaining)


EFFECTS: dict[str, Callable[[Step, Target, Server], Server | None]] = {
    "settle": _settle,
    "delete": lambda step, target, server: None,
    "update": lambda step, target, server: replace(server, name=target.name, labels=step.args["labels"]),
    "rescale": _rescale,
    "join placement group": lambda step, target, server: replace(server, placement_group=step.args["group"]),
    "leave placement group": lambda step, target, server: replace(server, placement_group=None),
    "attach network": _attach,
    "change alias IPs": _attach,
    "detach network": _detach,
    "apply firewall": lambda step, target, server: replace(
        server, firewalls=server.firewalls | {step.args["firewall"]}
    ),
    "remove firewall": lambda step, target, server: replace(
        server, firewalls=server.firewalls - {step.args["firewall"]}
    ),
    "attach volume": lambda step, target, server: replace(server, volumes=server.volumes | {step.args["volume"]}),
    "detach volume": lambda step, target, server: replace(server, volumes=server.volumes - {step.args["volume"]}),
    "start": lambda step, target, server: replace(server, status="running"),
    "shut down": lambda step, target, server: replace(server, status="off"),
    "power off": lambda step, target, server: replace(server, status="off"),
    "enable backups": lambda step, target, server: replace(server, backups=True),
    "disable backups": lambda step, target, server: replace(server, backups=False),
    "protect": lambda step, target, server: replace(server, delete_protection=True),
    "unprotect": lambda step, target, server: replace(server, delete_protection=False),
}
