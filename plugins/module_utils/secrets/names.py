# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of secrets: paths such as ``tenants/acme/redis_password``."""

from __future__ import annotations

import re

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

PART = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
NAME = re.compile(rf"{PART}(/{PART})+")
PREFIX = re.compile(rf"({PART}/)+")
LONGEST = 200


def check_name(name: str) -> str:
    """Return ``name``; raises ``ValidationError`` if it is not a secret's name."""
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        raise ValidationError(
            f"names: {name!r} is not the name of a secret; use parts of letters, digits, '.', '_' and '-', separated by '/', as in "
            f"tenants/acme/redis_password, at most {LONGEST} characters"
        )
    return name


def check_prefix(prefix: str) -> str:
    """Return ``prefix``; raises ``ValidationError`` if it does not end in ``/`` or is empty."""
    if not PREFIX.fullmatch(prefix) or len(prefix) > LONGEST:
        raise ValidationError(
            f"names: {prefix!r} is not a prefix of secrets; use one that ends with '/', as in tenants/acme/"
        )
    return prefix
