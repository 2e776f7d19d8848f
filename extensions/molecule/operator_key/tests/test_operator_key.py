"""The operator's key, as the machine's own tools show it."""

from __future__ import annotations

from testinfra.host import Host

KEY = "/root/keys/ed25519"


def test_private_key_is_readable_by_its_owner_only(host: Host) -> None:
    assert host.file("/root/keys").mode == 0o700
    assert host.file(KEY).mode == 0o600
    assert host.file(KEY).user == "root"


def test_key_is_ed25519_and_matches_its_public_key(host: Host) -> None:
    derived = host.check_output(f"ssh-keygen -y -f {KEY}").split()
    assert derived[0] == "ssh-ed25519"
    assert host.file(f"{KEY}.pub").content_string.split()[:2] == derived[:2]
