# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Validate the options of exoscale_block_snapshot: the desired state of one snapshot of a volume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError


@dataclass(frozen=True)
class Spec:
    """The desired state of a snapshot. ``volume`` is an id; ``volume`` and ``labels`` are None when omitted.

    ``keep`` is how many snapshots of the series remain, this one included.
    """

    name: str
    state: str
    volume: str | None = None
    labels: dict[str, str] | None = None
    keep: int | None = None


def read_spec(params: Mapping[str, Any]) -> Spec:
    """The spec of a task, without its volume; raises ``ValidationError``."""
    if params["keep"] is not None and params["keep"] < 1:
        raise ValidationError(f"keep: {params['keep']} must be at least 1, the snapshot itself is one of them")
    labels = with_ownership(params["labels"]) if params["labels"] is not None else None
    return Spec(params["name"], params["state"], None, labels, params["keep"])
