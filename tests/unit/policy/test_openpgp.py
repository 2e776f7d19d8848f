"""Fingerprints of signing keys."""

from __future__ import annotations

import base64
import shutil
import subprocess

import pytest
from ansible_collections.sovereign.vdc.plugins.filter.openpgp import repository_key_fault
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.openpgp import KeyFileError, fingerprints
from hypothesis import given
from hypothesis import strategies as st
from support.signing_keys import BINARY, FINGERPRINT, OTHER, armored


def fault(content: bytes, allowed: list[str]) -> str:
    return repository_key_fault(base64.b64encode(content).decode(), allowed)


@pytest.mark.parametrize("content", [BINARY, armored(BINARY), armored(BINARY).replace(b"\n", b"\r\n")])
def test_dockers_release_key_has_its_published_fingerprint(content):
    assert fingerprints(content) == [FINGERPRINT]
    assert fault(content, [FINGERPRINT]) == ""
    assert fault(content, ["9dc8 5822 9fc7 dd38 854a  e2d8 8d81 803c 0ebf cd88"]) == ""


@pytest.mark.parametrize(
    "content",
    [OTHER, armored(OTHER), BINARY + OTHER, OTHER + BINARY, armored(BINARY + OTHER), armored(BINARY) + armored(OTHER)],
)
def test_a_file_with_any_other_key_is_rejected(content):
    [other] = fingerprints(OTHER)
    assert fault(content, [FINGERPRINT]) == f"its fingerprint is {other}, not {FINGERPRINT}"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file has no public key"),
        (b"<html>Not found</html>", "the file is not an OpenPGP key file"),
        (BINARY[:-1], "the file is truncated"),
        (b"\x94\x01\x04", "the file has a secret key"),
        (b"\x98\x01\x06", "the file has a key of version 6"),
        (armored(BINARY) + b"and more", "the file has text besides its key blocks"),
        (armored(BINARY).replace(b"mQIN", b"m*IN"), "the key block is not base64"),
    ],
)
def test_other_files_are_rejected_with_a_reason(content, says):
    assert says in fault(content, [FINGERPRINT])


@given(st.binary(max_size=300))
def test_any_content_has_fingerprints_or_a_reason(content):
    try:
        found = fingerprints(content)
    except KeyFileError:
        return
    assert all(len(fingerprint) == 40 for fingerprint in found)


@pytest.mark.skipif(not shutil.which("gpg"), reason="GnuPG is not installed")
def test_fingerprints_equal_those_of_gnupg(tmp_path):
    def gpg(*arguments: str) -> bytes:
        command = ["gpg", "--homedir", str(tmp_path), "--batch", "--quiet", "--passphrase", "", *arguments]
        return subprocess.run(command, check=True, capture_output=True).stdout

    for algorithm in ("ed25519", "rsa2048"):
        gpg("--quick-generate-key", algorithm, algorithm, "default", "never")
    subprocess.run(["gpgconf", "--homedir", str(tmp_path), "--kill", "all"], check=False)
    listed = [
        row.split(":")[9] for row in gpg("--with-colons", "--list-keys").decode().splitlines() if row.startswith("fpr")
    ]
    found = fingerprints(gpg("--export"))
    assert len(found) == 2
    assert set(found) <= set(listed)
    assert fingerprints(gpg("--armor", "--export")) == found
