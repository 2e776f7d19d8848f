# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""We own only what we labelled; nothing else is ever changed or deleted."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

KEY = "managed-by"
VALUE = "sovereign.vdc"


def with_ownership(labels: Mapping[str, str] | None) -> dict[str, str]:
    """``labels`` plus ours; raises ``ValidationError`` when they claim another owner."""
    labels = {key: str(value) for key, value in (labels or {}).items()}
    if labels.get(KEY, VALUE) != VALUE:
        raise ValidationError(f"labels: {KEY} is set by this collection to {VALUE!r}, leave {labels[KEY]!r} out")
    return {**labels, KEY: VALUE}


def is_ours(labels: Mapping[str, str] | None) -> bool:
    """Whether a resource with these labels may be changed."""
    return (labels or {}).get(KEY) == VALUE


def refuse_foreign(kind: str, name: str, labels: Mapping[str, str] | None) -> None:
    """Raise ``ValidationError`` unless the resource is ours."""
    if not is_ours(labels):
        raise ValidationError(
            f"{kind} {name!r} exists and is not ours (it lacks the label {KEY}={VALUE}): "
            f"choose another name, or set that label on it to hand it over"
        )
