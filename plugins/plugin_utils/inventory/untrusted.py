# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Strings that a cloud supplied are never templates."""

from __future__ import annotations

from typing import Any

from ansible import template

# From ansible-core 2.19 on a string is only a template once it was tagged as trusted.
UNTRUSTED_BY_DEFAULT = hasattr(template, "trust_as_template")


def untrusted(value: Any) -> Any:
    """``value`` (JSON) so that no string in it is ever rendered as a template."""
    if UNTRUSTED_BY_DEFAULT:
        return value
    from ansible.utils.unsafe_proxy import wrap_var  # only here: it is on its way out where it is not needed

    return wrap_var(value)
