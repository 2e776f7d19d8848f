# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Show servers: the return value, and the diff with names in place of ids and what is predictable."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.lookup import Catalog
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.resolve import Target
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.state import (
    PRICE_HOURLY,
    PRICE_MONTHLY,
    PRICE_TYPE,
    RESUME,
    Attachment,
    Server,
)

UNPREDICTABLE_LABELS = (PRICE_TYPE, PRICE_HOURLY, PRICE_MONTHLY, RESUME)


class View:
    """Shows servers for a diff: with the attributes that the spec sets, so that both sides have the same keys."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def show(self, target: Target, server: Server, new: bool = False) -> dict[str, Any]:
        """One server; ``new`` adds what is given at creation and cannot be read back."""
        spec = target.spec
        shown: dict[str, Any] = {
            "server_type": server.server_type,
            "power": "on" if server.on else "off",
            "labels": {key: value for key, value in sorted(server.labels.items()) if key not in UNPREDICTABLE_LABELS},
            "backups": server.backups,
            "delete_protection": server.delete_protection,
        }
        if len(spec.locations) == 1:
            shown["location"] = server.location
        if target.networks is not None:
            shown["networks"] = {
                self._catalog.name("network", id_): _addresses(attachment, target.networks.get(id_, Attachment()))
                for id_, attachment in sorted(server.networks.items())
            }
        if target.firewalls is not None:
            shown["firewalls"] = self._names("firewall", server.firewalls)
        if target.volumes is not None:
            shown["volumes"] = self._names("volume", server.volumes)
        if target.placement_group is not None:
            group = server.placement_group
            shown["placement_group"] = self._catalog.name("placement group", group) if group else None
        if new:
            shown["image"] = server.image
            shown["ssh_keys"] = self._names("SSH key", frozenset(target.ssh_keys))
            if spec.fingerprint:
                shown["user_data"] = spec.fingerprint
        return shown

    def _names(self, kind: str, ids: frozenset[int]) -> list[str]:
        return sorted(self._catalog.name(kind, id_) for id_ in ids)


def _addresses(attachment: Attachment, spec: Attachment) -> dict[str, Any]:
    """Addresses are shown where the task chooses them."""
    shown: dict[str, Any] = {}
    if spec.ip:
        shown["ip"] = attachment.ip
    if spec.alias_ips is not None:
        shown["alias_ips"] = sorted(attachment.alias_ips or ())
    return shown


def as_result(server: Server) -> dict[str, Any]:
    """A server as ``hetzner_servers`` returns it; what the provider assigns is null in check mode."""
    public = server.raw.get("public_net") or {}
    ipv4, ipv6 = public.get("ipv4") or {}, public.get("ipv6") or {}
    return {
        "id": server.id,
        "name": server.name,
        "status": server.status,
        "server_type": server.server_type,
        "location": server.location or None,
        "image": server.image,
        "labels": dict(server.labels),
        "ipv4": ipv4.get("ip"),
        "ipv6": ipv6.get("ip"),
        "private_networks": [
            {"network": id_, "ip": attachment.ip, "alias_ips": sorted(attachment.alias_ips or ())}
            for id_, attachment in sorted(server.networks.items())
        ],
        "firewalls": sorted(server.firewalls),
        "volumes": sorted(server.volumes),
        "placement_group": server.placement_group,
        "backups": server.backups,
        "delete_protection": server.delete_protection,
        "disk_gb": server.disk,
        "created": server.raw.get("created"),
        "price_hourly": server.labels.get(PRICE_HOURLY),
        "price_monthly": server.labels.get(PRICE_MONTHLY),
    }
