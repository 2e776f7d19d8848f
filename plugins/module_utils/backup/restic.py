# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One restic repository and the commands that backups need. Works with restic 0.12 and newer."""

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

from ansible_collections.sovereign.vdc.plugins.module_utils.backup import s3_errors
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.probe import object_storage_code
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import clocks
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.identity import LABEL

# Runs a command with additional environment, in a directory, with these file descriptors open; returns exit code, output and errors.
Runner = Callable[[list[str], dict[str, str], str, list[int]], tuple[int, str, str]]
Probe = Callable[[str, str, str, str], "str | None"]

ANSWER_TIMEOUT = 60  # seconds within which object storage must answer; restic itself would retry for many minutes
TIMED_OUT = 124  # exit code of timeout
INCOMPLETE = 3  # exit code of restic when it could not read every file
SPARSE_SINCE = (0, 15)  # first version of restic that restores holes as holes
# Of a repository that is not in S3. What S3 says is judged by codes.
MISSING = re.compile(r"does not exist|no such file or directory", re.IGNORECASE)
EXISTS = re.compile(r"already (exists|initialized)", re.IGNORECASE)
WRONG_PASSWORD = re.compile(r"wrong password|no key found", re.IGNORECASE)
LOCK_LIFETIME = 1800  # seconds after which restic considers a lock stale that its owner did not renew
STARTED, COMPLETE, VERIFIED, IDENTITY = "started", "complete", "verified=", f"{LABEL}="  # tags
NAME_LENGTH = 8  # characters of the first id of a backup that are its name
SAFETY = ".safety"  # suffix of the host name under which the policy counts backups made before a restore


class ResticError(StorageError):
    """A command of restic failed."""


@dataclass(frozen=True)
class Location:
    """The repository's URL in restic's notation, and the credentials that open it. ``cache`` is a directory."""

    url: str
    password: str = field(repr=False)
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    region: str = ""
    cache: str = "/var/cache/vdc/restic"


@dataclass(frozen=True)
class Backup:
    """A snapshot of restic.

    ``name`` is permanent, ``id`` changes with the tags. ``created`` and ``verified`` (0: never) are in seconds since
    1970. ``identity`` is the tenant's, empty in older backups. ``safety`` is true for a backup that was made before a
    restore, in case the restore was a mistake.
    """

    id: str
    name: str
    created: float
    complete: bool = True
    safety: bool = False
    verified: float = 0.0
    identity: str = ""


class Repository:
    """The repository at ``location``.

    ``run`` runs a command. Each command inherits the file descriptors ``locks``, so that the locks last as long as
    the command. ``probe`` asks S3 for the reason of a failure.
    """

    def __init__(
        self, location: Location, run: Runner, locks: Sequence[int] = (), probe: Probe = object_storage_code
    ) -> None:
        self.location = location
        self._run = run
        self._probe = probe
        self._locks = list(locks)

    def version(self) -> tuple[int, ...]:
        """Return the version of restic; raise ``ResticError`` where it is not installed."""
        code, out, _err = self._run(["restic", "version"], {}, "/", [])
        found = re.match(r"restic (\d+)\.(\d+)", out)
        if code or not found:
            raise ResticError(
                "restic is not installed on this node; install the package restic (role sovereign.vdc.tenant_backup)"
            )
        return tuple(int(part) for part in found.groups())

    def create(self) -> None:
        """Create the repository unless it exists."""
        code, _out, err = self._restic("init", seconds=ANSWER_TIMEOUT)
        if code and not (EXISTS.search(err) and self._storage_code() in (None, "")):
            raise self._failure(code, err)

    def backups(self) -> list[Backup] | None:
        """Return all backups, oldest first; ``None`` where the repository does not exist.

        Raises ``ResticError`` when it does not answer or does not open.
        """
        # With the timeout, because newer versions retry for minutes when a bucket does not exist.
        code, out, err = self._restic("snapshots", "--json", "--no-lock", seconds=ANSWER_TIMEOUT)
        if code and self._is_missing(err):
            return None
        if code:
            raise self._failure(code, err)
        return sorted(map(_backup, json.loads(out) or []), key=lambda backup: backup.created)

    def backup(
        self,
        directory: str,
        names: Sequence[str],
        host: str,
        created: float,
        parent: str = "",
        identity: str = "",
    ) -> str:
        """Back up ``names`` below ``directory``; return the backup's id.

        Files that have not changed since the backup ``parent`` are not read. A backup that could not read every file is
        removed again, and raises ``ResticError``.
        """
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(created))
        options = ["--json", "--host", host, "--tag", STARTED, "--time", when]
        options += ["--parent", parent] if parent else []
        options += ["--tag", IDENTITY + identity] if identity else []
        code, out, err = self._restic("backup", *options, *names, cwd=directory)
        created_ids = [json.loads(line)["snapshot_id"] for line in out.splitlines() if '"snapshot_id"' in line]
        if code or not created_ids:
            if created_ids and code == INCOMPLETE:
                self.forget(created_ids[-1:])
            raise self._failure(code, err)
        return created_ids[-1]

    def mark_complete(self, backup: str) -> None:
        """Tag ``backup`` as complete."""
        self._require("tag", "--add", COMPLETE, "--remove", STARTED, backup)

    def mark_verified(self, backup: str, when: float) -> None:
        """Tag ``backup`` as restored and compared at the time ``when``."""
        self._require("tag", "--add", f"{VERIFIED}{int(when)}", backup)

    def forget(self, backups: Sequence[str]) -> None:
        """Remove these backups; the next ``apply_policy`` removes their data."""
        if backups:
            self._require("forget", *backups)

    def apply_policy(self, arguments: Sequence[str]) -> None:
        """Remove the backups that a policy (arguments of ``restic forget``) does not keep, and data that no backup needs."""
        # The cache is cleaned up, because caches of deleted tenants' repositories would remain.
        self._require("forget", "--cleanup-cache", "--prune", "--group-by", "host", *arguments)

    def check(self, percent: int) -> None:
        """Check the repository's structure, and read ``percent`` of its data; raise ``ResticError`` for damage."""
        options = (f"--read-data-subset={percent}%",) if percent else ()
        self._require("check", *options)

    def restore(self, backup: str, directory: str, only: str = "") -> None:
        """Restore a backup, or only the path ``only`` of it, to ``directory``."""
        options = ["--include", f"/{only}"] if only else []
        if self.version() >= SPARSE_SINCE:
            options.append("--sparse")
        self._require("restore", backup, "--target", directory, *options)

    def remove_stale_locks(self) -> None:
        """Remove the repository's locks of runs that were killed.

        The caller holds this node's own lock, which every running restic of the node inherits: so all locks of this
        node are stale. Locks of another node are respected until they expire. (``restic unlock`` alone decides by
        process id, and would send a signal to whichever process has that id now.)
        """
        locks = [self._read_lock(name) for name in self._require("list", "locks", "--no-lock").split()]
        for lock in filter(None, locks):
            locked, now = _seconds(lock["time"]), time.time()
            if lock["hostname"] == socket.gethostname() or now - locked >= LOCK_LIFETIME + clocks.MAX_SKEW:
                continue
            raise ResticError(
                f"repository: {self.location.url} is in use by another node ({lock['hostname']}, since {clocks.shown(locked)}; "
                f"it is {clocks.shown(now)} here); run this again when it has finished"
            )
        if locks:
            self._require("unlock", "--remove-all")

    def _read_lock(self, name: str) -> dict[str, Any] | None:
        """Return a lock's content; ``None`` if the lock was removed meanwhile."""
        code, out, err = self._restic("cat", "lock", name, "--no-lock", seconds=ANSWER_TIMEOUT)
        if code and MISSING.search(err) and self._storage_code() in (None, ""):
            return None
        if code:
            raise self._failure(code, err)
        return json.loads(out)

    def _is_missing(self, err: str) -> bool:
        """Whether the repository certainly does not exist, after restic failed with ``err``."""
        if self.location.url.startswith("s3:"):
            return self._storage_code() in s3_errors.MISSING
        return bool(MISSING.search(err))

    def _storage_code(self) -> str | None:
        location = self.location
        return self._probe(location.url, location.access_key, location.secret_key, location.region)

    def _require(self, *arguments: str) -> str:
        code, out, err = self._restic(*arguments)
        if code:
            raise self._failure(code, err)
        return out

    def _restic(self, *arguments: str, cwd: str = "/", seconds: int = 0) -> tuple[int, str, str]:
        # restic ends with the module that started it, or after ``seconds``.
        end = ["timeout", str(seconds)] if seconds else ["setpriv", "--pdeathsig", "TERM"]
        with self._secrets() as (environment, handles):
            return self._run([*end, "restic", "--quiet", *arguments], environment, cwd, [*handles, *self._locks])

    @contextmanager
    def _secrets(self) -> Iterator[tuple[dict[str, str], list[int]]]:
        """Yield environment and file descriptors that give a command its secrets in files that exist in memory only, until
        the command ends."""
        location = self.location
        keys = f"[default]\naws_access_key_id = {location.access_key}\naws_secret_access_key = {location.secret_key}\n"
        handles = [_in_memory(location.password), _in_memory(keys)]
        environment = {
            "LC_ALL": "C",
            "TZ": "UTC",
            "RESTIC_REPOSITORY": location.url,
            "RESTIC_PASSWORD_FILE": f"/proc/self/fd/{handles[0]}",
            "RESTIC_CACHE_DIR": location.cache,
            "RESTIC_PROGRESS_FPS": "0.01",
            "AWS_SHARED_CREDENTIALS_FILE": f"/proc/self/fd/{handles[1]}",
            "AWS_DEFAULT_REGION": location.region,
        }
        # These would take precedence over the file.
        environment |= dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"), "")
        try:
            yield environment, handles
        finally:
            for handle in handles:
                os.close(handle)

    def _failure(self, code: int, err: str) -> ResticError:
        """Return the error for restic's exit code and error output."""
        url = self.location.url
        if code == TIMED_OUT:
            return ResticError(
                f"repository: {url} did not answer within {ANSWER_TIMEOUT} s; check the endpoint, and that this node reaches it"
            )
        if WRONG_PASSWORD.search(err):
            return ResticError(
                f"password: it does not open the repository {url}; give the password that the repository was created with"
            )
        storage_code = self._storage_code()
        if storage_code in s3_errors.MEANINGS:
            return ResticError(f"{s3_errors.sentence(storage_code, 0)}: {url}")
        reason = " ".join(line.strip() for line in err.splitlines() if line.strip())
        return ResticError(f"restic on {url} failed: {reason[-600:] or f'exit code {code}'}")


def _in_memory(text: str) -> int:
    handle = os.memfd_create("vdc")
    os.write(handle, text.encode())
    return handle


def _backup(found: dict[str, Any]) -> Backup:
    tags = found.get("tags") or []
    verified = [float(tag.removeprefix(VERIFIED)) for tag in tags if tag.startswith(VERIFIED)]
    return Backup(
        id=found["id"],
        name=(found.get("original") or found["id"])[:NAME_LENGTH],
        created=_seconds(found["time"]),
        complete=COMPLETE in tags,
        identity=next((tag.removeprefix(IDENTITY) for tag in tags if tag.startswith(IDENTITY)), ""),
        safety=found["hostname"].endswith(SAFETY),
        verified=max(verified, default=0.0),
    )


def _seconds(text: str) -> float:
    """Return seconds since 1970 of a time as restic writes it: with up to nine decimals of a second, and a zone."""
    found = re.fullmatch(r"(\d+-\d+-\d+T\d+:\d+:\d+)(\.\d+)?(Z|[+-]\d+:\d+)", text)
    if not found:
        raise ResticError(
            f"restic printed {text} where a time was expected; check the version of restic (0.12 or newer)"
        )
    whole, fraction, zone = found.groups()
    return datetime.fromisoformat(whole + ("+00:00" if zone == "Z" else zone)).timestamp() + float(fraction or 0)
