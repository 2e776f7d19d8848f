# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SSH keys at Exoscale: unique by name, never changed, compared by fingerprint.

They have neither labels nor a description, so their fingerprint shows whether a key is the specified one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.execute import ensure_single
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.kind import Field, Kind
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

WORD = "SSH key"
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,254}")  # from Exoscale's API document
TYPES = ("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-")

KIND = Kind(
    WORD,
    "ssh-key",
    [
        Field(
            "fingerprint", "fingerprint", normal=lambda text: (text or "").removeprefix("MD5:"), fixed=True, sent=False
        )
    ],
    choosable=lambda name: NAME.fullmatch(name) is not None,
    identity="name",
    create="register-ssh-key",
    delete_only_same=True,
    advice="give that key, choose another name, or set force: true to replace or delete the other one",
    unique=("fingerprint",),
    raw=("name",),
)


def fingerprint(public_key: str) -> str:
    """The MD5 fingerprint of an OpenSSH public key, as Exoscale shows it; raises ``ValidationError``."""
    words = public_key.split()
    blob = b""
    if len(words) >= 2 and words[0].startswith(TYPES):
        try:
            blob = base64.b64decode(words[1], validate=True)
        except (binascii.Error, ValueError):
            blob = b""
    # The blob begins with the length and name of the key's type.
    if not blob[4:].startswith(words[0].encode() if words else b"-"):
        raise ValidationError(
            f"public_key: {public_key[:24]!r}… is not an OpenSSH public key; give the line of an id_ed25519.pub file"
        )
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))


def check_name(name: str) -> None:
    """Raise ``ValidationError`` for a name that Exoscale does not take."""
    if NAME.fullmatch(name) is None:
        raise ValidationError(
            f"name: {name!r} cannot name an SSH key; use letters, digits, dots, dashes and underscores"
        )


def run(module: AnsibleModule, cloud: Exoscale) -> Report:
    """Register or delete one SSH key; see the module for the options. Raises ``ValidationError``, ``CloudError``."""
    params = module.params
    check_name(params["name"])
    key = params["public_key"]
    spec = Spec(
        params["name"],
        params["state"] == "present",
        {"fingerprint": None if key is None else fingerprint(key)},
        create={"public_key": key},
        replace=params["force"],
    )
    return ensure_single(cloud, KIND, spec, module.check_mode)
