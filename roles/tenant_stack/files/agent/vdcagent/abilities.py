"""What the object store supports, found out by trying it: a store that does not know a condition ignores it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from .s3 import Bucket, S3Error

OWN = "agent/"  # the agent's own objects: each exists for a moment
LEFT = re.compile(re.escape(OWN) + r"(probe|staging)-[0-9a-f]{32}")
WRONG = f'"{"0" * 32}"'


@dataclass(frozen=True)
class Abilities:
    """Whether the store refuses to copy, and to delete, an object whose ETag is not the given one."""

    conditional_copy: bool
    conditional_delete: bool


def own_name(purpose: str) -> str:
    """A name for an object of the agent's own that no other process uses; ``purpose`` is ``probe`` or ``staging``."""
    return f"{OWN}{purpose}-{uuid.uuid4().hex}"


def probe(bucket: Bucket) -> Abilities:
    """Try the conditions with objects of the agent's own, and delete those that an earlier process left.

    Raises ``S3Error`` if the store is not reachable.
    """
    for entry in bucket.list(OWN):
        if LEFT.fullmatch(entry.key):
            bucket.delete(entry.key)
    source, copy = own_name("probe"), own_name("probe")
    etag = bucket.put(source, b"probe")
    copies = bool(etag) and (
        _status(lambda: bucket.copy(source, copy, WRONG)) == 412
        and _status(lambda: bucket.copy(source, copy, etag)) == 200
    )
    deletes = bool(etag) and (
        _status(lambda: bucket.delete(source, WRONG)) == 412 and _status(lambda: bucket.delete(source, etag)) == 200
    )
    for key in (source, copy):
        bucket.delete(key)
    return Abilities(copies, deletes)


def _status(call: Callable[[], object]) -> int:
    try:
        call()
    except S3Error as error:
        if error.status == 0 or (error.status >= 500 and error.status != 501):
            raise
        return error.status
    return 200
