"""File documents from the bucket's ``inbox/`` into a tree by date, and never lose one.

A document is read completely, copied on condition that it still has the content that was read, its record is written,
and only then the original is deleted, on the same condition. So a document that is saved again meanwhile stays, and the
next round files it, too. The agent may die after any step: the names of copy and record derive from the document alone,
so the next round continues where the last one ended.

Where the store cannot copy on condition, the copy gets a name of its own first, is read and compared, and is then copied
to its filed name. Where the store cannot delete on condition, the originals stay.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import OrderedDict
from dataclasses import dataclass

from .abilities import Abilities, own_name, probe
from .attempts import Attempts, readable
from .classify import HEAD, Verdict, classify
from .indexing import Indexer
from .s3 import Bucket, Entry, S3Error, blocks
from .stores import Store

INBOX = "inbox/"
FILED = "filed/"
PENDING = "pending/"  # records of filed documents that are not indexed yet
SHORT, FULL = 12, 64  # digits of the digest in a filed name; all, if another document has the short name
NAME = 150  # bytes of a document's own name that its filed name keeps
MAX_DOCUMENT = 5 * 1024**3  # bytes that S3 copies in one call
KEPT = 100_000  # originals that are remembered as filed, on a store that cannot delete on condition
UNREACHABLE = 3  # documents in a row without an answer of the store, after which the round ends

log = logging.getLogger(__name__)


class FilingError(Exception):
    """A document cannot be filed; the text is the reason."""


@dataclass
class Counters:
    """Counts since the agent started, for its metrics."""

    filed: int = 0
    indexed: int = 0
    failed: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class Content:
    """What was read of an object: its ETag, digest, size in bytes and first bytes."""

    etag: str
    digest: str
    size: int
    head: bytes


class Filer:
    """Files and indexes documents; ``round`` processes the bucket once."""

    def __init__(self, bucket: Bucket, stores: list[Store], max_document: int = MAX_DOCUMENT) -> None:
        self._bucket = bucket
        self._stores = stores
        self._limit = max_document
        self._abilities: Abilities | None = None
        self._kept: OrderedDict[str, str] = OrderedDict()  # key of each original that stays -> its filed version
        self.attempts = Attempts(bucket)
        self.counters = Counters()

    @property
    def kept(self) -> int:
        """Number of filed originals that stay in the inbox, because the store cannot delete on condition."""
        return len(self._kept)

    def round(self) -> int:
        """File the documents in the inbox and index the pending ones; return the number of filed documents.

        A failure of one document, of any kind, is logged and does not affect the others. Raises ``S3Error`` if the
        bucket cannot be listed or the store does not answer.
        """
        filed, silent = 0, 0
        for entry in self._bucket.list(INBOX):
            if entry.key.endswith("/") or self._kept.get(entry.key) == entry.version:
                continue
            if not self.attempts.ready(entry.key, entry.version):
                continue
            try:
                filed += self._file(entry)
                silent = 0
            except Exception as error:  # whatever one document causes, the others are filed
                self.counters.failed += 1
                self.attempts.failed(entry.key, entry.version, _reason(error))
                silent = silent + 1 if isinstance(error, S3Error) and error.status == 0 else 0
                if silent == UNREACHABLE:
                    raise
        if self._stores:
            Indexer(self._bucket, self._stores, self.attempts, self.counters).round(PENDING)
        self.attempts.end_round()
        return filed

    def _file(self, entry: Entry) -> int:
        """File one document; return how many were filed, 0 if it vanished meanwhile."""
        try:
            content = self._read(entry.key)
        except S3Error as error:
            if error.status == 404:  # its owner deleted it
                self.attempts.succeeded(entry.key)
                return 0
            raise
        name = readable(entry.key.removeprefix(INBOX))
        verdict = classify(name, content.head)
        target = self._copy(entry, content, f"{FILED}{verdict.category}/{entry.modified:%Y/%m/%d}/", _short(name))
        if self._stores:
            self._record(entry, name, content, verdict, target)
        self._remove(entry, content)
        self.counters.filed += 1
        self.counters.bytes += content.size
        log.info("%a -> %a (%s)", entry.key, target, verdict.media_type)
        return 1

    def _read(self, key: str) -> Content:
        """Stream the object once; only its first bytes stay in memory."""
        digest, head, size = hashlib.sha256(), b"", 0
        with self._bucket.open(key) as stream:
            for block in blocks(stream, self._limit):
                head += block[: HEAD - len(head)]
                digest.update(block)
                size += len(block)
            return Content(stream.headers.get("ETag", ""), digest.hexdigest(), size, head)

    def _copy(self, entry: Entry, content: Content, directory: str, name: str) -> str:
        """Copy what was read to its filed name, unless it is there already; return that name.

        Raises ``S3Error`` with status 412 if the original has changed meanwhile.
        """
        for digits in (SHORT, FULL):
            target = f"{directory}{content.digest[:digits]}-{name}"
            there = self._digest(target)
            if there == content.digest:  # an earlier round died after the copy
                return target
            if there is None:
                if content.etag and self._able().conditional_copy:
                    self._bucket.copy(entry.key, target, content.etag)
                else:
                    self._copy_compared(entry.key, target, content)
                return target
        raise FilingError(f"{target!a} exists with other content")

    def _copy_compared(self, key: str, target: str, content: Content) -> None:
        """Copy over an object that only this process writes, so that only compared content gets a filed name."""
        staging = own_name("staging")
        try:
            self._bucket.copy(key, staging)
            if self._read(staging).digest != content.digest:
                raise S3Error(f"{key!a} has other content than was read", 412)
            self._bucket.copy(staging, target)
        finally:
            self._bucket.delete(staging)

    def _able(self) -> Abilities:
        if self._abilities is None:
            self._abilities = probe(self._bucket)
            if not self._abilities.conditional_delete:
                log.warning("the store cannot delete on condition: filed originals stay below %s", INBOX)
        return self._abilities

    def _digest(self, key: str) -> str | None:
        try:
            return self._read(key).digest
        except S3Error as error:
            if error.status == 404:
                return None
            raise

    def _record(self, entry: Entry, name: str, content: Content, verdict: Verdict, target: str) -> None:
        document = {
            "key": target,
            "name": name,
            "sha256": content.digest,
            "size": content.size,
            "media_type": verdict.media_type,
            "category": verdict.category,
            "words": list(verdict.words),
            "filed": entry.modified.isoformat(),
        }
        self._bucket.put(f"{PENDING}{content.digest}.json", json.dumps(document).encode())

    def _remove(self, entry: Entry, content: Content) -> None:
        """Delete the original if it is what was read; raises ``S3Error`` with status 412 if it was saved again."""
        if content.etag and self._able().conditional_delete:
            try:
                self._bucket.delete(entry.key, content.etag)
            except S3Error as error:
                if error.status == 412:
                    self.attempts.failed(entry.key, entry.version, _reason(error))
                    return
                raise
        else:
            self._kept[entry.key] = entry.version
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self.attempts.succeeded(entry.key)


def _reason(error: Exception) -> str:
    if isinstance(error, S3Error) and error.status == 412:
        return "it was saved again while it was filed; the newer version is filed next"
    if isinstance(error, (S3Error, FilingError)):
        return str(error)
    return f"unexpected error: {type(error).__name__}: {error}"


def _short(name: str) -> str:
    """The last part of a document's name, at most ``NAME`` bytes; a longer one keeps its beginning and its suffix."""
    last = name.rsplit("/", 1)[-1].replace("\ufffd", "_") or "document"
    if len(last.encode()) <= NAME:
        return last
    stem, dot, suffix = last.rpartition(".")
    end = (dot + suffix).encode() if stem and len(suffix.encode()) < 20 else b""
    return (last.encode()[: NAME - len(end)] + end).decode(errors="ignore")
