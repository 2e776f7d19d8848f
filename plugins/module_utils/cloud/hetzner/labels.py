# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Validate labels by the API's rules before a call is made."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import KEY, with_ownership
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

VALUE = re.compile(r"([a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?)?")
LABEL = re.compile(r"([a-z0-9.-]{1,253}/)?[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?")
ALLOWED = "use up to 63 letters, digits, dashes, dots and underscores, with a letter or digit at both ends"


def check_value(option: str, value: str) -> str:
    """``value``, if it can be the value of a label that is always there; raises ``ValidationError``."""
    if not value or not VALUE.fullmatch(value):
        raise ValidationError(f"{option}: {value!r} cannot be a label value; {ALLOWED}")
    return value


def check(labels: Mapping[str, Any], kept: Collection[str]) -> dict[str, str]:
    """The labels of a task as text, without that of ownership; raises ``ValidationError``.

    ``kept`` are keys that the module sets itself.
    """
    found = with_ownership(labels)
    del found[KEY]
    for key, value in found.items():
        if key in kept:
            raise ValidationError(f"labels: {key} cannot be set, because this collection sets it")
        if not LABEL.fullmatch(key) or key.startswith("hetzner.cloud/"):
            raise ValidationError(f"labels: {key!r} is not a label key; {ALLOWED}")
        if not VALUE.fullmatch(value):
            raise ValidationError(f"labels: {key}={value!r} is not a label value; {ALLOWED}")
    return found
