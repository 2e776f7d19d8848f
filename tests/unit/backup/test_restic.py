"""What restic is given, without restic: no secret gets out, and its silence is told."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import Place, Repository, ResticError


def test_no_restic_is_told(tmp_path: Path) -> None:
    nothing = Repository(Place(str(tmp_path), "secret"), lambda *_call: (127, "", "not found"))
    with pytest.raises(ResticError, match="install the package restic"):
        nothing.version()


def test_silence_is_told(tmp_path: Path) -> None:
    silent = Repository(Place("s3:http://192.0.2.1/b", "secret"), lambda *_call: (124, "", ""))
    with pytest.raises(ResticError, match="did not answer within 60 s"):
        silent.backups()


def test_no_secret_is_in_arguments_or_environment(tmp_path: Path) -> None:
    seen = []

    def spy(words: list[str], environment: dict[str, str], cwd: str, handles: list[int]) -> tuple[int, str, str]:
        told = subprocess.run(
            ["sh", "-c", "cat /proc/self/environ; cat $RESTIC_PASSWORD_FILE; cat $AWS_SHARED_CREDENTIALS_FILE"],
            env=environment,
            pass_fds=handles,
            capture_output=True,
            text=True,
            check=True,
        )
        seen.append((words, environment, told.stdout))
        return 0, "[]", ""

    place = Place("s3:http://192.0.2.1/b/acme", "pass-word", "key-id", "key-secret")
    Repository(place, spy).backups()
    ((words, environment, told),) = seen
    for secret in ("pass-word", "key-id", "key-secret"):
        assert secret not in json.dumps([words, environment])
        assert secret not in repr(place)
        assert told.count(secret) == 1
