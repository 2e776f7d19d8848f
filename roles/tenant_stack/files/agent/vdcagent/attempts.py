"""What failed and when it is tried again; what fails repeatedly is in quarantine, with a reason that its owner can read."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from .s3 import Bucket, S3Error

PREFIX = "quarantine/"
NOTE = re.compile(re.escape(PREFIX) + r"[0-9a-f]{32}\.json")
PATIENCE = 5  # failed attempts before the quarantine
FIRST_WAIT = 5.0  # seconds before the third attempt; doubles with each one
LONGEST_WAIT = 3600.0  # seconds between two attempts
MOST = 10_000  # failures that are remembered; of more, the oldest are tried again at once

log = logging.getLogger(__name__)


@dataclass
class Failure:
    """An object that could not be processed: its ``version`` (as listed), how often, why, and when it is tried again."""

    version: str
    count: int = 0
    reason: str = ""
    not_before: float = 0.0  # of the monotonic clock
    seen: bool = True


class Attempts:
    """Remembers failures, so that one bad object neither stops the others nor costs a read in each round.

    A quarantined object stays where it is and is tried again every hour, and at once when it is saved again. A note
    with the reason is in the bucket below ``quarantine/`` until then; each process writes and removes them again.
    """

    def __init__(self, bucket: Bucket, clock: Callable[[], float] = time.monotonic) -> None:
        self._bucket = bucket
        self._clock = clock
        self._failures: dict[str, Failure] = {}
        self._notes: dict[str, str] | None = None  # name of each note in the bucket -> its reason, if known

    @property
    def quarantined(self) -> int:
        """Number of objects in quarantine."""
        return sum(failure.count >= PATIENCE for failure in self._failures.values())

    def ready(self, key: str, version: str) -> bool:
        """Return whether the object is to be processed now: it did not fail, has changed, or has waited long enough."""
        failure = self._failures.get(key)
        if failure is None:
            return True
        if failure.version != version:
            del self._failures[key]
            return True
        failure.seen = True
        return self._clock() >= failure.not_before

    def failed(self, key: str, version: str, reason: str) -> None:
        """Record a failed attempt. The next one follows in the next round, later ones after a growing time."""
        failure = self._failures.pop(key, None)
        if failure is None or failure.version != version:
            failure = Failure(version)
        failure.count += 1
        failure.reason = reason
        failure.seen = True
        wait = FIRST_WAIT * 2 ** min(failure.count - 2, 20) if failure.count > 1 else 0.0
        failure.not_before = self._clock() + min(wait, LONGEST_WAIT)
        self._failures[key] = failure
        while len(self._failures) > MOST:
            del self._failures[next(iter(self._failures))]
        if failure.count == PATIENCE:
            log.warning("%a is in quarantine after %d attempts: %s", key, failure.count, reason)
        elif failure.count < PATIENCE:
            log.warning("%a stays where it is and is tried again: %s", key, reason)

    def succeeded(self, key: str) -> None:
        """Forget the object's failures."""
        self._failures.pop(key, None)

    def end_round(self) -> None:
        """Forget objects that the round did not list, and bring the notes in the bucket up to date.

        Raises ``S3Error`` if the notes cannot be listed; a note that cannot be written is written in the next round.
        """
        self._failures = {key: failure for key, failure in self._failures.items() if failure.seen}
        for failure in self._failures.values():
            failure.seen = False
        if self._notes is None:
            self._notes = {entry.key: "" for entry in self._bucket.list(PREFIX) if NOTE.fullmatch(entry.key)}
        failing = {_note(key): (key, failure) for key, failure in self._failures.items()}
        for name, (key, failure) in failing.items():
            if failure.count >= PATIENCE and self._notes.get(name) != failure.reason:
                self._write(name, key, failure)
        for name in [name for name in self._notes if name not in failing]:
            try:
                self._bucket.delete(name)
                del self._notes[name]
            except S3Error as error:
                log.warning("the note %s cannot be deleted now: %s", name, error)

    def _write(self, name: str, key: str, failure: Failure) -> None:
        note = {
            "key": readable(key),
            "reason": failure.reason,
            "attempts": failure.count,
            "noted": datetime.now(UTC).isoformat(timespec="seconds"),
            "help": "The object was not changed. It is tried again every hour, and at once when it is saved again.",
        }
        try:
            self._bucket.put(name, json.dumps(note, indent=1).encode())
            if self._notes is not None:
                self._notes[name] = failure.reason
        except S3Error as error:
            log.warning("the note %s cannot be written now: %s", name, error)


def readable(text: str) -> str:
    """Return ``text`` with U+FFFD for each control character and each byte that is not UTF-8."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def _note(key: str) -> str:
    return f"{PREFIX}{hashlib.sha256(key.encode(errors='surrogateescape')).hexdigest()[:32]}.json"
