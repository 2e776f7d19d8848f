"""A fake SeaweedFS, as S3 object store: each bucket is a directory on the volume, each object a file.

Started like the real one: ``weed server -dir=DIRECTORY -s3.config=FILE …``. It implements the calls
that an agent needs (buckets; list, get, put, copy, delete of objects), checks every signature, and
answers 501 to all other calls.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qsl, quote, unquote
from xml.sax.saxutils import escape

from .s3_signature import Denied, check
from .web import Handler, run

PORT = 8333
BLOCK = 1 << 16  # bytes per read
MAX_NAME = 250  # bytes of an object's file name
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


class Failed(Exception):
    """A call that is answered with ``status`` and S3's error ``code``."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.status = status
        self.code = code


class Buckets:
    """Buckets and objects as directories and files; an object's file is named by its percent-encoded key."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._parts = root / ".parts"
        shutil.rmtree(self._parts, ignore_errors=True)  # left by a crash
        self._parts.mkdir(parents=True)

    def bucket(self, name: str) -> Path:
        """The bucket's directory; raises ``Failed`` 404."""
        path = self._root / name
        if name.startswith(".") or not path.is_dir():
            raise Failed(404, "NoSuchBucket")
        return path

    def create(self, name: str) -> None:
        """Create a bucket, unless it exists; raises ``Failed`` 400 for an invalid name."""
        if not 3 <= len(name) <= 63 or not all(c.isalnum() or c in "-." for c in name) or not name[0].isalnum():
            raise Failed(400, "InvalidBucketName")
        (self._root / name).mkdir(exist_ok=True)

    def path(self, bucket: str, key: str) -> Path:
        """The object's file, whether it exists or not; raises ``Failed`` 400, 404."""
        name = quote(key, safe=" ")
        if name.startswith("."):  # a hidden file, or the directory itself
            name = "%2E" + name[1:]
        if len(name) > MAX_NAME:
            raise Failed(400, "KeyTooLongError")
        return self.bucket(bucket) / name

    def find(self, bucket: str, key: str) -> Path:
        """The object's file, which must exist; raises ``Failed`` 404."""
        path = self.path(bucket, key)
        if not path.is_file():
            raise Failed(404, "NoSuchKey")
        return path

    def keys(self, bucket: str) -> list[tuple[str, Path]]:
        """Every key and its file, in byte order, as S3 lists them."""
        found = ((unquote(path.name), path) for path in self.bucket(bucket).iterdir())
        return sorted(found, key=lambda pair: pair[0].encode())

    def put(self, bucket: str, key: str, blocks: Iterator[bytes], digest: str = "") -> str:
        """Store an object durably and return its MD5; raises ``Failed`` 400 if its SHA-256 is not
        ``digest``."""
        path = self.path(bucket, key)
        sha, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        handle, part = tempfile.mkstemp(dir=self._parts)
        with os.fdopen(handle, "wb") as file:
            for block in blocks:
                sha.update(block)
                md5.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        if len(digest) == 64 and sha.hexdigest() != digest:
            Path(part).unlink()
            raise Failed(400, "XAmzContentSHA256Mismatch")
        os.replace(part, path)
        return md5.hexdigest()


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _blocks(source: BinaryIO | io.BufferedIOBase, size: int) -> Iterator[bytes]:
    while size > 0 and (block := source.read(min(BLOCK, size))):
        size -= len(block)
        yield block


def _moment(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _listing(buckets: Buckets, bucket: str, query: Mapping[str, str]) -> str:
    """The XML answer of ListObjectsV2."""
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    after = query.get("continuation-token") or query.get("start-after", "")
    most = min(int(query.get("max-keys", 1000)), 1000)
    name = quote if query.get("encoding-type") == "url" else escape
    rows: list[str] = []
    last, more = "", False
    seen: set[str] = set()
    for key, path in buckets.keys(bucket):
        rest = key.removeprefix(prefix) if key.startswith(prefix) else None
        shown = prefix + rest.partition(delimiter)[0] + delimiter if rest and delimiter and delimiter in rest else key
        if rest is None or key <= after or shown in seen or (after and shown <= after and shown != key):
            continue
        if len(rows) == most:
            more = True
            break
        if shown != key:
            seen.add(shown)
            rows.append(f"<CommonPrefixes><Prefix>{name(shown)}</Prefix></CommonPrefixes>")
        else:
            try:
                row = f"<Size>{path.stat().st_size}</Size><LastModified>{_moment(path):%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
            except FileNotFoundError:  # deleted since the directory was read
                continue
            rows.append(f"<Contents><Key>{name(key)}</Key>{row}<StorageClass>STANDARD</StorageClass></Contents>")
        last = shown
    token = f"<NextContinuationToken>{escape(last)}</NextContinuationToken>" if more else ""
    encoding = "<EncodingType>url</EncodingType>" if query.get("encoding-type") == "url" else ""
    return (
        f'<ListBucketResult xmlns="{NAMESPACE}"><Name>{bucket}</Name><Prefix>{name(prefix)}</Prefix>'
        f"<KeyCount>{len(rows)}</KeyCount><MaxKeys>{most}</MaxKeys>{encoding}"
        f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{''.join(rows)}</ListBucketResult>"
    )


def handler(buckets: Buckets, keys: Mapping[str, str]) -> type[Handler]:
    """The HTTP handler; ``keys`` maps access keys to secrets."""

    class Server(Handler):
        def _serve(self) -> None:
            self._left = int(self.headers.get("Content-Length") or 0)
            try:
                path, _, query = self.path.partition("?")
                if path in ("/healthz", "/status"):
                    self.reply(200, b"", "text/plain")
                    return
                check(self.command, path, query, self.headers, keys, datetime.now(UTC))
                bucket, _, key = unquote(path).removeprefix("/").partition("/")
                self._do(bucket, key, dict(parse_qsl(query, keep_blank_values=True)))
            except Denied as denied:
                self._fail(403, denied.code, str(denied))
            except Failed as failed:
                self._fail(failed.status, failed.code, str(failed))
            except ValueError as error:
                self._fail(400, "InvalidArgument", str(error))

        do_GET = do_HEAD = do_PUT = do_DELETE = do_POST = _serve

        def _do(self, bucket: str, key: str, query: dict[str, str]) -> None:
            call = (self.command, bool(key))
            if call == ("GET", False) and query.get("list-type") == "2":
                self._xml(_listing(buckets, bucket, query))
            elif set(query) - {"x-id"} or self.command == "POST" or not bucket:
                raise Failed(501, "NotImplemented", "the fake does not implement this call")
            elif call == ("HEAD", False):
                buckets.bucket(bucket)
                self.reply(200, b"", "application/xml")
            elif call == ("PUT", False):
                buckets.create(bucket)
                self.reply(200, b"", "application/xml", Location=f"/{bucket}")
            elif call == ("DELETE", False):
                if buckets.keys(bucket):
                    raise Failed(409, "BucketNotEmpty")
                buckets.bucket(bucket).rmdir()
                self.reply(204, b"", "application/xml")
            elif call == ("PUT", True):
                self._put(bucket, key)
            elif call == ("DELETE", True):
                buckets.path(bucket, key).unlink(missing_ok=True)
                self.reply(204, b"", "application/xml")
            elif self.command in ("GET", "HEAD"):
                self._get(buckets.find(bucket, key))
            else:
                raise Failed(501, "NotImplemented", "the fake does not implement this call")

        def _put(self, bucket: str, key: str) -> None:
            source = self.headers.get("x-amz-copy-source")
            if source:
                there, _, name = unquote(source).removeprefix("/").partition("/")
                with buckets.find(there, name).open("rb") as file:
                    md5 = buckets.put(bucket, key, iter(lambda: file.read(BLOCK), b""))
                moment = f"{_moment(buckets.path(bucket, key)):%Y-%m-%dT%H:%M:%S.000Z}"
                self._xml(
                    f'<CopyObjectResult xmlns="{NAMESPACE}"><ETag>"{md5}"</ETag>'
                    f"<LastModified>{moment}</LastModified></CopyObjectResult>"
                )
                return
            if self.headers.get("x-amz-content-sha256", "").startswith("STREAMING"):
                raise Failed(501, "NotImplemented", "the fake does not implement bodies signed by the chunk")
            size, self._left = self._left, 0
            digest = self.headers.get("x-amz-content-sha256", "")
            md5 = buckets.put(bucket, key, _blocks(self.rfile, size), digest)
            self.reply(200, b"", "application/xml", ETag=f'"{md5}"')

        def _get(self, path: Path) -> None:
            with path.open("rb") as file:
                self.send_response(200)
                self.send_header("Content-Type", "application/octet-stream")
                self.send_header("Content-Length", str(os.fstat(file.fileno()).st_size))
                self.send_header("Last-Modified", f"{_moment(path):%a, %d %b %Y %H:%M:%S GMT}")
                self.send_header("ETag", f'"{_md5(path)}"')
                self.end_headers()
                if self.command == "GET":
                    shutil.copyfileobj(file, self.wfile, BLOCK)

        def _xml(self, text: str, status: int = 200) -> None:
            self.reply(status, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode(), "application/xml")

        def _fail(self, status: int, code: str, message: str) -> None:
            # Else an unread body would be parsed as the next request.
            self.close_connection = self._left > 0
            self._xml(f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>", status)

    return Server


def main() -> None:
    """Serve the directory and the identities that the arguments name."""
    options = dict(word.lstrip("-").partition("=")[::2] for word in sys.argv[1:])
    config = json.loads(Path(options["s3.config"]).read_text())
    pairs = (pair for who in config["identities"] for pair in who["credentials"])
    run(handler(Buckets(Path(options["dir"])), {pair["accessKey"]: pair["secretKey"] for pair in pairs}), PORT)
