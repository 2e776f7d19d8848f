"""The lock of the controller's packages belongs to the requirements, and every package has hashes."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[3]
LOCK = (ROOT / "requirements-lock.txt").read_text()
PINS = {
    canonicalize_name(name): version for name, version in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", LOCK, re.MULTILINE)
}


def test_each_requirement_is_locked_within_its_range():
    lines = (line.partition("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines())
    requirements = [Requirement(line) for line in lines if line]
    wrong = [str(r) for r in requirements if not r.specifier.contains(PINS.get(canonicalize_name(r.name), "0"))]
    assert wrong == [], "run tools/requirements_lock"


def test_each_package_has_hashes():
    entries = re.split(r"\n(?=[a-z])", LOCK.partition("do not edit.\n")[2].strip())
    assert len(entries) == len(PINS) > 20
    assert [entry for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)] == []


def test_the_lock_names_no_index():
    assert not re.search(r"https?:|index-url|trusted-host|find-links", LOCK)


def test_the_execution_environment_installs_the_lock_by_hash():
    definition = (ROOT / "extensions/execution-environment/execution-environment.yml").read_text()
    assert "--require-hashes --requirement /tmp/requirements-lock.txt" in definition
