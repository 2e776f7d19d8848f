"""Run playbooks against the lab, each in its own process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ansible_mitogen

from support import warm
from support.kill import kill_tree
from support.operator_key import ensure_operator_key

ROOT = Path(__file__).resolve().parents[2]
INVENTORY = ROOT / "inventories/lab"
ANSIBLE = Path(sys.executable).with_name("ansible-playbook")
# For machines: one Python for all tasks of a machine instead of one each.
QUICK = {
    "ANSIBLE_STRATEGY": "mitogen_linear",
    "ANSIBLE_STRATEGY_PLUGINS": str(Path(ansible_mitogen.__file__).parent / "plugins" / "strategy"),
}
# As operators run it: the program is started, and a Python for each task.
STOCK = {"ANSIBLE_STRATEGY": "ansible.builtin.linear"}
# Parts of the state that are no resources: products, history, settings.
NOT_RESOURCES = {"actions", "images", "isos", "operations", "quota", "quotas", "stock", "templates", "zone"}


@dataclass
class Outcome:
    """How a run ended: whether it succeeded, ``changed`` summed over all hosts, and its output."""

    ok: bool
    changed: int
    output: str

    @property
    def error(self) -> str:
        """The message of the first failed task; empty if the run succeeded."""
        found = re.findall(r'^(?:fatal|failed): .*?"msg": "(.*?[^\\])"[,}]', self.output, re.MULTILINE)
        return found[0] if found else ""


def extra_vars(variables: dict[str, Any]) -> list[str]:
    """Return ``variables`` as command line arguments of ``ansible-playbook``."""
    return [part for key, value in variables.items() for part in ("-e", f"{key}={value}")]


def start(
    name: str, private: Path, *more: str, stdout: Path, stderr: Path, inventory: Path = INVENTORY, **env: str
) -> warm.Run | subprocess.Popen[str]:
    """Start ``playbooks/<name>.yml``; keys and credentials are kept in ``private``.

    The run is forked from a warm process (``support.ansible_server``), or, with ``ANSIBLE_STRATEGY`` in ``env`` (``STOCK``,
    ``QUICK``), started as operators start it. Either way it has a session, an environment and a command line of its own.
    Other playbooks than platform find the key that platform generates.
    """
    if name != "platform":
        ensure_operator_key(private)
    command = [str(ANSIBLE), "-i", str(inventory), str(ROOT / f"playbooks/{name}.yml"), *more]
    settings = {"VDC_PRIVATE_DIR": str(private), "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1", **env}
    if "ANSIBLE_STRATEGY" not in env:
        return warm.start(command, {**os.environ, **settings}, ROOT, stdout, stderr)
    with stdout.open("a") as output, stderr.open("a") as errors:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
            text=True,
        )


def play(name: str, private: Path, *more: str, seconds: int = 300, inventory: Path = INVENTORY, **env: str) -> Outcome:
    """Run ``playbooks/<name>.yml`` to its end, ``seconds`` at most; see ``start``."""
    with tempfile.TemporaryDirectory() as directory:
        files = {kind: Path(directory, kind) for kind in ("stdout", "stderr")}
        run = start(name, private, *more, inventory=inventory, **files, **env)
        try:
            code = run.wait(seconds)
        finally:
            kill_tree(run)
        output = "".join(path.read_text() for path in files.values())
    changed = sum(int(n) for n in re.findall(r"^\S+\s+: ok=\d+\s+changed=(\d+)", output, re.MULTILINE))
    return Outcome(code == 0, changed, output)


def resource_counts(state: dict[str, Any]) -> dict[str, Counter[str]]:
    """Return the resources of all clouds by kind: names and how often each occurs. Numbers in names
    that a provider chose are left out."""
    found: dict[str, Counter[str]] = {}
    for cloud, kinds in state.items():
        for kind, items in kinds.items():
            if kind in NOT_RESOURCES or not isinstance(items, list):
                continue
            names = (str(item.get("name")) for item in items if isinstance(item, dict))
            found[f"{cloud} {kind}"] = Counter(re.sub(r"^primary_ip-\d+$", "primary_ip", name) for name in names)
    return {kind: names for kind, names in found.items() if names}
