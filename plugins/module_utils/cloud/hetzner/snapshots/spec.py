# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Validate the options of hetzner_snapshot: the desired state of one snapshot of a server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.labels import check, check_value
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

NAME, SERVER, SERIES = "snapshot", "server", "series"
OWN_LABELS = (NAME, SERVER, SERIES)


@dataclass(frozen=True)
class Spec:
    """The desired state of a snapshot; ``None`` does not change an attribute of an existing one.

    ``keep`` is how many snapshots of ``series`` remain, this one included.
    """

    name: str
    server: str
    state: str = "present"
    series: str | None = None
    keep: int | None = None
    description: str | None = None
    labels: Mapping[str, str] | None = None
    delete_protection: bool | None = None


def read_spec(params: Mapping[str, Any]) -> Spec:
    """The spec of a task; raises ``ValidationError``."""
    if params["keep"] is not None and not params["series"]:
        raise ValidationError("keep: it counts the snapshots of a series, so it needs the option series")
    if params["keep"] is not None and params["keep"] < 1:
        raise ValidationError(f"keep: {params['keep']} must be 1 or more; state: absent deletes a snapshot")
    if params["series"] is not None:
        check_value("series", params["series"])
    return Spec(
        name=check_value("name", params["name"]),
        server=params["server"],
        state=params["state"],
        series=params["series"],
        keep=params["keep"],
        description=params["description"],
        labels=None if params["labels"] is None else check(params["labels"], OWN_LABELS),
        delete_protection=params["delete_protection"],
    )
