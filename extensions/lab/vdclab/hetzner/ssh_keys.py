"""SSH keys: unique by name and by fingerprint."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any, ClassVar

from ..core.routing import Call, Reply
from .labels import invalid
from .project import Family, Filters, need, operation, taken
from .store import Resource

KINDS = ("ssh-ed25519", "ssh-rsa", "ssh-dss", "ecdsa-sha2-", "sk-ssh-ed25519@", "sk-ecdsa-sha2-")


class SshKey(Resource):
    kind = "ssh_key"

    def __init__(self, identity: tuple[int, str, dict[str, str], str], public_key: str, fingerprint: str) -> None:
        super().__init__(*identity)
        self.public_key = public_key
        self.fingerprint = fingerprint

    def draw(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "fingerprint": self.fingerprint,
            "public_key": self.public_key,
            "labels": self.labels,
            "created": self.created,
        }


class SshKeys(Family[SshKey]):
    kind, plural, label = "ssh_key", "ssh_keys", "SSH key"
    filters: ClassVar[Filters] = {"fingerprint": lambda key: key.fingerprint}
    has_actions = False

    @operation("create_ssh_key")
    def create(self, call: Call) -> Reply:
        body = call.body or {}
        public_key = str(need(body, "public_key")).strip()
        mark = fingerprint(public_key)
        if any(key.fingerprint == mark for key in self.store):
            raise taken("SSH key with the same fingerprint already exists", "public_key")
        key = self.store.add(SshKey(self.identity(body), public_key, mark))
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
    # The blob begins with its own kind's length and name.
    name = kind.encode()
    if not kind.startswith(KINDS) or blob[4 : 4 + len(name)] != name:
        raise invalid("public_key", "is not a valid SSH public key")
    return hashlib.md5(blob).digest().hex(":")
