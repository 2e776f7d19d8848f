# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Encryption of secrets with a key that an operator gives.

A secret is encrypted and authenticated by AES-256-GCM, with its name as associated data: a value that was copied to another
name, or changed, is not accepted. The key is derived from the operator's by scrypt and a random salt.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
except ImportError:  # ansible-core requires it
    AESGCM = None

NONCE, SALT = 12, 16  # bytes
SHORTEST = 20  # characters of the operator's key
# About 0.1 s and 32 MiB for each derivation.
COST: dict[str, Any] = {"n": 2**15, "r": 8, "p": 1, "maxmem": 2**26, "dklen": 64}


@dataclass(frozen=True)
class Key:
    """A derived key. ``id`` tells keys apart and does not reveal them; ``salt`` is what it was derived with."""

    id: str
    salt: str
    secret: bytes

    def encrypt(self, name: str, value: str) -> str:
        """The value, encrypted for this name, in base64."""
        nonce = os.urandom(NONCE)
        return base64.b64encode(nonce + AESGCM(self.secret).encrypt(nonce, value.encode(), _associated(name))).decode()

    def decrypt(self, name: str, text: str) -> str:
        """The value of ``encrypt``; raises ``ValidationError`` if it was changed or was encrypted for another name."""
        try:
            data = base64.b64decode(text, validate=True)
            return AESGCM(self.secret).decrypt(data[:NONCE], data[NONCE:], _associated(name)).decode()
        except (InvalidTag, ValueError):
            raise ValidationError(
                f"store: the secret {name} in the ledger was changed since it was encrypted, so it is not used; restore the "
                f"ledger from a backup"
            ) from None


def derive(passphrase: str, salt: str = "") -> Key:
    """The key of an operator's passphrase; without a salt, a new one. Raises ``ValidationError``."""
    passphrase = passphrase.strip()
    if len(passphrase) < SHORTEST:
        raise ValidationError(
            f"VDC_SECRETS_KEY: has {len(passphrase)} characters; give at least {SHORTEST} random ones, as `openssl rand -base64 32` "
            f"prints them, in the environment, or a Vault password file (key_file)"
        )
    salt = salt or base64.b64encode(os.urandom(SALT)).decode()
    derived = hashlib.scrypt(passphrase.encode(), salt=base64.b64decode(salt), **COST)
    return Key(hashlib.sha256(derived[32:]).hexdigest()[:16], salt, derived[:32])


def _associated(name: str) -> bytes:
    return b"sovereign.vdc secret\0" + name.encode()
