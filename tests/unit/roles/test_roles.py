"""Every role is complete: its metadata, argument specs, defaults, entry points and README agree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
ROLES = sorted(path for path in (ROOT / "roles").iterdir() if path.is_dir())
PLATFORMS = [
    {"name": "Debian", "versions": ["bookworm", "trixie"]},
    {"name": "Ubuntu", "versions": ["jammy", "noble"]},
]
# Everything that runs roles: `tasks_from` after the role's name, in one line or on the next.
CALLERS = ("playbooks", "roles", "extensions/molecule", "tests/integration/plays")
CALL = re.compile(r"\bname: \"?sovereign\.vdc\.([a-z_]+)\"?,?\s+tasks_from: ([a-z_]+)")


def _load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text()) or {}


def _specs(role: Path) -> dict[str, Any]:
    return _load(role / "meta/argument_specs.yml")["argument_specs"]


def _defaults(role: Path) -> dict[str, Any]:
    path = role / "defaults/main.yml"
    return _load(path) if path.exists() else {}


@pytest.fixture(params=ROLES, ids=lambda path: path.name)
def role(request: pytest.FixtureRequest) -> Path:
    """The role's directory."""
    return request.param


@pytest.fixture
def options(role: Path) -> dict[str, dict[str, Any]]:
    """The options of all entry points. An option that several entry points have is the same in each."""
    merged: dict[str, dict[str, Any]] = {}
    for spec in _specs(role).values():
        for name, option in spec["options"].items():
            if not option.get("required") and not merged.get(name, {}).get("required"):
                assert merged.setdefault(name, option) == option, f"{name} differs between entry points"
            else:
                merged[name] = {**option, "required": True}
    return merged


def test_metadata_is_complete(role: Path) -> None:
    meta = _load(role / "meta/main.yml")
    info = meta["galaxy_info"]
    assert meta["dependencies"] == []
    assert info["description"]
    assert (info["author"], info["license"]) == ("The sovereign.vdc founders", "GPL-3.0-or-later")
    assert info["min_ansible_version"] == "2.18"
    assert info["platforms"] == PLATFORMS
    assert info["galaxy_tags"]
    assert all(re.fullmatch("[a-z0-9]+", tag) for tag in info["galaxy_tags"])


def test_defaults_equal_the_specs_defaults(role: Path, options: dict[str, dict[str, Any]]) -> None:
    specified = {name: option["default"] for name, option in options.items() if "default" in option}
    assert specified == _defaults(role)


def test_options_are_described_and_have_the_roles_prefix(role: Path, options: dict[str, dict[str, Any]]) -> None:
    for name, option in options.items():
        assert name.startswith(f"{role.name}_")
        assert option["description"]


def test_entry_points_have_tasks_and_a_description(role: Path) -> None:
    specs = _specs(role)
    assert {"main", "verify"} <= set(specs)
    for name, spec in specs.items():
        assert (role / f"tasks/{name}.yml").exists()
        assert spec["short_description"]


def test_task_files_are_entry_points_or_included_by_one(role: Path) -> None:
    files = {path.stem: path.read_text() for path in (role / "tasks").glob("*.yml")}
    included = {
        match[1]
        for name, text in files.items()
        for match in re.finditer(r"(?:include_tasks|import_tasks|file): ([a-z_]+)\.yml", text)
        if match[1] != name
    }
    assert set(files) - set(_specs(role)) <= included


def test_readme_lists_every_option_and_entry_point(role: Path, options: dict[str, dict[str, Any]]) -> None:
    text = (role / "README.md").read_text()
    for name in options:
        assert name in text or f"`_{name.removeprefix(role.name + '_')}`" in text, f"{name} is not in the README"
    for entry in set(_specs(role)) - {"main"}:
        assert f"`{entry}`" in text or f"`tasks_from: {entry}`" in text, f"entry point {entry} is not in the README"


def test_callers_use_existing_entry_points() -> None:
    calls = {
        (match[1], match[2])
        for directory in CALLERS
        for path in (ROOT / directory).rglob("*.yml")
        for match in CALL.finditer(path.read_text())
    }
    assert len(calls) > 10
    assert {call for call in calls if call[1] not in _specs(ROOT / "roles" / call[0])} == set()
