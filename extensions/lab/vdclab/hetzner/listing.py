"""Lists: sorting and paging."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ..core.routing import Call, Reply
from .labels import invalid

T = TypeVar("T")

DEFAULT_PER_PAGE = 25
MAX_PER_PAGE = 50


def sort_items(
    items: Sequence[T], orders: list[str], fields: tuple[str, ...], value: Callable[[T, str], Any] = getattr
) -> list[T]:
    """``items`` sorted by ``orders`` of the form ``field[:asc|:desc]``, the first most significant;
    raises ``ApiError`` 422 for a field that is not one of ``fields``."""
    result = list(items)
    for order in reversed(orders):
        field, _, direction = order.partition(":")
        if direction not in ("", "asc", "desc") or field not in fields:
            raise invalid("sort", f"{order!r} is not a valid sort order")
        # ``None`` (an action's ``finished``) sorts before every value.
        keys = {id(item): value(item, field) for item in result}
        result.sort(key=lambda item: (keys[id(item)] is not None, keys[id(item)] or 0), reverse=direction == "desc")
    return result


def page(call: Call, key: str, items: Sequence[T], render: Callable[[T], Any], largest: int = MAX_PER_PAGE) -> Reply:
    """One page of ``items``; raises ``ApiError`` 422 unless page number and size are above 0."""
    number = _number(call, "page", 1)
    size = min(_number(call, "per_page", DEFAULT_PER_PAGE), largest)
    last = max(1, -(-len(items) // size))
    start = (number - 1) * size
    pagination = {
        "page": number,
        "per_page": size,
        "previous_page": number - 1 if number > 1 else None,
        "next_page": number + 1 if number < last else None,
        "last_page": last,
        "total_entries": len(items),
    }
    body = {key: [render(item) for item in items[start : start + size]], "meta": {"pagination": pagination}}
    return Reply(200, body)


def _number(call: Call, name: str, default: int) -> int:
    text = call.one(name)
    if text is None:
        return default
    if not text.isdigit() or int(text) < 1:
        raise invalid(name, f"{text!r} must be a number above 0")
    return int(text)
