# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ownership by label: resources without our label are never changed or deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.identity import ADVICE, LABEL

Item = TypeVar("Item")
KEY = "managed-by"
VALUE = "sovereign.vdc"
FLEET = "fleet"


def with_ownership(labels: Mapping[str, str] | None) -> dict[str, str]:
    """``labels`` with the ownership label; raises ``ValidationError`` when they name another owner."""
    labels = {key: str(value) for key, value in (labels or {}).items()}
    if labels.get(KEY, VALUE) != VALUE:
        raise ValidationError(f"labels: {KEY} is set by this collection to {VALUE!r}, leave {labels[KEY]!r} out")
    return {**labels, KEY: VALUE}


def is_ours(labels: Mapping[str, str] | None, fleet: str | None = None) -> bool:
    """Whether a resource with these labels may be changed, for ``fleet`` if one is given.

    Without a label of a fleet it belongs to none yet, and may join.
    """
    labels = labels or {}
    return labels.get(KEY) == VALUE and (not fleet or labels.get(FLEET, fleet) == fleet)


def refuse_foreign(kind: str, name: str, labels: Mapping[str, str] | None, fleet: str | None = None) -> None:
    """Raise ``ValidationError`` unless the resource is ours, and of no other fleet than ``fleet`` if one is given."""
    if is_ours(labels) and not is_ours(labels, fleet):
        raise ValidationError(
            f"fleet: {kind} {name!r} belongs to the fleet {(labels or {})[FLEET]!r}, not to {fleet!r}; choose another name"
        )
    if not is_ours(labels):
        raise ValidationError(
            f"{kind} {name!r} exists and is not ours (it lacks the label {KEY}={VALUE}): "
            f"choose another name, or set that label on it to hand it over"
        )


def refuse_other_tenant(
    kind: str, name: str, labels: Mapping[str, str] | None, desired: Mapping[str, str] | None
) -> None:
    """Raise ``ValidationError`` if the resource carries another tenant's mark than the ``desired`` labels.

    Labels that name no tenant are not compared. A mark that the resource lacks may be added.
    """
    labels, desired = labels or {}, desired or {}
    for key in (LABEL, "tenant"):
        if key in desired and labels.get(key, desired[key]) != desired[key]:
            raise ValidationError(
                f"{kind} {name!r} belongs to tenant {labels.get('tenant', '')!r} (label {key}={labels[key]}), not to "
                f"{desired.get('tenant', '')!r} (label {key}={desired[key]}), and is left as it is; {ADVICE.format(kind=kind)}"
            )


def find_owned(
    option: str,
    kind: str,
    wanted: str,
    candidates: Iterable[Item],
    advice: str = "give the id of one",
    attribute: Callable[[Any, str], Any] = dict.get,
    fleet: str | None = None,
) -> Item | None:
    """The one of ``candidates`` that is ours, None without any; they all match what ``option`` names.

    One of ours wins over foreign ones, and with ``fleet`` over those of other fleets. Raises ``ValidationError`` when several are ours, with
    ``advice`` on how to tell them apart, and when all are foreign. ``attribute`` reads ``id`` and
    ``labels`` of a candidate.
    """
    candidates = list(candidates)
    owned = [item for item in candidates if is_ours(attribute(item, "labels"), fleet)]
    if len(owned) > 1:
        ids = ", ".join(sorted(str(attribute(item, "id")) for item in owned))
        raise ValidationError(
            f"{option}: {wanted!r} is ambiguous: {len(owned)} {kind}s of this collection have that name ({ids}); {advice}"
        )
    if candidates and not owned:
        ours = [item for item in candidates if is_ours(attribute(item, "labels"))]
        refuse_foreign(kind, wanted, attribute((ours or candidates)[0], "labels"), fleet)
    return owned[0] if owned else None
