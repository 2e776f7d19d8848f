"""Fault rules: which calls fail, and how."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any


@dataclass
class Fault:
    """One rule, with the fields of ``/_lab/faults``.

    A call matches if ``cloud``, ``operation`` (an id of the vendor's document) and ``method`` do; all
    three are shell patterns. Of the matching calls the rule applies to a ``share``, from the ``nth``
    on, at most ``times`` times. It waits ``delay`` seconds, then, ``before`` or ``after`` the operation
    runs, answers ``status``/``code`` or, with ``drop``, breaks the connection without an answer. A
    rule without ``status`` and ``drop`` only delays. ``matched`` counts the matching calls, ``struck``
    those to which the rule applied.
    """

    cloud: str = "*"
    operation: str = "*"
    method: str = "*"
    nth: int = 1
    share: float = 1.0
    times: int | None = None
    when: str = "before"
    delay: float = 0.0
    status: int | None = None
    code: str = "injected"
    message: str = "injected by the lab"
    drop: bool = False
    matched: int = field(default=0)
    struck: int = field(default=0)

    def __post_init__(self) -> None:
        if self.when not in ("before", "after"):
            raise ValueError(f"when: {self.when!r} must be 'before' or 'after'")
        if not 0 <= self.share <= 1:
            raise ValueError(f"share: {self.share} must be between 0 and 1")

    def applies(self, cloud: str, operation: str, method: str, rng: random.Random) -> bool:
        """Count the call if it matches; returns whether the rule applies to it."""
        if not (
            fnmatchcase(cloud, self.cloud)
            and fnmatchcase(operation, self.operation)
            and fnmatchcase(method, self.method)
        ):
            return False
        self.matched += 1
        if self.matched < self.nth or (self.times is not None and self.struck >= self.times):
            return False
        if self.share < 1 and rng.random() >= self.share:
            return False
        self.struck += 1
        return True


class Faults:
    """The active rules; the first that applies is used. The same seed and calls give the same faults."""

    def __init__(self, seed: int = 1) -> None:
        self._rng = random.Random(seed)
        self.rules: list[Fault] = []

    def replace(self, rules: list[dict[str, Any]], seed: int = 1) -> None:
        """Replace all rules by ``rules``; raises ``TypeError`` or ``ValueError`` for an invalid one."""
        self.rules = [Fault(**rule) for rule in rules]
        self._rng = random.Random(seed)

    def match(self, cloud: str, operation: str, method: str) -> Fault | None:
        """The rule that applies to this call, if any; counts the call."""
        for rule in self.rules:
            if rule.applies(cloud, operation, method, self._rng):
                return rule
        return None

    def dump(self) -> list[dict[str, Any]]:
        """The rules with their counters, for ``/_lab/faults``."""
        return [asdict(rule) for rule in self.rules]
