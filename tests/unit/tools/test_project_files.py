"""What contributors, the forge and ansible-builder read agrees with the project."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[3]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*_re*.yml"))


def read(path: str) -> Any:
    """A YAML file of the project."""
    return yaml.safe_load((ROOT / path).read_text())


def make_targets() -> set[str]:
    """The targets that the Makefile documents."""
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def runtime_requirements() -> dict[str, Requirement]:
    """requirements.txt by the name of the package."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    parsed = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {requirement.name: requirement for requirement in parsed}


def test_ci_runs_targets_that_exist() -> None:
    called = set()
    for job in read(".github/workflows/ci.yml")["jobs"].values():
        targets = job.get("strategy", {}).get("matrix", {}).get("target", [""])
        commands = [step["run"] for step in job["steps"] if "run" in step]
        assert commands
        called |= {command.replace("${{ matrix.target }}", target) for command in commands for target in targets}
    assert {"make quick", "make test", "make oldest", "make newest", "make molecule", "make machines"} <= called
    assert {command.removeprefix("make ") for command in called} <= make_targets()


def test_hooks_run_programs_of_the_environment_without_a_remote() -> None:
    hooks = [(repo["repo"], hook) for repo in read(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    for repo, hook in hooks:
        assert (repo, hook["language"]) == ("local", "system")
        program = Path(hook["entry"].split()[0])
        assert program.parent == Path(".venv/bin")
        assert Path(sys.executable).with_name(program.name).exists(), f"{program.name} is not in requirements-dev.txt"


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_issue_forms_have_named_fields_with_labels(form: Path) -> None:
    fields = [field for field in yaml.safe_load(form.read_text())["body"] if field["type"] != "markdown"]
    names = [field["id"] for field in fields]
    assert len(names) == len(set(names))
    assert all(field["attributes"]["label"] for field in fields)


def test_an_execution_environment_gets_what_the_controller_needs() -> None:
    environment = read("meta/execution-environment.yml")
    assert environment["version"] == 3
    assert environment["dependencies"] == {"python": "requirements.txt", "system": "bindep.txt"}
    assert {"hcloud", "exoscale", "netaddr", "requests", "sqlalchemy", "alembic", "psycopg"} <= set(
        runtime_requirements()
    )
    lines = [line for line in (ROOT / "bindep.txt").read_text().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9.+-]+( \[platform:(dpkg|rpm)\])?", line) for line in lines)
    assert {"openssh-client", "openssh-clients"} == {line.split()[0] for line in lines}


def test_the_oldest_versions_that_are_tested_are_those_that_are_allowed() -> None:
    allowed = runtime_requirements()
    lines = (ROOT / "requirements-oldest.txt").read_text().splitlines()
    tested = dict(line.split("==") for line in lines if "==" in line)
    for name in set(tested) & set(allowed):
        lowest = min(spec.version for spec in allowed[name].specifier)
        assert Requirement(f"{name}>={lowest}").specifier.contains(tested[name])
        assert tested[name].startswith(lowest), f"{name}: {lowest} is allowed, {tested[name]} is tested"


def test_links_between_pages_lead_somewhere() -> None:
    pages = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    dead = [
        f"{page}: {target}"
        for page in pages
        for target in LINK.findall((ROOT / page).read_text())
        if not (ROOT / page).parent.joinpath(target).exists()
    ]
    assert pages
    assert dead == []
