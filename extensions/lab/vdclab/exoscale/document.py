"""Exoscale's own OpenAPI document, from the installed client package; the lab has no copy of it."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..core.contract import Contract
from .invariants import tighten
from .overlay import patch


@cache
def document() -> dict[str, Any]:
    """The document as published; raises ``RuntimeError`` without the ``exoscale`` package."""
    package = find_spec("exoscale")
    if package is None or package.origin is None:
        raise RuntimeError(
            "the Python package exoscale is not installed: the lab reads the API's document from it; run `make setup`"
        )
    return json.loads((Path(package.origin).parent / "openapi.json").read_text())


@cache
def contract() -> Contract:
    """The validators of the patched document; all zones of a process share them, because each is
    compiled at its first use."""
    return Contract(tighten(patch(json.loads(json.dumps(document())))))


@cache
def operations() -> tuple[tuple[str, str, str], ...]:
    """Method, path template and operation id of every operation."""
    return tuple(
        (method.upper(), path, operation["operationId"])
        for path, item in document()["paths"].items()
        for method, operation in item.items()
    )
