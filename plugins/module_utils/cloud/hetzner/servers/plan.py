# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plan the next step of one server toward its spec. Pure: no API call, no clock."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.server_types import price
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.resolve import Target
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.state import (
    FLEET,
    OURS,
    PRICE_HOURLY,
    PRICE_MONTHLY,
    PRICE_TYPE,
    RESUME,
    SETTLED,
    Attachment,
    Server,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import (
    refuse_foreign,
    refuse_other_tenant,
    with_ownership,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Step
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, ValidationError


def next_step(target: Target, server: Server | None, asked_to_stop: bool = False) -> Step | None:
    """The next step, or ``None`` when the server has its desired state.

    ``asked_to_stop`` says that it was asked to shut down before in this run. Raises ``ValidationError``
    where a confirmation is missing, ``CloudError`` where the server did not shut down.
    """
    spec = target.spec
    if server is None:
        return None if spec.state == "absent" else Step(target.name, "create")
    refuse_foreign("server", server.name, server.labels)
    refuse_other_tenant("server", server.name, server.labels, spec.labels)
    if server.locked or server.status not in SETTLED:
        return Step(target.name, "settle")
    if spec.state == "absent":
        return _removal(target, server, asked_to_stop)
    return (
        _description(target, server)
        or _shape(target, server, asked_to_stop)
        or _networks(target, server)
        or _firewalls(target, server)
        or _volumes(target, server)
        or _power(target, server, asked_to_stop)
        or _safety(target, server)
    )


def labels(target: Target, server: Server) -> dict[str, str]:
    """The labels that the server is to have now."""
    own = target.spec.labels
    if own is None:
        own = {key: value for key, value in server.labels.items() if key not in OURS}
    found = with_ownership(own)
    fleet = target.spec.fleet or server.labels.get(FLEET)
    if fleet:
        found[FLEET] = fleet
    found |= _price_labels(server)
    if _to_be_resumed(target, server):
        found[RESUME] = "start"
    return found


def price_labels(kind: Any, location: str) -> dict[str, str]:
    """The price of a server created or rescaled today, as labels."""
    listed = price(kind, location)
    if not listed:
        return {}
    return {PRICE_TYPE: kind["name"], PRICE_HOURLY: listed["hourly"], PRICE_MONTHLY: listed["monthly"]}


def _price_labels(server: Server) -> dict[str, str]:
    """The recorded price; today's if the server was rescaled since; none if none was recorded."""
    recorded = {key: server.labels[key] for key in (PRICE_TYPE, PRICE_HOURLY, PRICE_MONTHLY) if key in server.labels}
    if not recorded or recorded.get(PRICE_TYPE) == server.server_type:
        return recorded
    return price_labels(server.kind, server.location)


def _to_be_resumed(target: Target, server: Server) -> bool:
    """Whether the resume label is needed, which makes the next run start the server if this one dies."""
    if target.spec.state != "present":
        return False
    if server.on:
        return _needs_stop(target, server)
    return RESUME in server.labels


def _needs_stop(target: Target, server: Server) -> bool:
    return (target.kind is not None and target.kind["name"] != server.server_type) or _group_differs(target, server)


def _group_differs(target: Target, server: Server) -> bool:
    return target.placement_group is not None and target.placement_group != (server.placement_group or 0)


def _removal(target: Target, server: Server, asked_to_stop: bool) -> Step:
    if server.delete_protection:
        if target.spec.delete_protection is not False:
            raise ValidationError(
                f"delete_protection: server {server.name!r} is protected against deletion; "
                f"set delete_protection: false to delete it"
            )
        return Step(target.name, "unprotect")
    # A deletion powers the server off: one with volumes is shut down first, so that it can write to them.
    if server.volumes and server.on:
        return _stop(target, server, asked_to_stop)
    return Step(target.name, "delete")


def _description(target: Target, server: Server) -> Step | None:
    wanted = labels(target, server)
    if wanted == server.labels and server.name == target.name:
        return None
    if _needs_stop(target, server) and server.on:
        _refuse_restart(target, server)
    return Step(target.name, "update", "before a restart" if RESUME in wanted else "", {"labels": wanted})


def _refuse_restart(target: Target, server: Server) -> None:
    if target.spec.allow_restart or target.spec.state == "stopped":
        return
    change = "placement_group"
    if target.kind is not None and target.kind["name"] != server.server_type:
        change = f"server_type ({server.server_type} to {target.kind['name']})"
    raise ValidationError(
        f"allow_restart: {server.name!r} must be stopped to change its {change}; allow_restart: true confirms"
    )


def _shape(target: Target, server: Server, asked_to_stop: bool) -> Step | None:
    if not _needs_stop(target, server):
        return None
    if server.on:
        _refuse_restart(target, server)
        return _stop(target, server, asked_to_stop)
    if target.kind is not None and target.kind["name"] != server.server_type:
        return Step(target.name, "rescale", f"to {target.kind['name']}", {"upgrade_disk": target.spec.upgrade_disk})
    if server.placement_group:
        return Step(target.name, "leave placement group", str(server.placement_group))
    return Step(target.name, "join placement group", str(target.placement_group), {"group": target.placement_group})


def _networks(target: Target, server: Server) -> Step | None:
    if target.networks is None:
        return None
    for id_, there in server.networks.items():
        if id_ not in target.networks or not there.fits(target.networks[id_]):
            return Step(target.name, "detach network", str(id_), {"network": id_})
    for id_, wanted in target.networks.items():
        current = server.networks.get(id_)
        if current is None:
            return Step(target.name, "attach network", str(id_), {"network": id_, "attachment": wanted})
        if wanted.alias_ips is not None and wanted.alias_ips != current.alias_ips:
            return Step(
                target.name,
                "change alias IPs",
                str(id_),
                {"network": id_, "attachment": Attachment(current.ip, wanted.alias_ips)},
            )
    return None


def _firewalls(target: Target, server: Server) -> Step | None:
    if target.firewalls is None:
        return None
    for id_ in sorted(target.firewalls - server.firewalls):
        return Step(target.name, "apply firewall", str(id_), {"firewall": id_})
    for id_ in sorted(server.firewalls - target.firewalls):
        return Step(target.name, "remove firewall", str(id_), {"firewall": id_})
    return None


def _volumes(target: Target, server: Server) -> Step | None:
    if target.volumes is None:
        return None
    for id_ in sorted(server.volumes - target.volumes):
        return Step(target.name, "detach volume", str(id_), {"volume": id_})
    for id_ in sorted(target.volumes - server.volumes):
        return Step(target.name, "attach volume", str(id_), {"volume": id_})
    return None


def _power(target: Target, server: Server, asked_to_stop: bool) -> Step | None:
    state = target.spec.state
    if state == "stopped":
        return _stop(target, server, asked_to_stop) if server.on else None
    if not server.on and (state == "started" or RESUME in server.labels):
        return Step(target.name, "start")
    return None


def _stop(target: Target, server: Server, asked_to_stop: bool) -> Step:
    spec = target.spec
    if spec.shutdown_timeout > 0 and not asked_to_stop:
        return Step(target.name, "shut down")
    if not spec.force_poweroff:
        raise CloudError(
            f"it did not shut down within {spec.shutdown_timeout:g} seconds; force_poweroff: true would power it off",
            code="shutdown_timeout",
        )
    return Step(target.name, "power off")


def _safety(target: Target, server: Server) -> Step | None:
    spec = target.spec
    if spec.backups is not None and spec.backups != server.backups:
        return Step(target.name, "enable backups" if spec.backups else "disable backups")
    if spec.delete_protection is not None and spec.delete_protection != server.delete_protection:
        return Step(target.name, "protect" if spec.delete_protection else "unprotect")
    return None
