# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SSH host keys of nodes. They derive from the operator's private key, so that no node is trusted at first contact.

The controller can compute a node's host key whenever it has the key with which it logs in: nothing has to be stored, and a controller
that starts with an empty directory knows the keys of all nodes. A node knows only its own key, from which no other follows.
"""

from __future__ import annotations

import base64
import json
import struct
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import LibraryMissing, ValidationError

try:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    IMPORT_ERROR = ""
except ImportError:
    IMPORT_ERROR = traceback.format_exc()

PURPOSE = b"sovereign.vdc ssh host key: "
KIND = b"ssh-ed25519"
BLOCK = 8  # bytes, to which OpenSSH pads a key that is not encrypted
CONFIG, ARCHIVE = "#cloud-config", "#cloud-config-archive"


@dataclass(frozen=True)
class HostKey:
    """A node's host key: ``public`` as in known_hosts, ``private`` in OpenSSH's format."""

    public: str
    private: str = field(repr=False)


def read_operator_key(path: Path) -> bytes:
    """The content of the operator's private key file; raises ``ValidationError`` if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValidationError(
            f"vdc_ssh_key_file: {str(path)!r} cannot be read ({error.strerror}), and the nodes' host keys derive from it; restore the "
            f"operator's private key, or run the playbook platform to generate it"
        ) from None


def host_key(operator_key: bytes, name: str) -> HostKey:
    """The host key of the node called ``name``; the same arguments give the same key.

    ``operator_key`` is the operator's private key in a format of OpenSSH or in PEM, without a passphrase. Raises
    ``ValidationError``, and ``LibraryMissing`` without the library cryptography.
    """
    if IMPORT_ERROR:
        raise LibraryMissing("cryptography", IMPORT_ERROR)
    expand = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=PURPOSE + name.encode())
    seed = expand.derive(_private_part(operator_key))
    raw = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(*raw)
    blob = _string(KIND) + _string(public)
    return HostKey(f"{KIND.decode()} {base64.b64encode(blob).decode()}", _openssh(seed, public, blob))


def user_data(key: HostKey | None, more: str = "") -> str:
    """The cloud-init document that installs the host key and closes the login with a password.

    ``more`` is a document of the operator's, of any of cloud-init's formats, which is applied as well. Without a key, as in check
    mode before the operator's key exists, the node would generate its own.
    """
    config: dict[str, Any] = {"disable_root": False, "ssh_pwauth": False}
    keys = {"ed25519_private": key.private, "ed25519_public": key.public} if key else {}
    own = {"ssh_deletekeys": True, "ssh_keys": keys} if keys else {}
    first = more.split("\n", 1)[0].strip()
    if not more.strip() or first == CONFIG:
        config |= _mapping(more)
    else:
        parts = [{"type": "text/cloud-config", "content": user_data(key)}, {"content": more}]
        return f"{ARCHIVE}\n{json.dumps(parts)}\n"
    return f"{CONFIG}\n{json.dumps(config | own, indent=1)}\n"


def _mapping(document: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(document)
    except yaml.YAMLError:
        found = document
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ValidationError(
            "user_data: starts with #cloud-config and is no YAML mapping; write options as `key: value`"
        )
    if "ssh_keys" in found:
        raise ValidationError(
            "user_data: has host keys (ssh_keys), which the controller would not know; remove them: nodes get keys that derive from the "
            "operator's key"
        )
    return found


def _private_part(operator_key: bytes) -> bytes:
    load = serialization.load_ssh_private_key
    if b"OPENSSH PRIVATE KEY" not in operator_key:
        load = serialization.load_pem_private_key
    try:
        key: Any = load(operator_key, None)
    except (ValueError, TypeError):
        raise ValidationError(
            "vdc_ssh_key_file: is not a private key without a passphrase; use one that `ssh-keygen -t ed25519 -N ''` made"
        ) from None
    form = (serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form)


def _string(data: bytes) -> bytes:
    """A string as in RFC 4251, section 5."""
    return struct.pack(">I", len(data)) + data


def _openssh(seed: bytes, public: bytes, blob: bytes) -> str:
    """The private key in the format of OpenSSH's PROTOCOL.key. cryptography's has random bytes, and documents for cloud-init have
    to be the same in each run."""
    check = HKDF(algorithm=hashes.SHA256(), length=4, salt=None, info=b"check").derive(seed)
    secret = check * 2 + _string(KIND) + _string(public) + _string(seed + public) + _string(b"")
    secret += bytes(range(1, 1 + -len(secret) % BLOCK))
    none = _string(b"none")
    whole = b"openssh-key-v1\0" + none + none + _string(b"") + struct.pack(">I", 1) + _string(blob) + _string(secret)
    text = base64.b64encode(whole).decode()
    lines = [text[at : at + 70] for at in range(0, len(text), 70)]
    return "\n".join(["-----BEGIN OPENSSH PRIVATE KEY-----", *lines, "-----END OPENSSH PRIVATE KEY-----", ""])
