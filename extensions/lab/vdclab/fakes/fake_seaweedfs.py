"""A fake SeaweedFS, as S3 object store: each bucket is a directory on the volume, each object a file.

Started like the real one: ``weed server -dir=DIRECTORY -s3.config=FILE …``. It implements the calls
that an agent needs (buckets; list, get, put, copy, delete of objects), checks every signature, and
answers 501 to all other calls and conditions.

Conditions are those of SeaweedFS 4.x for buckets without versioning, as read in its source (``weed/s3api``), not tried
on a running one: ``If-Match`` of DELETE and ``x-amz-copy-source-if-match`` compare ETags; the comparison and the
deletion are one step for every other writer of the key; an object that does not exist fails ``If-Match`` with 412, where
Amazon answers 404. A listing shows characters that XML cannot carry as U+FFFD unless ``encoding-type=url`` is set, as
Go's encoder writes them.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qsl, quote, unquote
from xml.sax.saxutils import escape

from .s3_buckets import Buckets, Failed, digest_of, etag
from .s3_signature import Denied, check
from .web import Handler, run

PORT = 8333
BLOCK = 1 << 16  # bytes per read
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# Conditions that the real one checks and the fake does not: the destination's of a copy, reads, and those by time.
CONDITIONS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
SOURCE_CONDITIONS = tuple(f"x-amz-copy-source-{name}" for name in CONDITIONS[1:])
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def _blocks(source: BinaryIO | io.BufferedIOBase, size: int) -> Iterator[bytes]:
    while size > 0 and (block := source.read(min(BLOCK, size))):
        size -= len(block)
        yield block


def _moment(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _text(key: str) -> str:
    return NOT_XML.sub("\ufffd", escape(key))


def _listing(buckets: Buckets, bucket: str, query: Mapping[str, str]) -> str:
    """The XML answer of ListObjectsV2."""
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    after = unquote(query.get("continuation-token", "")) or query.get("start-after", "")
    most = min(int(query.get("max-keys", 1000)), 1000)
    name = quote if query.get("encoding-type") == "url" else _text
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
                row = f"<LastModified>{_moment(path):%Y-%m-%dT%H:%M:%S.000Z}</LastModified><ETag>{escape(etag(path))}</ETag>"
                row += f"<Size>{path.stat().st_size}</Size>"
            except FileNotFoundError:  # deleted since the directory was read
                continue
            rows.append(f"<Contents><Key>{name(key)}</Key>{row}<StorageClass>STANDARD</StorageClass></Contents>")
        last = shown
    token = f"<NextContinuationToken>{quote(last)}</NextContinuationToken>" if more else ""
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
            except FileNotFoundError:  # deleted since it was found
                self._fail(404, "NoSuchKey", "the object does not exist")
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
                shutil.rmtree(buckets.bucket(bucket))  # empty directories of long keys
                self.reply(204, b"", "application/xml")
            elif call == ("PUT", True):
                self._put(bucket, key)
            elif call == ("DELETE", True):
                self._reject(CONDITIONS[1:])
                buckets.delete(bucket, key, self.headers.get("if-match", ""))
                self.reply(204, b"", "application/xml")
            elif self.command in ("GET", "HEAD"):
                self._reject(CONDITIONS)
                self._get(buckets.find(bucket, key))
            else:
                raise Failed(501, "NotImplemented", "the fake does not implement this call")

        def _reject(self, conditions: tuple[str, ...]) -> None:
            for name in conditions:
                if name in self.headers:
                    raise Failed(501, "NotImplemented", f"the fake does not implement {name} here")

        def _put(self, bucket: str, key: str) -> None:
            self._reject(CONDITIONS + SOURCE_CONDITIONS)
            source = self.headers.get("x-amz-copy-source")
            if source:
                there, _, name = unquote(source).removeprefix("/").partition("/")
                # The open file stays the same content when the object is saved again.
                with buckets.find(there, name).open("rb") as file:
                    if self.headers.get("x-amz-copy-source-if-match", "*") not in ("*", digest_of(file)):
                        raise Failed(412, "PreconditionFailed")
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
                self.send_header("ETag", digest_of(file))
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
