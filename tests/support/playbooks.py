"""Run a playbook against the lab as an operator would, in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ansible_mitogen

ROOT = Path(__file__).resolve().parents[2]
ANSIBLE = Path(sys.executable).with_name("ansible-playbook")
# One Python for all tasks instead of one each, which halves the time of a run.
QUICK = {
    "ANSIBLE_STRATEGY": "mitogen_linear",
    "ANSIBLE_STRATEGY_PLUGINS": str(Path(ansible_mitogen.__file__).parent / "plugins" / "strategy"),
}
# As operators run it.
STOCK = {"ANSIBLE_STRATEGY": "ansible.builtin.linear"}
# What the state shows besides what was made: offers, history, settings.
NOT_MADE = {"actions", "images", "isos", "operations", "quota", "quotas", "stock", "templates", "zone"}


@dataclass
class Outcome:
    """How a run ended: ``changed`` over all hosts, what was said, and the tasks that changed."""

    ok: bool
    changed: int
    said: str

    @property
    def complaint(self) -> str:
        """The sentence that the run ended in; empty if it succeeded."""
        found = re.findall(r'^(?:fatal|failed): .*?"msg": "(.*?[^\\])"[,}]', self.said, re.MULTILINE)
        return found[0] if found else ""


def play(
    name: str, private: Path, *more: str, seconds: int = 300, inventory: Path = ROOT / "inventories/lab", **env: str
) -> Outcome:
    """Run ``playbooks/<name>.yml``, ``seconds`` at most; keys and credentials are kept in ``private``."""
    command = [str(ANSIBLE), "-i", str(inventory), str(ROOT / f"playbooks/{name}.yml"), *more]
    settings = {"VDC_PRIVATE_DIR": str(private), "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1", **QUICK, **env}
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True, check=False, timeout=seconds
    )
    said = done.stdout + done.stderr
    changed = sum(int(n) for n in re.findall(r"^\S+\s+: ok=\d+\s+changed=(\d+)", said, re.MULTILINE))
    return Outcome(done.returncode == 0, changed, said)


def made(state: dict[str, Any]) -> dict[str, Counter[str]]:
    """What there is in the clouds, by kind: names and how often each occurs. Numbers in names
    that a provider chose are left out."""
    found: dict[str, Counter[str]] = {}
    for cloud, kinds in state.items():
        for kind, things in kinds.items():
            if kind in NOT_MADE or not isinstance(things, list):
                continue
            names = (str(thing.get("name")) for thing in things if isinstance(thing, dict))
            found[f"{cloud} {kind}"] = Counter(re.sub(r"^primary_ip-\d+$", "primary_ip", name) for name in names)
    return {kind: names for kind, names in found.items() if names}
