"""The role container_host lets apt trust only a key with the expected fingerprint."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml
from support.signing_keys import BINARY, FINGERPRINT, OTHER, armored

ROLE = Path(__file__).resolve().parents[3] / "roles/container_host"


def run(directory: Path, key: bytes, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the role's tasks for the key of a repository at ``directory``."""
    (directory / "gpg").write_bytes(key)
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text())
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {
            **defaults,
            "ansible_python_interpreter": sys.executable,
            "container_host_repository": f"file://{directory}",
            "container_host_keyring": str(directory / "docker.asc"),
        },
        "tasks": [{"ansible.builtin.include_tasks": str(ROLE / "tasks/repository_key.yml")}],
    }
    (directory / "play.yml").write_text(yaml.safe_dump([play]))
    program = Path(sys.executable).with_name("ansible-playbook")
    command = [program, "-i", "localhost,", "-c", "local", directory / "play.yml", *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_expected_key_is_trusted(tmp_path):
    assert "changed=1" in run(tmp_path, armored(BINARY), "--check").stdout
    assert not (tmp_path / "docker.asc").exists()
    done = run(tmp_path, armored(BINARY))
    assert done.returncode == 0, done.stdout
    assert "changed=1" in done.stdout
    assert (tmp_path / "docker.asc").read_bytes() == armored(BINARY)
    assert not (tmp_path / "docker.asc.download").exists()


def test_another_key_is_never_written_where_apt_reads_it(tmp_path):
    (tmp_path / "docker.asc").write_bytes(b"the key of an earlier run")
    done = run(tmp_path, armored(BINARY) + armored(OTHER))
    assert done.returncode != 0
    assert "is not the expected key, because" in done.stdout
    assert "container_host_repository_key_fingerprints" in done.stdout
    assert (tmp_path / "docker.asc").read_bytes() == b"the key of an earlier run"


def test_the_default_is_dockers_release_key():
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text())
    assert defaults["container_host_repository_key_fingerprints"] == [FINGERPRINT]
