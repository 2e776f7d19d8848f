"""File documents from the bucket's ``inbox/`` into a tree by date, each document exactly once.

The agent may crash after any step. The target's name derives from the document alone, the record is
written before the original is deleted, and the record of a document exists until it is indexed. So the
next round continues where the last one ended.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from typing import Any

from .classify import HEAD, classify
from .s3 import Bucket, Entry, S3Error
from .stores import Store, StoreError

INBOX = "inbox/"
FILED = "filed/"
PENDING = "pending/"  # records of filed documents that are not indexed yet

log = logging.getLogger(__name__)


@dataclass
class Counters:
    """Counts since the agent started, for its metrics."""

    filed: int = 0
    indexed: int = 0
    failed: int = 0
    bytes: int = 0


class Filer:
    """Files and indexes documents; ``round`` processes the bucket once."""

    def __init__(self, bucket: Bucket, stores: list[Store]) -> None:
        self._bucket = bucket
        self._stores = stores
        self.counters = Counters()

    def round(self) -> int:
        """File the documents in the inbox and index the pending ones; return the number of filed documents.

        A failure of one document is logged and does not affect the others. Raises ``S3Error`` if the
        bucket cannot be listed.
        """
        filed = 0
        for entry in list(self._bucket.list(INBOX)):
            if entry.key.endswith("/"):
                continue
            try:
                self._file(entry)
                filed += 1
            except S3Error as error:
                self.counters.failed += 1
                log.warning("%s stays in the inbox: %s", entry.key, error)
        for record in list(self._bucket.list(PENDING)):
            self._index(record.key)
        return filed

    def _file(self, entry: Entry) -> None:
        name = entry.key.removeprefix(INBOX)
        digest, head = self._read(entry.key)
        verdict = classify(name, head)
        target = f"{FILED}{verdict.category}/{entry.modified:%Y/%m/%d}/{digest[:12]}-{name.rsplit('/', 1)[-1]}"
        document = {
            "key": target,
            "name": name,
            "sha256": digest,
            "size": entry.size,
            "media_type": verdict.media_type,
            "category": verdict.category,
            "words": list(verdict.words),
            "filed": entry.modified.isoformat(),
        }
        self._bucket.copy(entry.key, target)
        if self._stores:
            self._bucket.put(f"{PENDING}{digest}.json", json.dumps(document).encode())
        self._bucket.delete(entry.key)
        self.counters.filed += 1
        self.counters.bytes += entry.size
        log.info("%s -> %s (%s)", entry.key, target, verdict.media_type)

    def _read(self, key: str) -> tuple[str, bytes]:
        """Return the object's sha256 and its first bytes. The object is streamed once."""
        digest, head = hashlib.sha256(), b""
        with self._bucket.open(key) as stream:
            try:
                while block := stream.read(HEAD):
                    head = head or block
                    digest.update(block)
            except OSError as error:
                raise S3Error(f"GET {key}: the transfer was interrupted: {error}") from None
        return digest.hexdigest(), head

    def _index(self, key: str) -> None:
        try:
            with self._bucket.open(key) as stream:
                document: dict[str, Any] = json.loads(stream.read())
            for store in self._stores:
                store.index(document)
            self._bucket.delete(key)
            self.counters.indexed += 1
        except (S3Error, StoreError, ValueError) as error:
            self.counters.failed += 1
            log.warning("%s is indexed later: %s", key, error)
