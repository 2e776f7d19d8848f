"""The lock of the controller's packages belongs to the requirements, and every package has hashes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = ROOT / "extensions/execution-environment"
LOCKS = {
    "requirements-lock.txt": ["requirements.txt"],
    "extensions/execution-environment/requirements-lock.txt": [
        "requirements.txt",
        "extensions/execution-environment/requirements.txt",
    ],
}


def pins(lock: str) -> dict[str, str]:
    found = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


@pytest.mark.parametrize(("lock", "sources"), LOCKS.items())
def test_each_requirement_is_locked_within_its_range(lock, sources):
    lines = [line.partition("#")[0].strip() for source in sources for line in (ROOT / source).read_text().splitlines()]
    requirements = [Requirement(line) for line in lines if line]
    locked = pins(lock)
    wrong = [str(r) for r in requirements if not r.specifier.contains(locked.get(canonicalize_name(r.name), "0"))]
    assert wrong == [], "run tools/requirements_lock"


@pytest.mark.parametrize("lock", LOCKS)
def test_each_package_has_hashes_and_no_index_is_named(lock):
    text = (ROOT / lock).read_text()
    entries = re.split(r"\n(?=[a-z])", text.partition("do not edit.\n")[2].strip())
    assert len(entries) == len(pins(lock)) > 20
    assert [entry for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)] == []
    assert not re.search(r"https?:|index-url|trusted-host|find-links", text)


def test_the_execution_environment_installs_the_same_packages_by_hash():
    first, second = (pins(lock) for lock in LOCKS)
    assert first.items() <= second.items()
    definition = (ENVIRONMENT / "execution-environment.yml").read_text()
    assert "--require-hashes --requirement /tmp/requirements-lock.txt" in definition
