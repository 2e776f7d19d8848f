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

RUNNERS = frozenset({"ansible-playbook", "ansible-runner"})
WRITTEN = re.compile(r"(?P<host>[^:@\s]+):(?P<pid>\d+)@(?P<machine>\w*)\.(?P<boot>\w*)\.(?P<space>\w*)\.(?P<start>\d+)")


@dataclass(frozen=True)
class Machine:
    """Where processes are looked for; the folders are parameters so that tests can make their own."""

    proc: Path = Path("/proc")
    machine_id: Path = Path("/etc/machine-id")
    host: str = ""

    def mark(self) -> tuple[str, str, str, str]:
        """Host name, machine, boot and process namespace."""
        try:
            space = re.sub(r"\W|pid", "", os.readlink(self.proc / "self/ns/pid"))
        except OSError:
            space = ""
        boot = self._read(self.proc / "sys/kernel/random/boot_id")[:8]
        return self.host or socket.gethostname()[:48], self._read(self.machine_id)[:8], boot, space

    def process(self, pid: int) -> tuple[int, int, bool] | None:
        """The parent, the start in clock ticks since boot, and whether it still runs; None where there is none."""
        text = self._read(self.proc / str(pid) / "stat")
        if not text:
            return None
        # The name, in parentheses, may hold anything.
        fields = text.rpartition(")")[2].split()
        return int(fields[1]), int(fields[19]), fields[0] not in "ZX"

    def runs_ansible(self, pid: int) -> bool:
        """Whether the process is ansible-playbook or ansible-runner."""
        words = self._read(self.proc / str(pid) / "cmdline").split("\0")[:3]
        return any(Path(word).name in RUNNERS for word in words)

    @staticmethod
    def _read(path: Path) -> str:
        try:
            return path.read_text(errors="replace").strip()
        except OSError:
            return ""


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
        if machine.runs_ansible(at):
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
    known = machine.process(int(found["pid"]))
    return known is None or known[1] != int(found["start"]) or not known[2]
