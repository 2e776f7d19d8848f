# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Validate the options of hetzner_servers: the desired state of each server, before any API call."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.labels import check, check_value
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.state import OURS, Attachment
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

HOSTNAME = re.compile(r"(?!-)[a-zA-Z0-9-]{1,63}(?<!-)(\.(?!-)[a-zA-Z0-9-]{1,63}(?<!-))*")
USER_DATA_LIMIT = 32 * 1024  # bytes


@dataclass(frozen=True)
class Spec:
    """The desired state of one server. ``None`` does not change an attribute (at creation: the provider's
    default). References are names or ids as the task gives them."""

    name: str
    id: int | None = None
    state: str = "present"
    server_type: str | None = None
    image: str | None = None
    locations: tuple[str, ...] = ()
    ssh_keys: tuple[str, ...] = ()
    networks: Mapping[str, Attachment] | None = None
    firewalls: tuple[str, ...] | None = None
    volumes: tuple[str, ...] | None = None
    automount: bool | None = None
    placement_group: str | None = None
    user_data: str | None = field(default=None, repr=False)
    labels: Mapping[str, str] | None = None
    fleet: str | None = None
    enable_ipv4: bool = True
    enable_ipv6: bool = True
    primary_ipv4: int | None = None
    primary_ipv6: int | None = None
    backups: bool | None = None
    delete_protection: bool | None = None
    upgrade_disk: bool = False
    shutdown_timeout: float = 60.0
    force_poweroff: bool = True
    allow_restart: bool = False

    @property
    def fingerprint(self) -> str | None:
        """The start of a hash of the user data, which may hold secrets and is never shown itself."""
        if not self.user_data:
            return None
        return "sha256:" + hashlib.sha256(self.user_data.encode()).hexdigest()[:12]

    @property
    def start_at_creation(self) -> bool:
        """Whether it boots at creation: with chosen private addresses it is attached to its networks first."""
        return self.state != "stopped" and not self.addresses_chosen

    @property
    def addresses_chosen(self) -> bool:
        """Whether the task chooses the server's private addresses."""
        return any(attachment != Attachment() for attachment in (self.networks or {}).values())


def read_specs(params: Mapping[str, Any]) -> list[Spec]:
    """The spec of every listed server; raises ``ValidationError`` for options that are wrong or contradict each other."""
    if params["exact"] and not params["fleet"]:
        raise ValidationError(
            "exact: true removes members of a fleet that are not listed, so it needs the option fleet"
        )
    if not params["servers"] and not params["exact"]:
        raise ValidationError(
            "servers: list at least one server, or give fleet and exact: true to remove a whole fleet"
        )
    found = [_spec({**params, **_given(entry)}, params, entry) for entry in params["servers"]]
    for attribute in ("name", "id"):
        values = [value for spec in found if (value := getattr(spec, attribute))]
        for value in values:
            if values.count(value) > 1:
                raise ValidationError(
                    f"servers: {attribute} {value!r} is listed {values.count(value)} times, list it once"
                )
    volumes = [volume for spec in found for volume in spec.volumes or ()]
    for volume in volumes:
        if volumes.count(volume) > 1:
            raise ValidationError(
                f"volumes: {volume!r} is wanted by {volumes.count(volume)} servers, it can be attached to one"
            )
    return found


def _spec(options: Mapping[str, Any], common: Mapping[str, Any], entry: Mapping[str, Any]) -> Spec:
    name, id_ = options.get("name"), options.get("id")
    if not name and not id_:
        raise ValidationError("servers: each entry needs a name, or the id of an existing server")
    if name and (not HOSTNAME.fullmatch(name) or len(name) > 253):
        raise ValidationError(f"name: {name!r} is not a hostname; use letters, digits, dashes and dots")
    user_data = options["user_data"]
    if user_data and len(user_data.encode()) > USER_DATA_LIMIT:
        raise ValidationError(
            f"user_data: {len(user_data.encode())} bytes are too many, the provider takes {USER_DATA_LIMIT}"
        )
    if options["shutdown_timeout"] < 0:
        raise ValidationError(f"shutdown_timeout: {options['shutdown_timeout']:g} must be 0 seconds or more")
    locations = [options["location"], *(options["fallback_locations"] or [])]
    if locations[1:] and not locations[0]:
        raise ValidationError("fallback_locations: they are tried after location, so give location too")
    return Spec(
        name=name or "",
        id=id_,
        state=options["state"],
        server_type=options["server_type"],
        image=options["image"],
        locations=tuple(dict.fromkeys(location for location in locations if location)),
        ssh_keys=tuple(options["ssh_keys"] or ()),
        networks=_networks(options["networks"]),
        firewalls=_tuple(options["firewalls"]),
        volumes=_tuple(options.get("volumes")),
        automount=options["automount"],
        placement_group=options["placement_group"],
        user_data=user_data,
        labels=_labels(common["labels"], entry.get("labels"), common["fleet"]),
        fleet=common["fleet"],
        enable_ipv4=options["enable_ipv4"],
        enable_ipv6=options["enable_ipv6"],
        primary_ipv4=options.get("primary_ipv4"),
        primary_ipv6=options.get("primary_ipv6"),
        backups=options["backups"],
        delete_protection=options["delete_protection"],
        upgrade_disk=options["upgrade_disk"],
        shutdown_timeout=options["shutdown_timeout"],
        force_poweroff=options["force_poweroff"],
        allow_restart=options["allow_restart"],
    )


def _labels(
    common: Mapping[str, Any] | None, own: Mapping[str, Any] | None, fleet: str | None
) -> dict[str, str] | None:
    """The server's own labels over the common ones; ``None`` if the task gives neither."""
    if fleet is not None:
        check_value("fleet", fleet)
    if common is None and own is None:
        return None
    return check({**(common or {}), **(own or {})}, OURS)


def _networks(entries: list[Any] | None) -> dict[str, Attachment] | None:
    if entries is None:
        return None
    found: dict[str, Attachment] = {}
    for entry in entries:
        name, attachment = _network(entry)
        if name in found:
            raise ValidationError(f"networks: {name!r} is listed twice, list it once")
        found[name] = attachment
    return found


def _network(entry: Any) -> tuple[str, Attachment]:
    if not isinstance(entry, Mapping):
        return str(entry), Attachment()
    unknown = sorted(set(entry) - {"name", "ip", "alias_ips"})
    if unknown or not entry.get("name"):
        raise ValidationError(
            f"networks: {dict(entry)!r} must be a name, an id, or a dictionary of name, ip and alias_ips"
        )
    aliases = entry.get("alias_ips")
    for address in [entry.get("ip"), *(aliases or [])]:
        try:
            ipaddress.IPv4Address(address or "10.0.0.1")
        except ValueError:
            raise ValidationError(f"networks: {address!r} is not an IPv4 address") from None
    return str(entry["name"]), Attachment(entry.get("ip"), None if aliases is None else frozenset(aliases))


def _tuple(values: list[Any] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(dict.fromkeys(str(value) for value in values))


def _given(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value is not None}
