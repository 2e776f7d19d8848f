# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ownership of resources without labels: a marker at the end of the description.

Users neither write nor see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.kind import Field
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import KEY, VALUE
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

MARKER = f"[{KEY}={VALUE}]"
LENGTH = 255  # characters that Exoscale keeps of a description


def marked(description: str | None) -> str:
    """``description`` with the marker; raises ``ValidationError`` if that is too long."""
    text = (description or "").strip()
    room = LENGTH - len(MARKER) - 1
    if len(text) > room:
        raise ValidationError(
            f"description: it has {len(text)} characters, at most {room} fit beside the ownership marker"
        )
    return f"{text} {MARKER}".strip()


def unmarked(description: str | None) -> str:
    """``description`` as users wrote it."""
    return (description or "").replace(MARKER, "").strip()


def refuse_unmarked(word: str, item: Mapping[str, Any]) -> None:
    """Raise ``ValidationError`` unless ``item`` is ours; ``word`` names its kind."""
    if MARKER not in (item.get("description") or ""):
        raise ValidationError(
            f"{word} {item.get('name')!r} exists and is not ours (its description lacks {MARKER}): "
            f"choose another name, or delete it so that it is created again"
        )


# The description of resources that Exoscale cannot change after their creation.
DESCRIPTION = Field("description", "description", normal=unmarked, write=marked, fixed=True, initial="")
