"""Every role stands alone: documented, and its argument specs say what its defaults are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = sorted(path for path in (Path(__file__).resolve().parents[2] / "roles").iterdir() if path.is_dir())


def _load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text()) or {}


@pytest.fixture(params=ROLES, ids=lambda path: path.name)
def role(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def options(role: Path) -> dict[str, dict[str, Any]]:
    """The options of all entry points; one that several have is the same in each."""
    merged: dict[str, dict[str, Any]] = {}
    for spec in _load(role / "meta/argument_specs.yml")["argument_specs"].values():
        for name, option in spec["options"].items():
            if not option.get("required") and not merged.get(name, {}).get("required"):
                assert merged.setdefault(name, option) == option, f"{name} differs between entry points"
            else:
                merged[name] = {**option, "required": True}
    return merged


def test_specs_are_the_defaults(role: Path, options: dict[str, dict[str, Any]]) -> None:
    defaults = _load(role / "defaults/main.yml")
    specified = {name: option["default"] for name, option in options.items() if "default" in option}
    assert specified == defaults


def test_every_option_is_described_and_bears_the_role(role: Path, options: dict[str, dict[str, Any]]) -> None:
    for name, option in options.items():
        assert name.startswith(f"{role.name}_")
        assert option["description"]
        assert "default" in option or option.get("required") or name not in _load(role / "defaults/main.yml")


def test_every_entry_point_has_tasks_and_a_spec(role: Path) -> None:
    specs = _load(role / "meta/argument_specs.yml")["argument_specs"]
    assert {"main", "verify"} <= set(specs)
    for name, spec in specs.items():
        assert (role / f"tasks/{name}.yml").exists()
        assert spec["short_description"]


def test_the_readme_names_every_variable(role: Path, options: dict[str, dict[str, Any]]) -> None:
    text = (role / "README.md").read_text()
    for name in options:
        assert name in text or f"`_{name.removeprefix(role.name + '_')}`" in text, f"{name} is not in the README"
