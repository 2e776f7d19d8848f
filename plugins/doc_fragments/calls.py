# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """Options of API calls, the same for both clouds."""

    DOCUMENTATION = r"""
options:
  api_timeout:
    description:
      - Seconds that one API call may take.
    type: float
    default: 30.0
  api_retries:
    description:
      - How often a failed API call is repeated if the provider may serve it later
        (conflict, locked, rate limit, server errors, timeouts, broken connections).
      - A call that changes something is not repeated blindly. If its answer was lost, the module first reads whether it was done.
    type: int
    default: 8
"""

    WAIT = r"""
options:
  wait:
    description:
      - Whether to wait until the provider has finished each change.
      - With V(false), the first step of each change is started and the module ends. Changes
        that need several steps (stop, rescale, start) then need several runs.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait for each step of a change.
    type: float
    default: 600.0
"""
