"""The operator's key, as the controller's own tools show it: the role writes it there, whatever the host."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from testinfra.host import Host

DIRECTORY = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])


@pytest.fixture
def key(host: Host) -> Path:
    return DIRECTORY / "keys" / host.backend.get_pytest_id().rpartition("://")[2]


def test_private_key_is_readable_by_its_owner_only(key: Path) -> None:
    assert key.parent.stat().st_mode & 0o777 == 0o700
    assert key.stat().st_mode & 0o777 == 0o600


def test_key_is_that_of_the_store_and_opens_without_a_passphrase(key: Path) -> None:
    assert key.read_text() == (DIRECTORY / "secrets/operator/ssh_ed25519").read_text()
    derived = subprocess.run(["ssh-keygen", "-y", "-P", "", "-f", str(key)], capture_output=True, text=True, check=True)
    assert derived.stdout.startswith("ssh-ed25519 ")
