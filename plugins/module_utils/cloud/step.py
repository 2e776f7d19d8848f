# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The next change to one resource, as data: plans name steps, an executor carries them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Call:
    """One change of an API: the operation's id and its arguments."""

    operation: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One change to one resource.

    ``resource`` is the name in results and errors. ``action`` names the change (``create``,
    ``attach network``) and ``detail`` tells steps with the same action apart. ``args`` are what the
    executor needs; a plan that knows the API calls names them in ``calls``, which are made in order,
    each after the one before has finished. ``timeout`` is the longest wait for the last call in
    seconds (default: the module's ``wait_timeout``). A step that only waits has ``changes=False``.
    """

    resource: str
    action: str
    detail: str = ""
    args: Mapping[str, Any] = field(default_factory=dict, compare=False)
    calls: tuple[Call, ...] = ()
    timeout: float | None = None
    changes: bool = True

    def __str__(self) -> str:
        return f"{self.action} {self.detail}".strip()
