# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a subscription asks for as its end comes nearer.

A period is what ends at one ``paid_until``; a renewal moves that and so begins a new period. Of the
stages of a period only the one that has come acts: a sweep that was late leaves out what is over.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states, states

DAY = 86_400
WARNING = "warning"
BACKUP = "backup"
FINAL = "final"
SUSPENDED = "suspended"

# Seconds before the end at which each stage begins, in order, from REQUIREMENTS section 4.
STAGES: tuple[tuple[str, int], ...] = ((WARNING, 7 * DAY), (BACKUP, 3 * DAY), (FINAL, DAY), (SUSPENDED, 0))
BEGINS = dict(STAGES)
# The mails of the sweep: each is due again until it was sent or is over.
# For so long a mail waits for the backup that it tells of, and a release for the backup that was missed: one tenant's
# backups that fail keep neither from happening.
MAIL_WAITS = 6 * 3_600
RELEASE_WAITS = DAY
KINDS = tuple(kind for kind, _seconds in STAGES)
LEFT = frozenset({states.DELETING, states.DELETED})
RELEASED_OR_BROKEN = frozenset({states.SUSPENDED, states.ERROR})


@dataclass(frozen=True)
class Due:
    """What is due now: a backup, the mail of a kind (empty: none), and the release of the tenant's machine;
    ``stage`` is where the period stands (empty: before the first)."""

    stage: str = ""
    mail: str = ""
    backup: bool = False
    release: bool = False

    def __bool__(self) -> bool:
        return bool(self.mail) or self.backup or self.release


def stage(paid_until: int, now: int) -> str:
    """The stage that has come at ``now``; both in seconds since the epoch."""
    left = paid_until - now
    return next((kind for kind, seconds in reversed(STAGES) if left <= seconds), "")


def due(paid_until: int | None, now: int, state: str, desired_state: str, sent: Set[str], backed_up: int) -> Due:
    """What is due for one tenant. ``sent`` are the kinds of mail of this period that went out,
    ``backed_up`` is the moment of the tenant's last backup (0: there is none).

    A tenant without ``paid_until`` is not sold by the period: nothing is ever due.
    """
    if paid_until is None or state in LEFT or desired_state == desired_states.ABSENT:
        return Due()
    come = stage(paid_until, now)
    if state == states.QUEUED:  # who waits in line has nothing to lose but the place in it
        return Due(come, release=come == SUSPENDED)
    unsent = come if come not in sent else ""
    if come in (BACKUP, FINAL):
        begun = paid_until - BEGINS[come]
        behind = backed_up < begun
        return Due(come, "" if behind and now < begun + MAIL_WAITS else unsent, backup=behind)
    if come == SUSPENDED:
        if desired_state == desired_states.RELEASE:
            # The mail says what has happened, so it waits until it has. What failed is not this sweep's to repair;
            # what a run that died has left is.
            return Due(come, unsent if state == states.SUSPENDED else "", release=state not in RELEASED_OR_BROKEN)
        # Whether the final backup was missed.
        behind = backed_up < paid_until - BEGINS[FINAL]
        return Due(come, backup=behind, release=not behind or now >= paid_until + RELEASE_WAITS)
    return Due(come, unsent)
