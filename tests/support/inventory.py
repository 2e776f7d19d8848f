"""Read an inventory of the installed collection as an operator does: with ansible-inventory."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass
class InventoryOutput:
    """``hosts``: variables by host; ``groups``: hosts (of child groups too) by group; ``error``: the
    plugin's message if nothing could be read; ``output``: all warnings and errors."""

    hosts: dict[str, dict[str, Any]]
    groups: dict[str, list[str]]
    error: str
    output: str


class InventoryFile:
    """A file of options for one of the inventories, in its own directory."""

    def __init__(self, directory: Path, provider: str) -> None:
        self.path = directory / f"{provider}.yml"
        self.cache = directory / "cache"
        self._plugin = f"sovereign.vdc.{provider}"

    def read(self, *arguments: str, **options: Any) -> InventoryOutput:
        """Return what ansible-inventory shows with ``options`` in the file."""
        self.path.write_text(yaml.safe_dump({"plugin": self._plugin, **options}))
        done = self._run("ansible-inventory", "--list", *arguments)
        output = " ".join(done.stderr.split())  # ansible-core 2.18 wraps its lines
        if done.returncode:
            return InventoryOutput({}, {}, _sentence(output), output)
        # ansible-core shows a value that is never a template as {"__ansible_unsafe": "text"}.
        shown = json.loads(done.stdout, object_hook=lambda node: node.get("__ansible_unsafe", node))
        hosts = shown.pop("_meta")["hostvars"]
        groups = {name: sorted(_members(shown, name)) for name in shown}
        return InventoryOutput(hosts, groups, "", output)

    def render(self, host: str, template: str) -> str:
        """Return ``template`` as a task on ``host`` renders it, with the options that were read last."""
        message = json.dumps({"msg": template})
        done = self._run("ansible", host, "-m", "ansible.builtin.debug", "-a", message)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.split("=>", 1)[1])["msg"]

    def _run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "ANSIBLE_INVENTORY_ENABLED": self._plugin,
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_NOCOLOR": "true",
        }
        program = str(Path(sys.executable).with_name(command))
        return subprocess.run(
            [program, "-i", str(self.path), *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def _members(shown: dict[str, Any], group: str) -> set[str]:
    node = shown.get(group, {})
    return set(node.get("hosts", [])).union(*(_members(shown, child) for child in node.get("children", [])))


def _sentence(text: str) -> str:
    """Return our plugin's message without Ansible's text around it."""
    found = re.search(r" plugin: (.+?)(?= Failed to parse | <<< | \[[A-Z]+\]: |$)", text)
    return found[1] if found else text
