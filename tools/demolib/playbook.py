"""Run a playbook and show one line for each task that is not skipped."""

from __future__ import annotations

import os
import re
import select
import shlex
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from .output import detail, elapsed, require, step
from .site import INVENTORY, LAB, ROOT, environment

HEADING = re.compile(r"(PLAY|TASK|RUNNING HANDLER) \[(.*)\] \**$")
MESSAGE = re.compile(r'\s+"?msg"?: "?(.*?)"?$')
# Begins each line that a task prints which ran on a host.
RAN = re.compile(r"(ok|changed|included|fatal|failed): |FAILED - RETRYING")
RECAP = re.compile(r"\S+\s+: ok=\d+\s+changed=(\d+)")
# Ansible's own task before each role entry point, which is not worth a line.
HIDDEN = "Validating arguments"
# After so many seconds without output a task is running: only then is it shown before its result.
PATIENCE = 1.0


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
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert process.stdout is not None
        follow(process.stdout, run, log)
    require(process.wait() == 0, f"playbook {name}")
    return run


def follow(output: IO[bytes], run: Run, log: IO[str]) -> None:
    """Read the playbook's output to its end; print tasks that are not skipped, and everything from the first error on."""
    play, since, failed = "", 0.0, False
    task: tuple[str, float] | None = None
    for line in _lines(output):
        if task and (line is None or RAN.match(line)):
            detail(*task)
            task = None
        if line is None:
            continue
        log.write(line)
        heading = HEADING.match(line)
        if play and (line.startswith("PLAY RECAP") or (heading and heading[1] == "PLAY")):
            run.plays.append((play, time.monotonic() - since))
        if heading and heading[1] == "PLAY":
            play, since = heading[2], time.monotonic()
        elif heading:
            shown = HIDDEN not in heading[2]
            task = (f"{play}: {heading[2].rpartition(' : ')[2]}", elapsed()) if shown else None
        elif line.startswith(("fatal:", "failed:", "[ERROR]")):
            failed = True
        elif message := MESSAGE.match(line):
            run.messages.append(message[1])
        elif recap := RECAP.match(line):
            run.changed += int(recap[1])
        if failed:
            print(line, end="", flush=True)


def _lines(output: IO[bytes]) -> Iterator[str | None]:
    """Yield each line, and None when none has come for ``PATIENCE`` seconds."""
    pending = b""
    while True:
        if not select.select([output], [], [], PATIENCE)[0]:
            yield None
            continue
        read = os.read(output.fileno(), 1 << 16)
        if not read:
            return
        *lines, pending = (pending + read).split(b"\n")
        yield from (line.decode(errors="replace") + "\n" for line in lines)
