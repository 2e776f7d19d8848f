"""How models show themselves: ``view`` is the answer of a get, a reference only its id."""

from __future__ import annotations

from typing import Any

View = dict[str, Any]


def refs(identifiers: Any) -> list[View]:
    """A list of references by id."""
    return [{"id": identifier} for identifier in identifiers]


def without_none(view: View) -> View:
    """``view`` without fields that are ``None``: the API leaves them out."""
    return {key: value for key, value in view.items() if value is not None}
