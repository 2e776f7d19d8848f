# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find the option that a variable with an unknown name was meant for."""

from __future__ import annotations

from collections.abc import Iterable

# Shorter names are near to too many others.
SHORTEST = 3
# From this length on, two mistakes are allowed.
LONG = 7


def nearest(name: str, options: Iterable[str]) -> str:
    """The option that ``name`` is a misspelling of; empty if there is none."""
    found = [(distance(_folded(name), _folded(option)), option) for option in options if len(option) >= SHORTEST]
    near = [(steps, option) for steps, option in found if steps <= (2 if len(option) >= LONG else 1)]
    return min(near, default=(0, ""))[1]


def distance(one: str, other: str) -> int:
    """How many characters to insert, delete, replace, or exchange with their neighbor make ``one`` the ``other``."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        before, above, row = row, before, [i]
        for j, right in enumerate(other, 1):
            steps = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                steps = min(steps, above[j - 2] + 1)
            row.append(steps)
    return row[-1]


def _folded(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")
