# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Strings that a cloud supplied are never templates."""

from __future__ import annotations

from typing import Any

try:
    # From ansible-core 2.19 on a string is only a template once it was tagged as trusted.
    from ansible.template import trust_as_template  # noqa: F401  (its presence is what matters)

    UNTRUSTED_BY_DEFAULT = True
except ImportError:
    from ansible.utils.unsafe_proxy import wrap_var

    UNTRUSTED_BY_DEFAULT = False


def untrusted(value: Any) -> Any:
    """``value`` (JSON) so that no string in it is ever rendered as a template."""
    return value if UNTRUSTED_BY_DEFAULT else wrap_var(value)
