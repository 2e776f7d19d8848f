"""SSH keys: unique by name and by fingerprint."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any, ClassVar

from ..core.routing import Call, Reply
from .collection import Collection, Filters, conflict, operation, required
from .labels import invalid
from .store import Identity, Resource

KINDS = ("ssh-ed25519", "ssh-rsa", "ssh-dss", "ecdsa-sha2-", "sk-ssh-ed25519@", "sk-ecdsa-sha2-")


class SshKey(Resource):
    """One SSH key."""

    kind = "ssh_key"

    def __init__(self, identity: Identity, public_key: str, fingerprint: str) -> None:
        super().__init__(*identity)
        self.public_key = public_key
        self.fingerprint = fingerprint

    def view(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "fingerprint": self.fingerprint,
            "public_key": self.public_key,
            "labels": self.labels,
            "created": self.created,
        }


class SshKeys(Collection[SshKey]):
    """All SSH keys."""

    kind, plural, label = "ssh_key", "ssh_keys", "SSH key"
    filters: ClassVar[Filters] = {"fingerprint": lambda key: key.fingerprint}
    has_actions = False

    @operation("create_ssh_key")
    def create(self, call: Call) -> Reply:
        body = call.body or {}
        public_key = str(required(body, "public_key")).strip()
        digest = fingerprint(public_key)
        if any(key.fingerprint == digest for key in self.store):
            raise conflict("SSH key with the same fingerprint already exists", "public_key")
        key = self.store.add(SshKey(self.new_identity(body), public_key, digest))
        return Reply(201, {"ssh_key": key.render()})

    @operation("delete_ssh_key")
    def delete(self, call: Call) -> Reply:
        self.store.remove(self.find(call.params["id"]))
        return Reply(204)


def fingerprint(public_key: str) -> str:
    """The MD5 fingerprint as the vendor shows it (``aa:bb:…``); raises ``ApiError`` 422."""
    kind, _, rest = public_key.partition(" ")
    try:
        blob = base64.b64decode((rest.split() or [""])[0], validate=True)
    except binascii.Error:
        blob = b""
    # The blob begins with the length and the name of the key's type.
    name = kind.encode()
    if not kind.startswith(KINDS) or blob[4 : 4 + len(name)] != name:
        raise invalid("public_key", "is not a valid SSH public key")
    return hashlib.md5(blob).digest().hex(":")
