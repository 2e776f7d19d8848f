# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keep secrets out of messages. The one place that knows in which forms a secret can appear in a text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

HIDDEN = "********"
# The password of a URL; it ends at the last @ of the authority.
URL_PASSWORD = re.compile(r"://[^/@:\s]*:([^/\s]+)@")


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` with every form of each of ``secrets`` replaced, the longest first."""
    for form in sorted(forms(secrets), key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    return text


def forms(secrets: Iterable[str]) -> set[str]:
    """Return the secrets, and how other programs write them in a message: without surrounding white space, and with
    control characters escaped as Python and JSON do."""
    found = set()
    for secret in secrets:
        for text in (secret, secret.strip()):
            found |= {text, repr(text)[1:-1], ascii(text)[1:-1], json.dumps(text)[1:-1]}
    return found - {""}


def secret_values(spec: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[str]:
    """Yield the secrets among a module's ``params``: the strings in options with ``no_log``, and passwords in URLs.

    Of an option with suboptions only those suboptions count that have ``no_log`` themselves.
    """
    for name, option in spec.items():
        value = params.get(name)
        if option.get("options"):
            for entry in value if isinstance(value, list) else [value]:
                if isinstance(entry, Mapping):
                    yield from secret_values(option["options"], entry)
        elif option.get("no_log"):
            yield from strings(value)
        elif isinstance(value, str):
            yield from URL_PASSWORD.findall(value)


def strings(value: Any) -> Iterator[str]:
    """Yield every string in ``value``, and its numbers as strings, without the keys of dictionaries."""
    if isinstance(value, Mapping):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list | tuple | set):
        for part in value:
            yield from strings(part)
    elif isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        yield str(value)
