# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fingerprints of OpenPGP keys, computed as RFC 9580 defines them, because a new node has no GnuPG."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator

BLOCK = re.compile(
    rb"-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?P<body>.*?)-----END PGP PUBLIC KEY BLOCK-----", re.DOTALL
)
PUBLIC_KEY = 6  # packet type of a primary public key
SECRET_KEYS = (5, 7)


class KeyFileError(ValueError):
    """The content is not a file of OpenPGP public keys; the text says why."""


def fingerprints(content: bytes) -> list[str]:
    """Return the fingerprints (upper-case hexadecimal) of all primary keys in a key file, in its order.

    ``content`` is binary or ASCII-armored. Raises ``KeyFileError`` for anything else, for a secret key, for a key of another
    version than 4, and for armored text that is followed or preceded by anything that is not a key block: a program that
    reads the file otherwise could find another key there.
    """
    found = []
    for kind, body in _packets(_binary(content)):
        if kind in SECRET_KEYS:
            raise KeyFileError("the file has a secret key")
        if kind == PUBLIC_KEY:
            if body[:1] != b"\x04":
                raise KeyFileError(
                    f"the file has a key of version {body[0] if body else '?'}, and only version 4 is supported"
                )
            prefix = b"\x99" + len(body).to_bytes(2, "big")
            found.append(hashlib.sha1(prefix + body, usedforsecurity=False).hexdigest().upper())
    if not found:
        raise KeyFileError("the file has no public key")
    return found


def _binary(content: bytes) -> bytes:
    """The packets of a key file; all armored blocks, one after the other."""
    if not content.lstrip().startswith(b"-----BEGIN"):
        return content
    if BLOCK.sub(b"", content).strip():
        raise KeyFileError("the file has text besides its key blocks")
    return b"".join(_dearmored(match["body"]) for match in BLOCK.finditer(content))


def _dearmored(body: bytes) -> bytes:
    """The content of one armored block: headers, an empty line, base64, and a checksum that starts with ``=``."""
    lines = [line.strip() for line in body.splitlines()]
    start = lines.index(b"") + 1 if b"" in lines else 0
    try:
        return base64.b64decode(b"".join(line for line in lines[start:] if not line.startswith(b"=")), validate=True)
    except binascii.Error as error:
        raise KeyFileError(f"the key block is not base64: {error}") from None


def _packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the type and the body of each packet."""
    at = 0
    while at < len(data):
        first = data[at]
        if not first & 0x80:
            raise KeyFileError("the file is not an OpenPGP key file")
        kind, head, size = _old(data, at) if not first & 0x40 else _new(data, at)
        body = data[at + head : at + head + size]
        if len(body) != size:
            raise KeyFileError("the file is truncated")
        yield kind, body
        at += head + size


def _old(data: bytes, at: int) -> tuple[int, int, int]:
    """Type, size of the header and size of the body of a packet in the old format."""
    octets = (1, 2, 4, 0)[data[at] & 3]
    if not octets:
        raise KeyFileError("the file has a packet without a length")
    return (data[at] >> 2) & 15, 1 + octets, int.from_bytes(data[at + 1 : at + 1 + octets], "big")


def _new(data: bytes, at: int) -> tuple[int, int, int]:
    """The same of a packet in the new format."""
    kind, size = data[at] & 63, data[at + 1] if at + 1 < len(data) else 0
    if size < 192:
        return kind, 2, size
    if size < 224:
        return kind, 3, ((size - 192) << 8) + (data[at + 2] if at + 2 < len(data) else 0) + 192
    if size == 255:
        return kind, 6, int.from_bytes(data[at + 2 : at + 6], "big")
    raise KeyFileError("the file has a packet of partial length")
