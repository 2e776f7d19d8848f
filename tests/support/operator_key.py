"""The operator's SSH key, as the playbook platform leaves it."""

from __future__ import annotations

import functools
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@functools.cache
def _parts() -> tuple[bytes, bytes]:
    """The private and the public part; one key for all tests of a process."""
    form = serialization.PrivateFormat.OpenSSH
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return private, key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)


def ensure_operator_key(directory: Path) -> Path:
    """Write the key into ``directory`` unless it has one; return the private key's path."""
    path = directory / "ssh_ed25519"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        private, public = _parts()
        path.touch(0o600)
        path.write_bytes(private)
        path.with_name("ssh_ed25519.pub").write_bytes(public + b" tests\n")
    return path
