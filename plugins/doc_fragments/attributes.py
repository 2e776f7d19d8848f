# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """What modules support, for their ``attributes`` block."""

    # For modules that change resources.
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Whether the module can predict its changes without making them.
    support: full
    details:
      - No API call is made that writes. The result is computed by the code that plans the real run.
  diff_mode:
    description: Whether the module returns the state before and after.
    support: full
    details:
      - The diff is the same in check mode and in a real run. It contains no ids, addresses, dates and secrets.
  idempotent:
    description: Whether a second run with the same options changes nothing.
    support: full
"""

    # For modules that only read.
    INFO = r"""
options: {}
attributes:
  check_mode:
    description: Whether the module can predict its changes without making them.
    support: full
    details:
      - This module changes nothing.
  diff_mode:
    description: Whether the module returns the state before and after.
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    description: Whether a second run with the same options changes nothing.
    support: full
    details:
      - This module changes nothing.
"""

    # For modules of the action group sovereign.vdc.hetzner. (ansible-doc would take a fragment
    # named HETZNER for the file hetzner.py.)
    HETZNER_GROUP = r"""
options: {}
attributes:
  action_group:
    description: The action groups that set options of this module once, through C(module_defaults).
    support: full
    membership:
      - sovereign.vdc.hetzner
"""

    # For modules of the action group sovereign.vdc.exoscale.
    EXOSCALE_GROUP = r"""
options: {}
attributes:
  action_group:
    description: The action groups that set options of this module once, through C(module_defaults).
    support: full
    membership:
      - sovereign.vdc.exoscale
"""
