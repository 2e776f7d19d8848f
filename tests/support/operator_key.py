"""The operator's SSH key, as the playbook platform leaves it."""

from __future__ import annotations

import functools
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@functools.cache
def _private() -> bytes:
    """The private key; one for all tests of a process."""
    form = serialization.PrivateFormat.OpenSSH
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def ensure_operator_key(directory: Path) -> Path:
    """Write the key into ``directory`` unless it has one; return the private key's path."""
    path = directory / "operator/ssh_ed25519"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(0o600)
        path.write_bytes(_private())
    return path
