"""Run a playbook and print one line for each task."""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from dataclasses import dataclass, field

from .output import detail, require, step
from .site import INVENTORY, LAB, ROOT, environment

HEADING = re.compile(r"(PLAY|TASK|RUNNING HANDLER) \[(.*)\] \**$")
MESSAGE = re.compile(r'\s+"?msg"?: "?(.*?)"?$')
RECAP = re.compile(r"\S+\s+: ok=\d+\s+changed=(\d+)")
# Ansible's own task before each role entry point, which is not worth a line.
HIDDEN = "Validating arguments"


@dataclass
class Run:
    """One playbook's run: its plays with their seconds, the messages it printed, and the recap's changes."""

    plays: list[tuple[str, float]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    changed: int = 0


def run_playbook(name: str, *tags: str, **variables: object) -> Run:
    """Run ``playbooks/<name>.yml`` with extra variables and end the demonstration if it fails.

    The complete output is kept in ``.lab/demo-<name>.log``.
    """
    given = [word for key, value in variables.items() for word in ("-e", f"{key}={value}")]
    command = ["ansible-playbook", "-i", INVENTORY, f"playbooks/{name}.yml", *tags, *given]
    step(shlex.join(command))
    run = Run()
    with (LAB / f"demo-{name}.log").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )
        _follow(process, run, log)
    require(process.wait() == 0, f"playbook {name}")
    return run


def _follow(process, run: Run, log) -> None:
    """Read the playbook's output to its end; print tasks, and everything from the first error on."""
    play, since, failed = "", 0.0, False
    for line in process.stdout:
        log.write(line)
        heading = HEADING.match(line)
        if play and (line.startswith("PLAY RECAP") or (heading and heading[1] == "PLAY")):
            run.plays.append((play, time.monotonic() - since))
        if heading and heading[1] == "PLAY":
            play, since = heading[2], time.monotonic()
        elif heading and HIDDEN not in heading[2]:
            detail(f"{play}: {heading[2].rpartition(' : ')[2]}")
        elif line.startswith(("fatal:", "failed:", "[ERROR]")):
            failed = True
        elif message := MESSAGE.match(line):
            run.messages.append(message[1])
        elif recap := RECAP.match(line):
            run.changed += int(recap[1])
        if failed:
            print(line, end="", flush=True)
