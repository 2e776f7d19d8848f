"""Labels and the label-selector grammar, as the vendor's document describes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..core.errors import ApiError

NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
PREFIX = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
KEY = re.compile(rf"(?:(?P<prefix>{PREFIX})/)?{NAME}")
VALUE = re.compile(rf"(?:{NAME})?")
RESERVED = "hetzner.cloud"

_SET = re.compile(r"(?P<key>\S+)\s+(?P<word>in|notin)\s*\((?P<values>[^()]*)\)")
_EQUAL = re.compile(r"(?P<key>[^=!\s]+)\s*(?P<sign>==|!=|=)\s*(?P<value>[^=!\s]*)")


def check_labels(labels: Any) -> dict[str, str]:
    """A copy of ``labels``; raises ``ApiError`` 422 for the first invalid one."""
    if not isinstance(labels, dict):
        raise invalid("labels", "must be an object")
    for key, value in labels.items():
        found = KEY.fullmatch(key)
        if not found or len(found["prefix"] or "") > 253:
            raise invalid("labels", f"label key {key!r} is not valid")
        if found["prefix"] == RESERVED:
            raise invalid("labels", f"label key {key!r} uses the reserved prefix {RESERVED}/")
        if not isinstance(value, str) or not VALUE.fullmatch(value):
            raise invalid("labels", f"label value {value!r} of {key!r} is not valid")
    return dict(labels)


def invalid(field: str, message: str) -> ApiError:
    """The vendor's 422 for one invalid field."""
    return ApiError(
        422,
        "invalid_input",
        f"invalid input in field '{field}': {message}",
        {"fields": [{"name": field, "messages": [message]}]},
    )


@dataclass(frozen=True)
class Selector:
    """A compiled label selector. ``pinned`` is one of its ``key=value`` terms, if there is any:
    stores look it up in their index."""

    text: str
    terms: tuple[Callable[[dict[str, str]], bool], ...]
    pinned: tuple[str, str] | None

    def matches(self, labels: dict[str, str]) -> bool:
        """Whether every term holds for ``labels``."""
        return all(term(labels) for term in self.terms)


@lru_cache(maxsize=1000)
def parse_selector(text: str) -> Selector:
    """Compile a label selector; raises ``ApiError`` 422."""
    terms, pinned = [], None
    for part in _split(text):
        test, equal = _term(part)
        terms.append(test)
        pinned = pinned or equal
    return Selector(text, tuple(terms), pinned)


def _split(text: str) -> list[str]:
    """Split at the commas that are outside parentheses."""
    parts = [part.strip() for part in re.split(r",(?![^(]*\))", text)]
    if any(not part for part in parts):
        raise invalid("label_selector", f"{text!r} has an empty term")
    return parts


def _term(part: str) -> tuple[Callable[[dict[str, str]], bool], tuple[str, str] | None]:
    found = _SET.fullmatch(part)
    if found:
        key = _key(found["key"])
        values = frozenset(_value(value.strip()) for value in found["values"].split(","))
        if found["word"] == "in":
            return lambda labels: labels.get(key) in values, None
        # As in Kubernetes, whose grammar this is: labels without the key match "notin", too.
        return lambda labels: labels.get(key) not in values, None
    found = _EQUAL.fullmatch(part)
    if found:
        key, value = _key(found["key"]), _value(found["value"])
        if found["sign"] == "!=":
            return lambda labels: labels.get(key) != value, None
        return lambda labels: labels.get(key) == value, (key, value)
    if part.startswith("!"):
        key = _key(part[1:].strip())
        return lambda labels: key not in labels, None
    key = _key(part)
    return lambda labels: key in labels, None


def _key(text: str) -> str:
    if not KEY.fullmatch(text):
        raise invalid("label_selector", f"{text!r} is not a valid label key")
    return text


def _value(text: str) -> str:
    if not VALUE.fullmatch(text):
        raise invalid("label_selector", f"{text!r} is not a valid label value")
    return text
