# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The states of a tenant, and which state may follow which."""

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

# A state may always follow itself: a run that died in it is repeated. The desired state may change at any
# moment, also during an operation, and so may the placement: a node can be lost.
_IN_PROGRESS = frozenset({QUEUED, PROVISIONING, SUSPENDING, SUSPENDED, RESUMING, MIGRATING, ERROR, DELETING})
TRANSITIONS: dict[str, frozenset[str]] = {
    QUEUED: frozenset({PROVISIONING, RESUMING, SUSPENDING, SUSPENDED, DELETING, DELETED}),
    PROVISIONING: _IN_PROGRESS | {ACTIVE},
    ACTIVE: _IN_PROGRESS - {RESUMING},
    SUSPENDING: _IN_PROGRESS,
    SUSPENDED: _IN_PROGRESS | {DELETED},
    RESUMING: _IN_PROGRESS | {ACTIVE},
    MIGRATING: _IN_PROGRESS | {ACTIVE},
    ERROR: _IN_PROGRESS,
    DELETING: frozenset({DELETED, ERROR}),
    DELETED: frozenset(),
}
STATES = tuple(TRANSITIONS)


class IllegalTransition(ValueError):
    """A tenant was to enter a state that may not follow its current one."""


def check_transition(name: str, old: str, new: str) -> None:
    """Raise ``IllegalTransition`` unless tenant ``name`` may change from state ``old`` to ``new``."""
    if new == old or new in TRANSITIONS[old]:
        return
    allowed = ", ".join(sorted(TRANSITIONS[old])) or "none, it is final"
    raise IllegalTransition(f"tenant {name!r} is {old} and cannot become {new}; allowed next states: {allowed}")
