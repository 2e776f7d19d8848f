"""Host keys that derive from the operator's key: formats that OpenSSH and cloud-init read, and a known_hosts file."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.plugin_utils.host_keys import host_key, read_operator_key, user_data
from ansible_collections.sovereign.vdc.plugins.plugin_utils.known_hosts import ensure_line


def keygen(*words: object) -> str:
    """Run ssh-keygen; return its output."""
    command = ["ssh-keygen", *map(str, words)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An operator's private key, as the role operator_key generates it."""
    path = tmp_path_factory.mktemp("operator") / "ssh_ed25519"
    keygen("-q", "-t", "ed25519", "-N", "", "-f", path)
    return read_operator_key(path)


def test_openssh_reads_the_key_and_derives_the_same_public_part(operator: bytes, tmp_path: Path) -> None:
    key = host_key(operator, "demo-compute-1")
    path = tmp_path / "ssh_host_ed25519_key"
    path.write_text(key.private)
    path.chmod(0o600)
    assert keygen("-y", "-f", path) == key.public


def test_a_key_depends_on_the_operators_key_and_the_name_only(operator: bytes) -> None:
    first, again, other = (host_key(operator, name) for name in ("demo-compute-1", "demo-compute-1", "demo-compute-2"))
    assert first == again
    assert first.private == again.private
    assert first.public != other.public
    assert "PRIVATE" not in repr(first)


def test_a_comment_in_the_operators_key_does_not_change_host_keys(operator: bytes, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(operator)
    path.chmod(0o600)
    keygen("-q", "-c", "-C", "someone", "-f", path)
    assert path.read_bytes() != operator
    assert host_key(path.read_bytes(), "n") == host_key(operator, "n")


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_other_kinds_of_operators_keys_work(kind: str, tmp_path: Path) -> None:
    for form in ("RFC4716", "PEM"):
        keygen("-q", "-t", kind, "-N", "", "-m", form, "-f", tmp_path / form)
        assert host_key((tmp_path / form).read_bytes(), "n").public.startswith("ssh-ed25519 ")


def test_a_key_with_a_passphrase_is_refused(tmp_path: Path) -> None:
    keygen("-q", "-t", "ed25519", "-N", "hush-hush", "-f", tmp_path / "key")
    with pytest.raises(ValidationError, match="vdc_ssh_key_file: is not a private key without a passphrase"):
        host_key((tmp_path / "key").read_bytes(), "n")


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="cannot be read"):
        read_operator_key(tmp_path / "none")


def test_the_document_installs_the_key_and_closes_password_login(operator: bytes) -> None:
    key = host_key(operator, "n")
    text = user_data(key)
    assert text.startswith("#cloud-config\n")
    assert yaml.safe_load(text) == {
        "disable_root": False,
        "ssh_pwauth": False,
        "ssh_deletekeys": True,
        "ssh_keys": {"ed25519_private": key.private, "ed25519_public": key.public},
    }
    assert text == user_data(host_key(operator, "n"))


def test_an_operators_config_is_merged_and_another_format_is_a_part(operator: bytes) -> None:
    key = host_key(operator, "n")
    merged = yaml.safe_load(user_data(key, "#cloud-config\npackages: [vim]\nssh_pwauth: true\n"))
    assert (merged["packages"], merged["ssh_pwauth"], merged["ssh_keys"]["ed25519_public"]) == (
        ["vim"],
        True,
        key.public,
    )

    script = "#!/bin/sh\necho hello\n"
    header, _, body = user_data(key, script).partition("\n")
    assert header == "#cloud-config-archive"
    own, theirs = json.loads(body)
    assert yaml.safe_load(own["content"])["ssh_keys"]["ed25519_private"] == key.private
    assert theirs == {"content": script}


def test_foreign_host_keys_are_refused(operator: bytes) -> None:
    with pytest.raises(ValidationError, match="user_data: has host keys"):
        user_data(host_key(operator, "n"), "#cloud-config\nssh_keys: {}\n")
    with pytest.raises(ValidationError, match="is no YAML mapping"):
        user_data(host_key(operator, "n"), "#cloud-config\n- a\n")


def test_known_hosts_has_one_key_for_each_name(operator: bytes, tmp_path: Path) -> None:
    path = tmp_path / "new" / "known_hosts"
    first, second = host_key(operator, "a").public, host_key(operator, "b").public
    assert ensure_line(path, "a", second)
    assert ensure_line(path, "b", second)
    assert ensure_line(path, "a", first)
    before = path.stat().st_mtime_ns
    assert not ensure_line(path, "a", first)
    assert path.stat().st_mtime_ns == before
    assert keygen("-F", "a", "-f", path).splitlines()[1:] == [f"a {first}"]
    assert sorted(path.read_text().splitlines()) == [f"a {first}", f"b {second}"]


def test_concurrent_processes_lose_no_line(operator: bytes, tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    names = [f"node-{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: ensure_line(path, name, host_key(operator, name).public), names))
    assert sorted(line.split()[0] for line in path.read_text().splitlines()) == sorted(names)
