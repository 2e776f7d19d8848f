# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Evaluate plain variable names without Jinja, which takes some 50 microseconds per host and expression."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
ABSENT = object()
# Jinja reads a.items as the method of the dict before it looks for a key of that name.
METHODS = frozenset(dir(dict))


def value_of(expression: Any, variables: Mapping[str, Any]) -> Any:
    """The value of ``name`` or ``name.key.key``; ``ABSENT`` for expressions that need Jinja."""
    path = _path(expression) if isinstance(expression, str) else None
    if path is None:
        return ABSENT
    value: Any = variables
    for part in path:
        if not isinstance(value, Mapping) or part not in value:
            return ABSENT
        value = value[part]
    return value


@lru_cache(maxsize=256)
def _path(expression: str) -> tuple[str, ...] | None:
    if not PATH.fullmatch(expression):
        return None
    path = tuple(expression.split("."))
    return None if METHODS.intersection(path) else path
