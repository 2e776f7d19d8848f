# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who holds a lock: the run of Ansible above us, and whether another such run still lives.

A holder is written ``host:pid@machine.boot.namespace.start``: the process id means something only on
the same machine since the same boot in the same process namespace, and together with the moment at
which the process began, since ids are given again.
"""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.sovereign.vdc.plugins.module_utils.processes import PLAYBOOK, Processes, read

RUNNERS = (PLAYBOOK, "ansible-runner")
WRITTEN = re.compile(r"(?P<host>[^:@\s]+):(?P<pid>\d+)@(?P<machine>\w*)\.(?P<boot>\w*)\.(?P<space>\w*)\.(?P<start>\d+)")


@dataclass(frozen=True)
class Machine(Processes):
    """The machine that processes run on; what is looked at is a parameter so that tests can make their own."""

    machine_id: Path = Path("/etc/machine-id")
    host: str = ""

    def mark(self) -> tuple[str, str, str, str]:
        """Host name, machine, boot and process namespace."""
        try:
            space = re.sub(r"\W|pid", "", os.readlink(self.proc / "self/ns/pid"))
        except OSError:
            space = ""
        boot = read(self.proc / "sys/kernel/random/boot_id")[:8]
        return self.host or socket.gethostname()[:48], read(self.machine_id)[:8], boot, space


def ours(pid: int | None = None, machine: Machine | None = None) -> str:
    """The holder that we are: the topmost run of Ansible above process ``pid`` (default: this one), or that
    process itself where there is none."""
    machine = machine or Machine()
    pid = pid or os.getpid()
    top, at = pid, pid
    while at > 1:
        known = machine.process(at)
        if known is None:
            break
        if machine.is_program(at, *RUNNERS):
            top = at
        at = known[0]
    host, name, boot, space = machine.mark()
    known = machine.process(top)
    return f"{host}:{top}@{name}.{boot}.{space}.{known[1] if known else 0}"


def is_dead(holder: str, machine: Machine | None = None) -> bool:
    """Whether the holder certainly runs no more. Of other machines nothing is certain."""
    found = WRITTEN.fullmatch(holder)
    if not found:
        return False
    machine = machine or Machine()
    host, name, boot, space = machine.mark()
    if (found["host"], found["machine"]) != (host, name):
        return False
    if found["boot"] != boot:
        return bool(name)  # without its id, it may be another machine of the same name
    if found["space"] != space:
        return False
    return not machine.lives(int(found["pid"]), int(found["start"]))
