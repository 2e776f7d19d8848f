# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Servers as a diff shows them: names in place of ids, and only what can be known before."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.lookup import Catalog
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.server import (
    PRICE_HOURLY,
    PRICE_MONTHLY,
    PRICE_TYPE,
    RESUME,
    Attachment,
    Server,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers_target import Target

UNPREDICTABLE = (PRICE_TYPE, PRICE_HOURLY, PRICE_MONTHLY, RESUME)


class View:
    """Shows servers beside their wishes, so that both ends of a diff hold the same attributes."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def show(self, target: Target, server: Server, new: bool = False) -> dict[str, Any]:
        """One server; ``new`` adds what is given at creation and cannot be read back."""
        wish = target.wish
        shown: dict[str, Any] = {
            "server_type": server.server_type,
            "power": "on" if server.on else "off",
            "labels": {key: value for key, value in sorted(server.labels.items()) if key not in UNPREDICTABLE},
            "backups": server.backups,
            "delete_protection": server.delete_protection,
        }
        if len(wish.locations) == 1:
            shown["location"] = server.location
        if target.networks is not None:
            shown["networks"] = {
                self._catalog.name("network", id_): _place(place, target.networks.get(id_, Attachment()))
                for id_, place in sorted(server.networks.items())
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
            if wish.fingerprint:
                shown["user_data"] = wish.fingerprint
        return shown

    def _names(self, kind: str, ids: frozenset[int]) -> list[str]:
        return sorted(self._catalog.name(kind, id_) for id_ in ids)


def _place(place: Attachment, wish: Attachment) -> dict[str, Any]:
    """Addresses are shown where the task chooses them."""
    shown: dict[str, Any] = {}
    if wish.ip:
        shown["ip"] = place.ip
    if wish.alias_ips is not None:
        shown["alias_ips"] = sorted(place.alias_ips or ())
    return shown
