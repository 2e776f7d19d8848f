# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which tenants stand unused and may be stopped until somebody comes back."""

from __future__ import annotations

from collections.abc import Set

from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states, states

# From REQUIREMENTS section 4.
UNUSED_SECONDS = 86_400


def idle(
    last_active: int,
    now: int,
    state: str,
    desired_state: str,
    tier: str,
    exempt: Set[str],
    unused_seconds: int = UNUSED_SECONDS,
) -> bool:
    """Whether a tenant was unused for ``unused_seconds`` at ``now`` (seconds since the epoch) and is
    to be stopped: it runs, it is wished to run, and its tier is not in ``exempt``."""
    runs = state == states.ACTIVE and desired_state == desired_states.ACTIVE
    return runs and tier not in exempt and now - last_active >= unused_seconds
