# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Encode user data for Exoscale: base64, at most 32 KiB."""

from __future__ import annotations

import base64
import binascii
import hashlib

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

LIMIT = 32768


def encode(text: str, name: str) -> str:
    """``text`` in base64; raises ``ValidationError`` when it is too long for the instance ``name``."""
    coded = base64.b64encode(text.encode()).decode()
    if len(coded) > LIMIT:
        raise ValidationError(
            f"user_data: {name!r} has {len(coded)} characters in base64, Exoscale takes {LIMIT}: "
            f"download the rest at boot"
        )
    return coded


def fingerprint(coded: str | None) -> str:
    """User data as diffs show it, since it may hold secrets: 12 digits of its SHA-256."""
    if not coded:
        return ""
    try:
        content = base64.b64decode(coded)
    except binascii.Error:
        content = coded.encode()
    return "sha256:" + hashlib.sha256(content).hexdigest()[:12]
