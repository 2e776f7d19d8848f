# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find one resource by name or id. Exoscale allows equal names, which are rejected as ambiguous."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

# Visible in every zone; all others belong to the zone of the endpoint.
ACCOUNT_WIDE = frozenset({"SSH key", "security group", "anti-affinity group"})
SHOWN = 8


def find(kind: str, wanted: str, items: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The item whose id or name is ``wanted``, None without one; ``ValidationError`` when several have the name.

    ``kind`` is the word for messages (``security group``). An id wins over a name.
    """
    named = []
    for item in items:
        if item.get("id") == wanted:
            return item
        if item.get("name") == wanted:
            named.append(item)
    if len(named) > 1:
        ids = ", ".join(sorted(str(item.get("id")) for item in named))
        raise ValidationError(
            f"{kind} {wanted!r} is ambiguous: {len(named)} have that name ({ids}); give the id of one"
        )
    return named[0] if named else None


def must_find(kind: str, wanted: str, items: Iterable[dict[str, Any]], zone: str, option: str = "") -> dict[str, Any]:
    """As ``find``, but ``ValidationError`` when there is none; ``option`` is named in the message."""
    items = list(items)
    item = find(kind, wanted, items)
    if item is None:
        where = "in this account" if kind in ACCOUNT_WIDE else f"in zone {zone}"
        names = sorted({str(i["name"]) for i in items if i.get("name")})
        known = ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
        raise ValidationError(
            f"{option + ': ' if option else ''}{kind} {wanted!r} does not exist {where}; "
            + (f"there is {known}" if known else "there is none at all")
        )
    return item
