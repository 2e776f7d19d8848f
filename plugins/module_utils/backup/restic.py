# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One restic repository: the program's commands in our words. Works with restic 0.12 and newer."""

from __future__ import annotations

import json
import os
import re
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import StorageError

# Runs a command with more environment, in a directory, with these file descriptors left open: exit code, output, errors.
Runner = Callable[[list[str], dict[str, str], str, list[int]], tuple[int, str, str]]

ANSWER = 60  # seconds within which object storage must answer; restic itself would try for many minutes
LATE = 124  # timeout's exit code
INCOMPLETE = 3  # restic's exit code when it could not read all
SPARSE = (0, 15)  # restic restores holes as holes from here on
MISSING = re.compile(r"does not exist|no such file or directory|NoSuchKey|NoSuchBucket", re.IGNORECASE)
MADE = re.compile(r"already (exists|initialized)", re.IGNORECASE)
WRONG_PASSWORD = re.compile(r"wrong password|no key found", re.IGNORECASE)
LOCK_LIFE = 1800  # seconds after which a lock that its owner did not renew is nobody's, as restic has it
BEGUN, COMPLETE, VERIFIED = "begun", "complete", "verified="
SAFETY = ".safety"  # ends the host under which a policy counts backups that were taken before a restore


class ResticError(StorageError):
    """A command of restic failed; the text is a sentence."""


@dataclass(frozen=True)
class Place:
    """Where the repository is, in restic's notation, and what opens it. ``cache`` is a directory."""

    url: str
    password: str = field(repr=False)
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    region: str = ""
    cache: str = "/var/cache/vdc/restic"


@dataclass(frozen=True)
class Backup:
    """A snapshot of restic. ``name`` stays the same for its life, ``id`` changes with its tags; ``taken`` is in seconds
    since 1970, ``verified`` too (0: never). ``safety`` ones were taken before a restore, in case that it was a mistake."""

    id: str
    name: str
    taken: float
    complete: bool = True
    safety: bool = False
    verified: float = 0.0


class Repository:
    """The repository at ``place``. ``run`` is how commands are run; ``held`` are file descriptors (a lock) that live
    as long as a command does."""

    def __init__(self, place: Place, run: Runner, held: Sequence[int] = ()) -> None:
        self.place = place
        self._run = run
        self._held = list(held)

    def version(self) -> tuple[int, ...]:
        """That of the program; raises ``ResticError`` where there is none."""
        code, out, _err = self._run(["restic", "version"], {}, "/", [])
        found = re.match(r"restic (\d+)\.(\d+)", out)
        if code or not found:
            raise ResticError("there is no restic on this node: install the package restic")
        return tuple(int(part) for part in found.groups())

    def make(self) -> None:
        """Make it, unless it is there."""
        code, _out, err = self._restic("init", seconds=ANSWER)
        if code and not MADE.search(err):
            raise self._failure(code, err)

    def backups(self) -> list[Backup] | None:
        """All in it, oldest first; ``None`` where it was not made yet. Raises ``ResticError`` when it does not answer or
        does not open."""
        code, out, err = self._restic("snapshots", "--json", "--no-lock", seconds=ANSWER)
        # Newer ones hope for some minutes that a bucket may yet appear.
        if code and MISSING.search(err):
            return None
        if code:
            raise self._failure(code, err)
        return sorted(map(_backup, json.loads(out) or []), key=lambda backup: backup.taken)

    def backup(self, directory: str, names: Sequence[str], host: str, taken: float, parent: str = "") -> str:
        """Back ``names`` up, below ``directory``; the id. What has not changed since ``parent`` is not read. A backup that
        could not read everything is forgotten."""
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(taken))
        more = ["--json", "--host", host, "--tag", BEGUN, "--time", when]
        more += ["--parent", parent] if parent else []
        code, out, err = self._restic("backup", *more, *names, cwd=directory)
        made = [json.loads(line) for line in out.splitlines() if '"snapshot_id"' in line]
        if code or not made:
            if made and code == INCOMPLETE:
                self.forget([made[-1]["snapshot_id"]])
            raise self._failure(code, err)
        return made[-1]["snapshot_id"]

    def mark_complete(self, backup: str) -> None:
        """Say that ``backup`` holds all that it should."""
        self._must("tag", "--add", COMPLETE, "--remove", BEGUN, backup)

    def mark_verified(self, backup: str, when: float) -> None:
        """Say that ``backup`` was restored and compared at that time."""
        self._must("tag", "--add", f"{VERIFIED}{int(when)}", backup)

    def forget(self, backups: Sequence[str]) -> None:
        """Drop these; their data goes with the next ``keep``."""
        if backups:
            self._must("forget", *backups)

    def keep(self, arguments: Sequence[str]) -> None:
        """Drop what a policy does not keep (arguments of ``restic forget``), and the data that nothing needs."""
        # Where tenants come and go, the caches of old repositories would stay.
        self._must("forget", "--cleanup-cache", "--prune", "--group-by", "host", *arguments)

    def check(self, percent: int) -> None:
        """Prove that all parts are there and fit, and read so much of the data."""
        more = (f"--read-data-subset={percent}%",) if percent else ()
        self._must("check", *more)

    def restore(self, backup: str, directory: str, only: str = "") -> None:
        """Restore into ``directory``: all of it, or one path."""
        more = ["--include", f"/{only}"] if only else []
        if self.version() >= SPARSE:
            more.append("--sparse")
        self._must("restore", backup, "--target", directory, *more)

    def free(self) -> None:
        """Take away the locks of runs that died.

        The caller holds the node's own lock, which a running restic would hold, too: so all locks of this node are
        dead ones. Those of another node count until they expire. (``restic unlock`` alone would decide by process
        ids, and knock at whichever process has the number now.)
        """
        locks = [self._lock(name) for name in self._must("list", "locks", "--no-lock").split()]
        for lock in filter(None, locks):
            if lock["hostname"] != socket.gethostname() and time.time() - _seconds(lock["time"]) < LOCK_LIFE:
                raise ResticError(
                    f"another node ({lock['hostname']}) works on the repository {self.place.url}: run this again when it is done"
                )
        if locks:
            self._must("unlock", "--remove-all")

    def _lock(self, name: str) -> dict[str, Any] | None:
        """What it says; ``None`` if it went meanwhile."""
        code, out, err = self._restic("cat", "lock", name, "--no-lock", seconds=ANSWER)
        if code and MISSING.search(err):
            return None
        if code:
            raise self._failure(code, err)
        return json.loads(out)

    def _must(self, *arguments: str) -> str:
        code, out, err = self._restic(*arguments)
        if code:
            raise self._failure(code, err)
        return out

    def _restic(self, *arguments: str, cwd: str = "/", seconds: int = 0) -> tuple[int, str, str]:
        # It ends with the module that started it, or after its time.
        end = ["timeout", str(seconds)] if seconds else ["setpriv", "--pdeathsig", "TERM"]
        with self._secrets() as (environment, handles):
            return self._run([*end, "restic", "--quiet", *arguments], environment, cwd, [*handles, *self._held])

    @contextmanager
    def _secrets(self) -> Iterator[tuple[dict[str, str], list[int]]]:
        """The secrets in files that exist in memory only, for the command that inherits them and no longer."""
        place = self.place
        keys = f"[default]\naws_access_key_id = {place.access_key}\naws_secret_access_key = {place.secret_key}\n"
        handles = [_in_memory(place.password), _in_memory(keys)]
        environment = {
            "LC_ALL": "C",
            "TZ": "UTC",
            "RESTIC_REPOSITORY": place.url,
            "RESTIC_PASSWORD_FILE": f"/proc/self/fd/{handles[0]}",
            "RESTIC_CACHE_DIR": place.cache,
            "RESTIC_PROGRESS_FPS": "0.01",
            "AWS_SHARED_CREDENTIALS_FILE": f"/proc/self/fd/{handles[1]}",
            "AWS_DEFAULT_REGION": place.region,
        }
        # What the node may have would win.
        environment |= dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"), "")
        try:
            yield environment, handles
        finally:
            for handle in handles:
                os.close(handle)

    def _failure(self, code: int, err: str) -> ResticError:
        """A sentence from what restic said."""
        url = self.place.url
        if code == LATE:
            return ResticError(
                f"the repository {url} did not answer within {ANSWER} s: look at the endpoint and the way to it"
            )
        if WRONG_PASSWORD.search(err):
            return ResticError(f"the repository {url} opens with another password than the one that was given")
        said = " ".join(line.strip() for line in err.splitlines() if line.strip())
        return ResticError(f"restic on {url} failed: {said[-600:] or f'exit code {code}'}")


def _in_memory(text: str) -> int:
    handle = os.memfd_create("vdc")
    os.write(handle, text.encode())
    return handle


def _backup(found: dict[str, Any]) -> Backup:
    tags = found.get("tags") or []
    verified = [float(tag.removeprefix(VERIFIED)) for tag in tags if tag.startswith(VERIFIED)]
    return Backup(
        id=found["id"],
        name=(found.get("original") or found["id"])[:8],
        taken=_seconds(found["time"]),
        complete=COMPLETE in tags,
        safety=found["hostname"].endswith(SAFETY),
        verified=max(verified, default=0.0),
    )


def _seconds(text: str) -> float:
    """Seconds since 1970 of a time as restic writes it: with up to nine digits of a second, and a zone."""
    found = re.fullmatch(r"(\d+-\d+-\d+T\d+:\d+:\d+)(\.\d+)?(Z|[+-]\d+:\d+)", text)
    if not found:
        raise ResticError(f"restic told the time {text}, which is none")
    whole, part, zone = found.groups()
    return datetime.fromisoformat(whole + ("+00:00" if zone == "Z" else zone)).timestamp() + float(part or 0)
