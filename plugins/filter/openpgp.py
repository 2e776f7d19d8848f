# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters for signing keys; their documentation is in the YAML files of the same names."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.policy import openpgp


def repository_key_fault(content: str, allowed: Iterable[str]) -> str:
    """What is wrong with a key file, empty if all its keys are allowed."""
    try:
        found = openpgp.fingerprints(base64.b64decode(content, validate=True))
    except (openpgp.KeyFileError, binascii.Error) as error:
        return f"it is not a key file: {error}"
    known = {"".join(fingerprint.split()).upper() for fingerprint in allowed}
    unknown = [fingerprint for fingerprint in found if fingerprint not in known]
    return (
        f"its fingerprint is {', '.join(unknown)}, not {', '.join(sorted(known)) or 'an allowed one'}"
        if unknown
        else ""
    )


class FilterModule:
    """Registers the filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {repository_key_fault.__name__: repository_key_fault}
