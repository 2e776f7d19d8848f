# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stages of a subscription, and what is due in each. Pure functions.

A period ends at one ``paid_until``; a renewal changes that and so begins a new period. Only the current stage of a
period acts: a sweep that runs late skips the stages that are over.
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

# The stages in order, with the seconds before the end of the period at which each begins.
STAGES: tuple[tuple[str, int], ...] = ((WARNING, 7 * DAY), (BACKUP, 3 * DAY), (FINAL, DAY), (SUSPENDED, 0))
STAGE_SECONDS = dict(STAGES)
# The kinds of mails that the sweep sends, one for each stage.
MAIL_KINDS = tuple(kind for kind, _seconds in STAGES)
# How many seconds a mail waits for the backup that it reports, and a release for a backup that was missed, so that
# backups that fail block neither.
MAIL_WAITS = 6 * 3_600
RELEASE_WAITS = DAY
DELETION_STATES = frozenset({states.DELETING, states.DELETED})
# States in which the sweep does not request the release again: it is done, or it failed and an operator repairs it.
NOT_RELEASED_AGAIN = frozenset({states.SUSPENDED, states.ERROR})


@dataclass(frozen=True)
class Due:
    """What is due now: the ``mail`` of a kind (empty: none), a ``backup``, the ``release`` of the tenant's machine.

    ``stage`` is the current stage of the period; empty before the first.
    """

    stage: str = ""
    mail: str = ""
    backup: bool = False
    release: bool = False

    def __bool__(self) -> bool:
        return bool(self.mail) or self.backup or self.release


def current_stage(paid_until: int, now: int) -> str:
    """The stage at ``now``, empty before the first; both arguments in seconds since the epoch."""
    left = paid_until - now
    return next((kind for kind, seconds in reversed(STAGES) if left <= seconds), "")


def due(paid_until: int | None, now: int, state: str, desired_state: str, sent: Set[str], backed_up: int) -> Due:
    """What is due for one tenant.

    ``sent`` are the kinds of mails that were sent for this period, ``backed_up`` is the time of the tenant's last
    backup, 0 if there is none. Nothing is ever due for a tenant without ``paid_until``.
    """
    if paid_until is None or state in DELETION_STATES or desired_state == desired_states.ABSENT:
        return Due()
    stage = current_stage(paid_until, now)
    if state == states.QUEUED:  # it has no machine and no data to lose, so it gets no warning
        return Due(stage, release=stage == SUSPENDED)
    unsent = stage if stage not in sent else ""
    if stage in (BACKUP, FINAL):
        began = paid_until - STAGE_SECONDS[stage]
        backup_missing = backed_up < began
        return Due(stage, "" if backup_missing and now < began + MAIL_WAITS else unsent, backup=backup_missing)
    if stage == SUSPENDED:
        if desired_state == desired_states.RELEASE:
            # The mail reports the suspension, so it waits until the tenant is suspended. A release that was
            # interrupted is repeated.
            return Due(stage, unsent if state == states.SUSPENDED else "", release=state not in NOT_RELEASED_AGAIN)
        backup_missing = backed_up < paid_until - STAGE_SECONDS[FINAL]
        return Due(stage, backup=backup_missing, release=not backup_missing or now >= paid_until + RELEASE_WAITS)
    return Due(stage, unsent)
