# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which tenants are idle and may be suspended until their next use."""

from __future__ import annotations

from collections.abc import Set

from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states, states

IDLE_SECONDS = 86_400


def is_idle(
    last_active: int,
    now: int,
    state: str,
    desired_state: str,
    tier: str,
    exempt: Set[str],
    idle_seconds: int = IDLE_SECONDS,
) -> bool:
    """Whether a tenant is to be suspended for being idle.

    That is: it is active and desired to be, its tier is not in ``exempt``, and at ``now`` it has not been used for
    ``idle_seconds``. ``last_active`` and ``now`` are seconds since the epoch.
    """
    active = state == states.ACTIVE and desired_state == desired_states.ACTIVE
    return active and tier not in exempt and now - last_active >= idle_seconds
