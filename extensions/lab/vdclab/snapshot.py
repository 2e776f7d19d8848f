"""A lab's state at one moment, to be put back: for tests that begin at the same place many times."""

from __future__ import annotations

import copy
import itertools
import random
from collections import deque
from typing import Any

from .core.contract import Contract
from .core.routing import Router
from .http.s3 import S3

# What has no state that a call could change; connections and threads are beyond this package's own objects.
FIXED = (Contract, Router, S3)
COUNT = type(itertools.count())


class Snapshot:
    """The contents of every object of this package, and of every container, that can be reached from ``root``.

    Objects are put back in place, so that whoever holds one (a closure, a bound method, a lookup) holds the right one
    afterwards, too. The lab must serve no call while one is taken or put back.
    """

    def __init__(self, root: Any) -> None:
        self._contents: list[tuple[Any, Any]] = []
        seen: set[int] = set()
        pending = [root]
        while pending:
            thing = pending.pop()
            if id(thing) in seen:
                continue
            seen.add(id(thing))
            pending += self._remember(thing)

    def restore(self) -> None:
        """Give every object the contents that it had."""
        for thing, contents in self._contents:
            if isinstance(thing, random.Random):
                thing.setstate(contents)
            elif isinstance(thing, (list, deque)):
                thing.clear()
                thing.extend(contents)
            elif isinstance(thing, (dict, set)):
                thing.clear()
                # A number that counts up cannot go back; another takes its place.
                thing.update(
                    {key: copy.copy(value) if isinstance(value, COUNT) else value for key, value in contents.items()}
                    if isinstance(contents, dict)
                    else contents
                )

    def _remember(self, thing: Any) -> list[Any]:
        """Keep the thing's contents; what it leads to."""
        if isinstance(thing, random.Random):
            self._contents.append((thing, thing.getstate()))
        elif isinstance(thing, dict):
            kept = {key: copy.copy(value) if isinstance(value, COUNT) else value for key, value in thing.items()}
            self._contents.append((thing, kept))
            return [*kept, *kept.values()]
        elif isinstance(thing, (list, set, deque)):
            self._contents.append((thing, list(thing)))
            return list(thing)
        elif isinstance(thing, (tuple, frozenset)):
            return list(thing)
        elif type(thing).__module__.startswith(__package__) and not isinstance(thing, (type, *FIXED)):
            return [vars(thing)] if hasattr(thing, "__dict__") else []
        elif hasattr(thing, "__closure__"):
            return [getattr(thing, "__self__", None), *(cell.cell_contents for cell in thing.__closure__ or ())]
        elif hasattr(thing, "__self__"):
            return [thing.__self__]
        return []
