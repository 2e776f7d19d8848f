"""Faults by rule: which calls go wrong, and how."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any


@dataclass
class Fault:
    """One rule, as posted to ``/_lab/faults``.

    A call matches when ``cloud`` and ``operation`` (shell patterns; operation ids as in the
    vendor's document) and ``method`` do. Of the matching calls, the rule strikes from the
    ``nth`` on, a ``share`` of them, at most ``times``. When it strikes, it waits ``delay``
    seconds, then, ``before`` or ``after`` the deed, answers ``status``/``code`` or, with
    ``drop``, breaks the connection without an answer. A rule without ``status`` and ``drop``
    only delays.
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
    seen: int = field(default=0)
    struck: int = field(default=0)

    def __post_init__(self) -> None:
        if self.when not in ("before", "after"):
            raise ValueError(f"when: {self.when!r} must be 'before' or 'after'")
        if not 0 <= self.share <= 1:
            raise ValueError(f"share: {self.share} must lie between 0 and 1")

    def strikes(self, cloud: str, operation: str, method: str, chance: random.Random) -> bool:
        """Count the call, and say whether it goes wrong."""
        if not (
            fnmatchcase(cloud, self.cloud)
            and fnmatchcase(operation, self.operation)
            and fnmatchcase(method, self.method)
        ):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.times is not None and self.struck >= self.times):
            return False
        if self.share < 1 and chance.random() >= self.share:
            return False
        self.struck += 1
        return True


class Faults:
    """The rules in force; the first that strikes wins. Same seed and calls, same faults."""

    def __init__(self, seed: int = 1) -> None:
        self._chance = random.Random(seed)
        self.rules: list[Fault] = []

    def replace(self, rules: list[dict[str, Any]], seed: int = 1) -> None:
        """Put ``rules`` in force in place of all others; raises ``TypeError``, ``ValueError``."""
        self.rules = [Fault(**rule) for rule in rules]
        self._chance = random.Random(seed)

    def strike(self, cloud: str, operation: str, method: str) -> Fault | None:
        """The fault that meets this call, if any."""
        for rule in self.rules:
            if rule.strikes(cloud, operation, method, self._chance):
                return rule
        return None

    def dump(self) -> list[dict[str, Any]]:
        """The rules with their counters, for ``/_lab/faults``."""
        return [asdict(rule) for rule in self.rules]
