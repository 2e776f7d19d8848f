"""The secrets of a site, and the texts by which each is recognized."""

from __future__ import annotations

import base64
import fnmatch
import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

# Variables of the controller's environment that hold a secret, or the public half of one ("Access key").
VARIABLES = ("*TOKEN*", "*PASSWORD*", "*SECRET*", "EXOSCALE_API_KEY", "S3_ACCESS_KEY", "VDC_SECRETS_KEY")
# Files below the private directory that hold none.
PUBLIC = ("*.pub", "*.crt", "tunnel/*.json", "known_hosts*", "ledger.db*", "*lock")
# How OpenSSH begins a private key, in base64: the format and the kind of key, which fill its first line.
OPENSSH = base64.b64encode(b"openssh-key-v1\0").decode()[:19]
LEAST = 6  # characters; shorter texts occur by chance


def from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets among environment variables, by ``environment/<name>``."""
    return {
        f"environment/{name}": value.strip()
        for name, value in environment.items()
        if value.strip() and any(fnmatch.fnmatch(name, pattern) for pattern in VARIABLES)
    }


def from_private_directory(directory: Path) -> dict[str, str]:
    """Return the secrets of the store of files, by path below ``directory``."""
    found = {}
    for path in sorted(directory.rglob("*")):
        name = str(path.relative_to(directory))
        if path.is_file() and not any(fnmatch.fnmatch(name, pattern) for pattern in PUBLIC):
            found[name] = path.read_text(errors="replace").strip()
    return found


def needles(secrets: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the texts that show each secret: as it is, as JSON, Python and URLs quote it, and in base64.

    Of a secret with several lines each long line shows it, because programs cut texts into lines.
    """
    return {name: texts for name, value in secrets.items() if (texts := _texts(value))}


def _texts(value: str) -> list[str]:
    lines = value.splitlines()
    if len(lines) > 1:
        # These are the same in every key.
        own = [line.strip() for line in lines if not line.startswith(("-----", OPENSSH))]
        return sorted({line for line in own if len(line) >= 32})
    if len(value) < LEAST:
        return []
    found = {value, json.dumps(value)[1:-1], repr(value)[1:-1], quote(value, safe="")}
    # What is around it in the encoded text changes the first and last characters.
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + value.encode()).decode()
        inner = encoded[4 if shift else 0 : len(encoded) // 4 * 4 - 4]
        if len(inner) >= 2 * LEAST:
            found.add(inner)
    return sorted(found)
