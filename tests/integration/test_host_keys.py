"""Host keys in the inventory that operators copy: the derived key is trusted at first contact, and no other."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.plugin_utils.host_keys import host_key, read_operator_key
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.operator_key import ensure_operator_key
from support.playbooks import ANSIBLE, QUICK, ROOT, STOCK
from support.ssh_listener import Listener, listener

NODE = "demo-compute-1"


class Controller:
    """The example's variables for one node, with all private files in a directory whose name has a blank."""

    def __init__(self, directory: Path) -> None:
        self.inventory, self.private = directory / "mine", directory / "pri vate"
        shutil.copytree(ROOT / "inventories/example/group_vars", self.inventory / "group_vars")
        self.operator_key = read_operator_key(ensure_operator_key(self.private))

    def connect(self, server: Listener, **env: str) -> str:
        """Connect to the node, which does not let anybody in; return what Ansible says."""
        (self.inventory / "hosts").write_text(f"{NODE} ansible_host=127.0.0.1 ansible_port={server.port}\n")
        words = [
            "-i",
            self.inventory,
            NODE,
            "-m",
            "ansible.builtin.ping",
            "-e",
            f'{{"vdc_private_dir": "{self.private}"}}',
        ]
        command = [ANSIBLE.with_name("ansible"), *words, "-e", "ansible_ssh_retries=0"]
        settings = {**os.environ, "ANSIBLE_NOCOLOR": "1", **env}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=settings, timeout=100)
        return done.stdout + done.stderr


@pytest.fixture
def controller(tmp_path: Path) -> Controller:
    """A controller that has never connected."""
    return Controller(tmp_path)


def test_the_derived_key_is_trusted_at_first_contact(controller: Controller) -> None:
    derived = serialization.load_ssh_private_key(host_key(controller.operator_key, NODE).private.encode(), None)
    assert isinstance(derived, Ed25519PrivateKey)
    with listener(derived) as server:
        said = controller.connect(server, **STOCK)
    assert True in server.accepted, said
    # A job container that starts with an empty directory knows it, too.
    (controller.private / "known_hosts").unlink()
    with listener(derived) as server:
        said = controller.connect(server, **QUICK)
    assert True in server.accepted, said


@pytest.mark.parametrize(
    "env", [STOCK, QUICK, {"ANSIBLE_HOST_KEY_CHECKING": "false"}], ids=["stock", "mitogen", "switched off"]
)
def test_another_key_is_refused_at_first_contact(controller: Controller, env: dict[str, str]) -> None:
    with listener(Ed25519PrivateKey.generate()) as server:
        said = controller.connect(server, **env)
    assert server.accepted
    assert True not in server.accepted
    assert "Host key verification failed" in said or "unrecognized or mismatching host key" in said
