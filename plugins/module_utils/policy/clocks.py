# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compare times of clocks that may differ: of controllers, storage nodes, databases and object storages.

Times are seconds since the epoch. A time that is at most ``MAX_SKEW`` seconds in the future is taken for now: clocks
that are synchronized differ by less. Beyond that, one of the two clocks is wrong, and nothing may be concluded.
"""

from __future__ import annotations

import time

MAX_SKEW = 300


def is_future(moment: float, now: float) -> bool:
    """Whether ``moment``, which another clock recorded, cannot have passed at ``now``."""
    return moment - now > MAX_SKEW


def is_recent(moment: float, now: float, seconds: float) -> bool:
    """Whether ``moment`` is less than ``seconds`` before ``now``; with 0 nothing is, and neither is a time in the future."""
    return seconds > 0 and now - moment < seconds and not is_future(moment, now)


def differ(one: float, other: float) -> bool:
    """Whether two clocks that were read at the same moment differ too much."""
    return abs(one - other) > MAX_SKEW


def shown(moment: float) -> str:
    """The time as text, such as ``2026-11-21T03:00:07Z``."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
