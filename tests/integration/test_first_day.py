"""What README and docs/first-day.md tell a newcomer exists, and their layout works from any directory."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import placement
from support.controller import BASE, TIERS
from support.lab import LabHandle
from support.playbooks import ANSIBLE, ROOT

PAGES = ("README.md", "docs/first-day.md")
# Programs that a newcomer's machine has, or that the collection's requirements install.
PROGRAMS = {"ansible-galaxy", "ansible-playbook", "cp", "export", "make", "pip", "python3", "."}
INSTALLED = "~/.ansible/collections/ansible_collections/sovereign/vdc/"
# Options of ansible-playbook that take no value.
FLAGS = {"--check", "--diff"}


def commands() -> list[list[str]]:
    """Return the words of each command in the pages: in consoles after the prompt, and in tables of ways to install."""
    found = []
    for page in PAGES:
        text = (ROOT / page).read_text()
        lines = re.findall(r"^\$ (.*)$", text, re.MULTILINE)
        lines += re.findall(r"^\| from [^|]* \| `([^`|]*)` \|$", text, re.MULTILINE)
        found += [shlex.split(part, comments=True) for line in lines for part in line.split("&&")]
    return [words for words in found if words]


def test_every_command_of_the_pages_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    given = commands()
    assert len(given) > 30
    for words in given:
        program, *rest = words
        assert program in PROGRAMS, words
        if program == "make":
            assert set(rest) <= targets, words
        for word in rest:
            if word.startswith(INSTALLED):
                assert (ROOT / word.removeprefix(INSTALLED)).exists(), words


def test_every_playbook_and_option_of_the_pages_exists() -> None:
    for program, *rest in commands():
        if program != "ansible-playbook":
            continue
        assert rest[:2] == ["-i", "mine"], rest
        name = rest[2].removeprefix("sovereign.vdc.")
        assert (ROOT / f"playbooks/{name}.yml").exists(), rest
        file = ROOT / f"playbooks/options/{name}.yml"
        options = set(yaml.safe_load(file.read_text()).get("options") or {}) if file.exists() else set()
        words = [word for word in rest[3:] if word not in FLAGS]
        for flag, value in zip(words[::2], words[1::2], strict=True):
            option = value.partition("=")[0]
            assert (flag, option in options or option.startswith("vdc_")) == ("-e", True), rest


def test_the_table_of_sizes_is_what_the_placement_does() -> None:
    text = (ROOT / "docs/first-day.md").read_text()
    rows = re.findall(r"^\| (cx\d+) \| (\d+), (\d+) \| (\d+) \|$", text, re.MULTILINE)
    assert len(rows) == 4
    casual = TIERS["casual"]
    for name, cores, gib, tenants in rows:
        machine = BASE["machines"][name]
        assert (machine["vcpus"], machine["memory_gib"]) == (int(cores), int(gib)), name
        node = placement.Node(name, int(cores) * 1000, int(gib) << 30)
        assert placement.free_slots(node, casual.cpu, casual.memory) == int(tenants), name
    for tier in TIERS.values():
        gib = tier.storage_sizes_gib[0]
        assert re.search(
            rf"^\| {tier.name} \|.*\| {gib} GiB.*\| {gib / placement.SHARE:g} GiB \|$", text, re.MULTILINE
        ), tier


@pytest.mark.usefixtures("lab")
def test_the_readmes_layout_works_from_another_directory(lab: LabHandle, tmp_path: Path) -> None:
    home, work = tmp_path / "home", tmp_path / "some where"
    for directory in (home, work):
        directory.mkdir()
    shutil.copytree(ROOT / "inventories/example", work / "mine")
    env = {**os.environ, **lab.env, "HOME": str(home), "ANSIBLE_NOCOLOR": "1"}

    def run(name: str, *given: str) -> str:
        words = [str(ANSIBLE), "-i", "mine", f"sovereign.vdc.{name}", *given]
        words += ["-e", "vdc_without_nodes=true", "-e", "{vdc_admin_networks: [192.0.2.0/24]}"]
        # The clouds' endpoints are environment variables; those of the object storage are variables of the inventory.
        words += ["-e", f"vdc_s3_endpoint={lab.env['VDC_S3_ENDPOINT']}"]
        words += ["-e", f"vdc_s3_controller_endpoint={lab.env['S3_ENDPOINT']}"]
        done = subprocess.run(words, cwd=work, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "Summary (predicted): " in run("platform", "--check", "--diff")
    assert "server demo-compute-1 at Hetzner Cloud is changed" in run("platform")
    created = run("tenant_create", "-e", "tenant=acme", "-e", "tier=casual", "-e", "owner_email=owner@acme.example")
    assert "Summary: acme (casual) is active on demo-compute-1, 10 GiB on demo-storage-1" in created
    assert "Summary: 1 tenants: 1 active" in run("tenants")
