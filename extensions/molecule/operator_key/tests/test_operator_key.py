"""The operator's key, as the machine's own tools show it."""

from __future__ import annotations

from testinfra.host import Host

KEY = "/root/keys/ed25519"


def test_private_key_is_readable_by_its_owner_only(host: Host) -> None:
    assert host.file("/root/keys").mode == 0o700
    assert host.file(KEY).mode == 0o600
    assert host.file(KEY).user == "root"


def test_key_is_ed25519_and_opens_without_a_passphrase(host: Host) -> None:
    assert host.check_output(f"ssh-keygen -y -P '' -f {KEY}").startswith("ssh-ed25519 ")
