"""Index the filed documents in the stores, from their records below ``pending/``."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from .attempts import Attempts
from .s3 import Bucket, Entry, S3Error, read
from .stores import Store, StoreError

if TYPE_CHECKING:
    from .filing import Counters

MAX_RECORD = 64 * 1024  # bytes of a record; the agent's own have less than 8 KiB
TEXTS = ("key", "name", "sha256", "media_type", "category", "filed")

log = logging.getLogger(__name__)


class RecordError(Exception):
    """An object below ``pending/`` is not a document's record; the text says why."""


class Indexer:
    """Indexes the pending documents in all stores; a record is deleted when each store has its document."""

    def __init__(self, bucket: Bucket, stores: list[Store], attempts: Attempts, counters: Counters) -> None:
        self._bucket = bucket
        self._stores = stores
        self._attempts = attempts
        self._counters = counters

    def round(self, prefix: str) -> None:
        """Index all records below ``prefix``. A failure of one does not affect the others, but when a store does not
        answer, the rest waits for the next round. Raises ``S3Error`` if the records cannot be listed."""
        waiting = False
        for entry in self._bucket.list(prefix):
            if not self._attempts.ready(entry.key, entry.version) or waiting:
                continue
            try:
                self._index(entry)
                self._attempts.succeeded(entry.key)
            except StoreError as error:
                self._counters.failed += 1
                waiting = error.unavailable
                if waiting:  # the document is not the cause
                    log.warning("the documents are indexed later: %s", error)
                else:
                    self._attempts.failed(entry.key, entry.version, str(error))
            except (S3Error, RecordError) as error:
                self._counters.failed += 1
                self._attempts.failed(entry.key, entry.version, str(error))
            except Exception as error:  # whatever one record causes, the others are indexed
                self._counters.failed += 1
                self._attempts.failed(entry.key, entry.version, f"unexpected error: {type(error).__name__}: {error}")

    def _index(self, entry: Entry) -> None:
        try:
            with self._bucket.open(entry.key) as stream:
                document = parse(read(stream, MAX_RECORD))
        except S3Error as error:
            if error.status == 404:  # its owner deleted it
                return
            raise
        for store in self._stores:
            store.index(document)
        self._bucket.delete(entry.key)
        self._counters.indexed += 1


def parse(text: bytes) -> dict[str, Any]:
    """Return a record's document; raises ``RecordError``."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"the record is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise RecordError(f"the record is a {type(document).__name__}, not an object")
    for name in TEXTS:
        if not isinstance(document.get(name), str):
            raise RecordError(f"the record's {name} is not a string")
    size = document.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 2**63:
        raise RecordError("the record's size is not a number of bytes")
    words = document.get("words")
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise RecordError("the record's words are not a list of strings")
    return document
