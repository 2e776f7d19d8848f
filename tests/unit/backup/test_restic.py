"""Calls of restic, without restic: secrets stay secret, and a missing answer is an error."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import Location, Repository, ResticError


def test_a_missing_restic_is_an_error(tmp_path: Path) -> None:
    missing = Repository(Location(str(tmp_path), "secret"), lambda *_call: (127, "", "not found"))
    with pytest.raises(ResticError, match="install the package restic"):
        missing.version()


def test_a_missing_answer_is_an_error(tmp_path: Path) -> None:
    silent = Repository(Location("s3:http://192.0.2.1/b", "secret"), lambda *_call: (124, "", ""))
    with pytest.raises(ResticError, match="did not answer within 60 s"):
        silent.backups()


def test_secrets_are_neither_in_arguments_nor_in_the_environment(tmp_path: Path) -> None:
    calls = []

    def spy(words: list[str], environment: dict[str, str], cwd: str, handles: list[int]) -> tuple[int, str, str]:
        output = subprocess.run(
            ["sh", "-c", "cat /proc/self/environ; cat $RESTIC_PASSWORD_FILE; cat $AWS_SHARED_CREDENTIALS_FILE"],
            env=environment,
            pass_fds=handles,
            capture_output=True,
            text=True,
            check=True,
        )
        calls.append((words, environment, output.stdout))
        return 0, "[]", ""

    location = Location("s3:http://192.0.2.1/b/acme", "pass-word", "key-id", "key-secret")
    Repository(location, spy).backups()
    ((words, environment, output),) = calls
    for secret in ("pass-word", "key-id", "key-secret"):
        assert secret not in json.dumps([words, environment])
        assert secret not in repr(location)
        assert output.count(secret) == 1
