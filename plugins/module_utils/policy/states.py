# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The states of a tenant, and which may follow which."""

from __future__ import annotations

QUEUED = "queued"
PROVISIONING = "provisioning"
ACTIVE = "active"
SUSPENDING = "suspending"
SUSPENDED = "suspended"
RESUMING = "resuming"
MIGRATING = "migrating"
ERROR = "error"
DELETING = "deleting"
DELETED = "deleted"

# A state may always be entered again: a run that died in it is repeated. What is wished may change
# at any moment, also while a tenant is on its way, and so may what there is: a place can be lost.
_UNDER_WAY = frozenset({QUEUED, PROVISIONING, SUSPENDING, SUSPENDED, RESUMING, MIGRATING, ERROR, DELETING})
MOVES: dict[str, frozenset[str]] = {
    QUEUED: frozenset({PROVISIONING, RESUMING, SUSPENDING, SUSPENDED, DELETING, DELETED}),
    PROVISIONING: _UNDER_WAY | {ACTIVE},
    ACTIVE: _UNDER_WAY - {RESUMING},
    SUSPENDING: _UNDER_WAY,
    SUSPENDED: _UNDER_WAY | {DELETED},
    RESUMING: _UNDER_WAY | {ACTIVE},
    MIGRATING: _UNDER_WAY | {ACTIVE},
    ERROR: _UNDER_WAY,
    DELETING: frozenset({DELETED, ERROR}),
    DELETED: frozenset(),
}
STATES = tuple(MOVES)


class IllegalMove(ValueError):
    """A state was to follow one that it may not follow."""


def check_move(name: str, old: str, new: str) -> None:
    """Raise ``IllegalMove`` unless tenant ``name`` may go from ``old`` to ``new``."""
    if new == old or new in MOVES[old]:
        return
    may = ", ".join(sorted(MOVES[old])) or "nothing, it is the end"
    raise IllegalMove(f"tenant {name!r} is {old} and cannot become {new}; what may follow is: {may}")
