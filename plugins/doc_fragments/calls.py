# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """Options that say how a cloud is called, the same for both."""

    DOCUMENTATION = r"""
options:
  api_timeout:
    description:
      - Seconds that one API call may take.
    type: float
    default: 30.0
  api_retries:
    description:
      - How often a call is tried again that the provider could not serve in that moment
        (conflict, locked, rate limit, server errors, timeouts, broken connections).
      - A call that changes something is never blindly repeated. If its answer was lost, the module looks first what became of it.
    type: int
    default: 8
"""

    WAIT = r"""
options:
  wait:
    description:
      - Whether to wait until the provider has done what was asked for.
      - With V(false), the first step of each change is started and the module ends. Changes
        that need several steps (stop, rescale, start) then need several runs.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait for what was started, in each step of a change.
    type: float
    default: 600.0
"""
