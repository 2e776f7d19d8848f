"""Fingerprints of public keys."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale import ssh_key
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"


def test_fingerprint_ignores_the_comment() -> None:
    plain = ssh_key.fingerprint(ED25519)
    assert plain == ssh_key.fingerprint(f"  {ED25519}  someone@host\n")
    assert len(plain) == 47


@pytest.mark.parametrize("text", ["", "ssh-ed25519", "ssh-ed25519 !!!", "ssh-rsa " + ED25519.split()[1], "-----BEGIN"])
def test_malformed_public_keys_are_rejected(text: str) -> None:
    with pytest.raises(ValidationError, match="is not an OpenSSH public key"):
        ssh_key.fingerprint(text)
