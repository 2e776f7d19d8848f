"""Whatever string a value of a compose project is, YAML and Compose read the same string back."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROLE = Path(__file__).resolve().parents[3] / "roles/tenant_stack"
PLAIN_IN_YAML = [
    "yes",
    "no",
    "on",
    "off",
    "y",
    "n",
    "null",
    "~",
    "true",
    "False",
    "1e3",
    "0x1f",
    "0o17",
    "012",
    "1_000",
    ".inf",
    ".nan",
    "12:30:45",
    "2026-11-28",
    "<<",
]
AWKWARD = [
    "a: b",
    "a #b",
    "- a",
    "'",
    '"',
    "\\",
    "a\\nb",
    "{a}",
    "[a]",
    "*a",
    "&a",
    "!a",
    "%a",
    "@a",
    "`a",
    "a,b",
    "|",
    ">",
    "?",
    " a ",
    "ü",
    "😀",
]
DOLLARS = ["$HOME", "${HOME}", "$$", "pa$$word"]
ALPHABET = "".join(map(chr, range(32, 127))) + "äß€漢😀\u00a0\u2028"


def values() -> list[str]:
    """Fixed awkward strings, and random ones that are the same in every run; none is a template."""
    chance = random.Random(7)
    drawn = ("".join(chance.choices(ALPHABET, k=chance.randint(1, 30))) for _ in range(40))
    return [
        value
        for value in [*PLAIN_IN_YAML, *AWKWARD, *DOLLARS, *drawn]
        if not any(mark in value for mark in ("{{", "{%", "{#"))
    ]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> list[tuple[list[str], dict]]:
    """Compose projects of one service, each with four of the values: as tenant, image, path and address."""
    directory = tmp_path_factory.mktemp("quoting")
    (directory / "templates").symlink_to(ROLE / "templates")
    quarters = [values()[at : at + 4] for at in range(0, len(values()) // 4 * 4, 4)]
    (directory / "values.json").write_text(json.dumps(quarters))
    definition = yaml.safe_load((ROLE / "vars/knowledge.yml").read_text())["tenant_stack_definition"]
    definition = {"credentials": definition["credentials"], "services": {"vectors": definition["services"]["vectors"]}}
    (directory / "vars.yml").write_text(yaml.safe_dump({"tenant_stack_definition": definition}))
    for name in definition["credentials"]:
        (directory / name).write_text("secret")
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {
            **yaml.safe_load((ROLE / "defaults/main.yml").read_text()),
            "ansible_python_interpreter": sys.executable,
            "role_path": str(ROLE),
            "tenant_stack_name": "knowledge",
            "tenant_stack_number": 7,
            "tenant_stack_tenant": "{{ item[0] }}",
            "tenant_stack_images": {"qdrant": "{{ item[1] }}"},
            "tenant_stack_data": "/srv/{{ item[2] }}",
            "tenant_stack_bind": "{{ item[3] }}",
            "tenant_stack_credentials": str(directory),
        },
        "vars_files": [str(ROLE / "vars/main.yml"), str(directory / "vars.yml")],
        "tasks": [
            {
                "ansible.builtin.debug": {"msg": "{{ lookup('ansible.builtin.template', 'compose.yaml.j2') }}"},
                "loop": "{{ lookup('ansible.builtin.file', '" + str(directory / "values.json") + "') | from_json }}",
                "register": "shown",
            },
            {
                "ansible.builtin.copy": {
                    "content": "{{ shown.results | map(attribute='msg') | to_json }}",
                    "dest": str(directory / "out.json"),
                    "mode": "0600",
                }
            },
        ],
    }
    (directory / "play.yml").write_text(yaml.safe_dump([play]))
    program = Path(sys.executable).with_name("ansible-playbook")
    done = subprocess.run(
        [program, "-i", "localhost,", "-c", "local", directory / "play.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    projects = json.loads((directory / "out.json").read_text())
    return [(quarter, yaml.safe_load(text)) for quarter, text in zip(quarters, projects, strict=True)]


def test_every_value_is_read_back_as_the_same_string(rendered):
    for quarter, project in rendered:
        # Compose reads $$ as $ in all values of a project.
        tenant, image, path, address = (value.replace("$", "$$") for value in quarter)
        service = project["services"]["vectors"]
        assert project["name"] == f"vdc-{tenant}"
        assert project["networks"]["tenant"]["labels"]["tenant"] == tenant
        assert service["labels"]["tenant"] == tenant
        assert all(isinstance(label, str) for label in service["labels"].values())
        assert service["image"] == image
        assert service["ports"] == [f"{address}:20071:6333"]
        assert f"/srv/{path}/qdrant:/data" in service["volumes"]
