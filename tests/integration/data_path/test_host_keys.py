"""Host keys: known before a node boots, and no other accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import COMPUTE, STORAGE, DataPath

pytestmark = pytest.mark.machines

KEY = "/etc/ssh/ssh_host_ed25519_key"


def test_a_controller_without_known_hosts_connects_to_the_derived_keys_only(site: DataPath) -> None:
    known = site.directory / "known_hosts"
    known.unlink()
    (site.directory / ".known_hosts.lock").unlink()
    for node in (COMPUTE, STORAGE):
        assert site.module(node, "ansible.builtin.ping", {})["ping"] == "pong"
        public = " ".join(site.check_output(node, f"cat {KEY}.pub").split()[:2])
        assert f"{node} {public}" in known.read_text().splitlines()
        assert site.check_output(node, "ls /etc/ssh/ssh_host_*_key") == KEY


def test_a_node_with_another_host_key_is_refused(site: DataPath) -> None:
    site.check_output(
        STORAGE,
        f"cp -a {KEY} /root/kept && rm {KEY} && ssh-keygen -q -t ed25519 -N '' -f {KEY} && systemctl restart ssh",
    )
    try:
        # A connection that is open already would be used again.
        _close_connections(site.run_dir / "ssh")
        refused = site.module(STORAGE, "ansible.builtin.ping", {})
    finally:
        site.check_output(STORAGE, f"mv /root/kept {KEY} && systemctl restart ssh")
    assert refused["unreachable"]
    assert "Host key verification failed" in refused["msg"]
    assert site.module(STORAGE, "ansible.builtin.ping", {})["ping"] == "pong"


def test_nobody_logs_in_with_a_password(site: DataPath) -> None:
    for node in (COMPUTE, STORAGE):
        assert "passwordauthentication no" in site.check_output(node, "sshd -T")


def _close_connections(sockets: Path) -> None:
    """Forget the sockets of shared connections."""
    for socket in sockets.iterdir():
        socket.unlink()
