"""Each playbook has its options file, checks them first, and uses the checked values only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.sovereign.vdc.plugins.plugin_utils.playbook_input import check, spec, values

ROOT = Path(__file__).resolve().parents[3]
PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))
CATALOG = values.Catalog(tiers=("casual", "pro", "enterprise"), locations=("nbg1", "hel1"))
# What the others import after their options were checked.
CHECKS = {"inventory_validate", "site_check"}
# Keys of a module's result.
RESERVED = {"changed", "failed", "msg", "skipped", "invocation", "warnings", "exception"}
CONDITIONS = {"when", "that", "until", "changed_when", "failed_when"}
EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


@pytest.fixture(params=PLAYBOOKS)
def playbook(request: pytest.FixtureRequest) -> str:
    """The playbook's name."""
    return request.param


def plays_of(playbook: str) -> list[dict[str, Any]]:
    """Return the playbook's plays."""
    return yaml.safe_load((ROOT / f"playbooks/{playbook}.yml").read_text())


def test_every_playbook_has_its_options_file_and_no_file_is_left_over() -> None:
    assert spec.names() == PLAYBOOKS


def test_the_first_task_of_each_playbook_checks_its_options(playbook: str) -> None:
    if playbook in CHECKS:
        return
    first = plays_of(playbook)[0]
    assert len(first["tasks"]) == 1
    assert (first["name"], first["hosts"], first["tags"]) == ("Validate input", "localhost", ["always"])
    task = first["tasks"][0]
    assert task["name"] == "Check the options"
    assert task["sovereign.vdc.playbook_input"]["playbook"] == playbook
    assert task["register"] == f"{playbook}_input"
    kinds = {option.type for option in spec.load(playbook).options.values()}
    assert ("catalog" in task["sovereign.vdc.playbook_input"]) == bool(kinds & {"tier", "tiers", "location"})


def test_options_are_documented_and_their_examples_and_defaults_are_valid(playbook: str) -> None:
    loaded = spec.load(playbook)
    assert loaded.short_description
    assert loaded.description
    assert any(f"sovereign.vdc.{playbook}" in example for example in loaded.examples)
    for option in loaded.options.values():
        assert option.description.endswith(".")
        assert option.type in values.TYPES
        assert option.name not in RESERVED
        # A template would find the method of that name.
        text = (ROOT / f"playbooks/{playbook}.yml").read_text()
        assert not hasattr(dict, option.name) or f"{playbook}_input.{option.name}" not in text
        assert not (option.required and option.default is not None)
        for value in (option.default, option.example):
            if value is not None and option.type not in ("file", "output_file"):
                values.convert(option, value, CATALOG)
        if option.repeats:
            assert option.consequence
            assert set(check.REFERENCE.findall(option.repeats + option.consequence)) <= set(loaded.options)
    for group in (*loaded.mutually_exclusive, *loaded.required_one_of):
        assert set(group) <= set(loaded.options)


def expressions(part: Any, bare: bool = False) -> Iterator[str]:
    """Yield all that Ansible evaluates in plays and tasks."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield from expressions(value, key in CONDITIONS)
    elif isinstance(part, list):
        for value in part:
            yield from expressions(value, bare)
    elif isinstance(part, str):
        yield from [part] if bare else EXPRESSION.findall(part)


def test_playbooks_and_roles_use_the_checked_values_only() -> None:
    options = {name for name in spec.known_options() if not name.startswith(("vdc_", "tenant_lifecycle_"))}
    raw = re.compile(rf"(?<![\w.])({'|'.join(options)})(?![\w=:])")
    found = []
    for path in [*(ROOT / "playbooks").rglob("*.yml"), *(ROOT / "roles").rglob("*.yml")]:
        if path.parent.name not in ("options", "meta"):
            for expression in expressions(yaml.safe_load(path.read_text())):
                bare = re.sub(r"'[^']*'|\"[^\"]*\"", "''", expression)
                found += [f"{path.relative_to(ROOT)}: {match[1]} in {expression}" for match in raw.finditer(bare)]
    assert found == []
