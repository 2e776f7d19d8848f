# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find the resources that a task refers to: one read per kind, and one sentence when one does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import Hetzner
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

# The kinds that a task names: their list in the API.
KINDS = {
    "firewall": "/firewalls",
    "network": "/networks",
    "placement group": "/placement_groups",
    "SSH key": "/ssh_keys",
    "volume": "/volumes",
}


def must_find(option: str, kind: str, wanted: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    """The one of ``items`` with this name or id; raises ``ValidationError`` for none and for two."""
    found = [item for item in items if item["name"] == wanted or str(item["id"]) == wanted]
    if len(found) == 1:
        return found[0]
    if not found:
        raise ValidationError(
            f"{option}: there is no {kind} {wanted!r}{hint(wanted, [item['name'] for item in items])}"
        )
    one, other = (f"{item['name']!r} (id {item['id']})" for item in found[:2])
    raise ValidationError(
        f"{option}: {wanted!r} is ambiguous, it means the {kind} {one} and {other}: rename one of them"
    )


def hint(wanted: str, names: Iterable[str | None]) -> str:
    """What would do instead, as the end of a sentence."""
    known = sorted({name for name in names if name})
    near = get_close_matches(wanted, known, n=3, cutoff=0.6)
    if near:
        return f"; did you mean {' or '.join(near)}?"
    if not known:
        return "; there is none at all in this project"
    return f"; there is {', '.join(known[:10])}{', …' if len(known) > 10 else ''}"


class Catalog:
    """Networks, firewalls and the like by name or id; each kind is read once, when first needed."""

    def __init__(self, client: Hetzner) -> None:
        self._client = client
        self._whole: dict[str, list[dict[str, Any]]] = {}

    def all(self, kind: str) -> list[dict[str, Any]]:
        """All of one of ``KINDS``."""
        if kind not in self._whole:
            self._whole[kind] = self._client.list(KINDS[kind])
        return self._whole[kind]

    def find(self, option: str, kind: str, wanted: Any) -> dict[str, Any]:
        """The one that is wanted; raises ``ValidationError``."""
        return must_find(option, kind, str(wanted), self.all(kind))

    def name(self, kind: str, id_: int) -> str:
        """The name of one that is attached to something."""
        return next((item["name"] for item in self.all(kind) if item["id"] == id_), str(id_))

    def image(self, wanted: str, architecture: str) -> dict[str, Any]:
        """The image of this name for an architecture, or of this id; raises ``ValidationError``."""
        key = f"image {wanted} {architecture}"
        if key not in self._whole:
            query = {"name": wanted, "architecture": architecture, "include_deprecated": "true"}
            found = self._client.list("/images", **query)
            if wanted.isdigit():
                by_id = self._client.find(f"/images/{wanted}")
                found += [by_id["image"]] if by_id else []
            self._whole[key] = found
        found = self._whole[key]
        if len(found) == 1:
            return found[0]
        if found:
            raise ValidationError(
                f"image: {wanted!r} is the name of one image and the id of another: give the other's name or id"
            )
        known = self._client.list("/images", type=["system", "app"], architecture=architecture)
        raise ValidationError(
            f"image: there is no image {wanted!r} for {architecture}{hint(wanted, [i['name'] for i in known])}"
        )
