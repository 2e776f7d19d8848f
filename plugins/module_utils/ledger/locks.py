# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One run per tenant: locks, and the Ansible run that holds one.

A lock expires, so that a run that died elsewhere does not block a tenant forever. A lock whose holder is known to
be dead is free at once.

A holder is written ``host:pid@machine.boot.namespace.start``: a process id means something only on the same machine
since the same boot in the same process namespace, and together with the process's start, since ids are used again.
"""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import LOCKS
from ansible_collections.sovereign.vdc.plugins.module_utils.processes import PLAYBOOK, Processes, read

RUNNERS = (PLAYBOOK, "ansible-runner")
HOLDER = re.compile(r"(?P<host>[^:@\s]+):(?P<pid>\d+)@(?P<machine>\w*)\.(?P<boot>\w*)\.(?P<space>\w*)\.(?P<start>\d+)")


@dataclass(frozen=True)
class Machine(Processes):
    """The machine that processes run on; its files and its name are parameters for tests."""

    machine_id: Path = Path("/etc/machine-id")
    host: str = ""

    def identity(self) -> tuple[str, str, str, str]:
        """Host name, machine id, boot id and process namespace."""
        try:
            space = re.sub(r"\W|pid", "", os.readlink(self.proc / "self/ns/pid"))
        except OSError:
            space = ""
        boot = read(self.proc / "sys/kernel/random/boot_id")[:8]
        return self.host or socket.gethostname()[:48], read(self.machine_id)[:8], boot, space


def current_holder(pid: int | None = None, machine: Machine | None = None) -> str:
    """The holder for locks that we take.

    That is the topmost Ansible run above process ``pid`` (default: this one), or that process if there is none.
    """
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
    host, name, boot, space = machine.identity()
    known = machine.process(top)
    return f"{host}:{top}@{name}.{boot}.{space}.{known[1] if known else 0}"


def is_dead(holder: str, machine: Machine | None = None) -> bool:
    """Whether the holder is certainly not running. For a holder on another machine that is unknown: false."""
    found = HOLDER.fullmatch(holder)
    if not found:
        return False
    machine = machine or Machine()
    host, name, boot, space = machine.identity()
    if (found["host"], found["machine"]) != (host, name):
        return False
    if found["boot"] != boot:
        return bool(name)  # without a machine id, it may be another machine of the same name
    if found["space"] != space:
        return False
    return not machine.lives(int(found["pid"]), int(found["start"]))


def acquire(connection: Any, now: int, name: str, holder: str, seconds: int) -> str:
    """Lock ``name`` for ``seconds``; returns empty if ``holder`` has the lock now, else the other holder.

    Acquiring one's own lock again extends it.
    """
    row = connection.execute(LOCKS.select().where(LOCKS.c.name == name)).one_or_none()
    if row and row.holder != holder and row.expires > now and not is_dead(row.holder):
        return row.holder
    connection.execute(LOCKS.delete().where(LOCKS.c.name == name))
    connection.execute(LOCKS.insert().values(name=name, holder=holder, expires=now + seconds))
    return ""


def held_by_others(connection: Any, now: int, holder: str) -> dict[str, str]:
    """The locks of other holders that may still be alive: holders by lock name."""
    others = LOCKS.select().where((LOCKS.c.holder != holder) & (LOCKS.c.expires > now))
    rows = connection.execute(others).all()
    dead = {name for name in {row.holder for row in rows} if is_dead(name)}
    return {row.name: row.holder for row in rows if row.holder not in dead}


def release(connection: Any, name: str, holder: str) -> bool:
    """Release our own lock; false if it is not ours (any more)."""
    own = (LOCKS.c.name == name) & (LOCKS.c.holder == holder)
    return connection.execute(LOCKS.delete().where(own)).rowcount > 0
