"""SSH keys: account-wide, identified by name."""

from __future__ import annotations

import base64
import binascii
import hashlib

from ..core.routing import Call, Handler, Reply
from .errors import conflict, invalid
from .models import SshKey
from .zone import Zone, body_of, find


class SshKeys:
    """Register, list, get, delete."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._keys = zone.account.ssh_keys

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id."""
        return {
            "list-ssh-keys": lambda _: Reply(200, {"ssh-keys": [k.view() for k in self._keys.values()]}),
            "get-ssh-key": lambda call: Reply(200, find(self._keys, call.params["name"], "SSH key").view()),
            "register-ssh-key": self._register,
            "delete-ssh-key": self._delete,
        }

    def _register(self, call: Call) -> Reply:
        body = body_of(call)
        name, text = body["name"], body["public-key"].strip()
        if name in self._keys:
            raise conflict(f"SSH key {name} already exists")
        key = SshKey(name, _fingerprint(text), text)
        self._keys[name] = key
        return self._zone.operations.start("get-ssh-key", f"ssh-key/{name}")

    def _delete(self, call: Call) -> Reply:
        """Existing instances keep the key; it is not available for new ones."""
        name = find(self._keys, call.params["name"], "SSH key").name
        del self._keys[name]
        return self._zone.operations.start("get-ssh-key", f"ssh-key/{name}")


def _fingerprint(text: str) -> str:
    """The MD5 fingerprint (``aa:bb:…``); raises ``ApiError`` 400 if ``text`` is not a public key."""
    parts = text.split()
    try:
        kind, blob = parts[0], base64.b64decode(parts[1], validate=True)
        if blob[4 : 4 + int.from_bytes(blob[:4], "big")].decode() != kind:
            raise ValueError
    except (IndexError, binascii.Error, ValueError):
        raise invalid("public-key: this is not an SSH public key") from None
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))
