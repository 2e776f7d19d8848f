# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run a function on many items concurrently, and return the outcome of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass
class Outcome(Generic[Item, Result]):
    """The outcome of one call: its ``result``, or the ``error`` that it raised."""

    item: Item
    result: Result | None = None
    error: CloudError | None = None


def each(run: Callable[[Item], Result], items: Iterable[Item], width: int = 16) -> list[Outcome[Item, Result]]:
    """Call ``run`` with every item, ``width`` at a time; returns the outcomes in the order of ``items``.

    A ``CloudError`` (``AmbiguousResultError`` included) becomes the item's outcome; any other exception
    is a bug and is raised.
    """

    def attempt(item: Item) -> Outcome[Item, Result]:
        try:
            return Outcome(item, result=run(item))
        except CloudError as error:
            return Outcome(item, error=error)

    items = list(items)
    if len(items) <= 1:
        return [attempt(item) for item in items]
    with ThreadPoolExecutor(max_workers=min(width, len(items))) as pool:
        return list(pool.map(attempt, items))
