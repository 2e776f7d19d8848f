"""A model of an S3 store: atomic calls, chosen guarantees, and a moment before and after each call at which others act."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

from vdcagent.s3 import Bucket, S3Error

DIGEST = re.compile(r"filed/.*/([0-9a-f]{12}|[0-9a-f]{64})-[^/]*")


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Answer(io.BytesIO):
    """An answer with a body and headers, as urllib returns it."""

    def __init__(self, body: bytes = b"", **headers: str) -> None:
        super().__init__(body)
        self.headers = {"Content-Length": str(len(body)), **headers}


@dataclass
class Store:
    """The objects, and what the store supports. ``lost`` lists the contents that a call of the agent destroyed although
    they were nowhere else."""

    conditional_delete: bool = True
    conditional_copy: bool = True
    md5_etags: bool = True
    objects: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    lost: list[tuple[str, bytes]] = field(default_factory=list)
    saves: int = 0

    def save(self, key: str, content: bytes) -> None:
        """Save an object; it is acknowledged when this returns."""
        self.saves += 1
        etag = hashlib.md5(content).hexdigest() if self.md5_etags else f"{self.saves:032x}-2"
        self.objects[key] = (content, f'"{etag}"')

    def filed(self) -> list[tuple[str, bytes]]:
        """The name's digest and the content of each filed document."""
        found = ((DIGEST.fullmatch(key), content) for key, (content, _) in self.objects.items())
        return [(match[1], content) for match, content in found if match]

    def is_filed(self, content: bytes) -> bool:
        return any(digest(content).startswith(name) and content == other for name, other in self.filed())


class ModelBucket(Bucket):
    """The agent's client over a ``Store``; ``before`` and ``after`` run around each call, and may raise."""

    def __init__(self, store: Store) -> None:
        super().__init__("http://model", "dump", "key", "secret")
        self.store = store
        self.calls: list[tuple[str, str]] = []
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None

    def _call(self, method, key="", query=None, headers=None, body=b""):
        self.before()
        self.calls.append((method, key))
        answer = self._do(method, key, query or {}, headers or {}, body)
        self.after()
        return answer

    def _do(self, method, key, query, headers, body):
        if not key:
            return Answer(self._listing(query).encode()) if method == "GET" else Answer()
        if method == "PUT" and "x-amz-copy-source" in headers:
            source = unquote(headers["x-amz-copy-source"]).removeprefix("/dump/")
            content, etag = self._find(source)
            if self.store.conditional_copy and headers.get("x-amz-copy-source-if-match", etag) != etag:
                raise S3Error("changed", 412)
            self._write(key, content)
            return Answer(
                f"<CopyObjectResult><ETag>{escape(self.store.objects[key][1])}</ETag></CopyObjectResult>".encode()
            )
        if method == "PUT":
            self._write(key, body)
            return Answer(ETag=self.store.objects[key][1])
        if method == "DELETE":
            if key not in self.store.objects:
                return Answer()
            if self.store.conditional_delete and headers.get("if-match", self._find(key)[1]) != self._find(key)[1]:
                raise S3Error("changed", 412)
            self._note(key, self.store.objects.pop(key)[0])
            return Answer()
        content, etag = self._find(key)
        return Answer(content, ETag=etag)

    def _find(self, key):
        if key not in self.store.objects:
            raise S3Error("missing", 404)
        return self.store.objects[key]

    def _write(self, key, content):
        before = self.store.objects.get(key)
        self.store.save(key, content)
        if before and before[0] != content:
            self._note(key, before[0])

    def _note(self, key, content):
        if key.startswith(("inbox/", "filed/")) and not self.store.is_filed(content) and not self._waits(content):
            self.store.lost.append((key, content))

    def _waits(self, content):
        return any(content == other for key, (other, _) in self.store.objects.items() if key.startswith("inbox/"))

    def _listing(self, query):
        name = quote if query.get("encoding-type") == "url" else escape
        rows = "".join(
            f"<Contents><Key>{name(key)}</Key><Size>{len(content)}</Size><ETag>{escape(etag)}</ETag>"
            f"<LastModified>2026-11-21T00:00:00.000Z</LastModified></Contents>"
            for key, (content, etag) in sorted(self.store.objects.items())
            if key.startswith(query["prefix"])
        )
        encoding = "<EncodingType>url</EncodingType>" if name is quote else ""
        return f"<ListBucketResult>{encoding}{rows}</ListBucketResult>"
