"""The few S3 calls that filing needs, signed with AWS Signature Version 4, each bounded in size and time."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote_plus, urlencode, urlsplit
from xml.etree import ElementTree

TIMEOUT = 30.0  # seconds until a call must answer, and between two parts of its answer
GRACE = 60.0  # seconds that any transfer may take
SLOWEST = 64 * 1024  # bytes per second that a longer transfer needs
BLOCK = 64 * 1024  # bytes per read
MAX_ANSWER = (
    16 * 1024 * 1024
)  # bytes of an XML answer: 1000 keys of 1024 bytes, three bytes for each if encoded, and more
EMPTY = hashlib.sha256(b"").hexdigest()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class S3Error(Exception):
    """The object store refused a request or did not answer; ``status`` is 0 without an answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class TooLarge(S3Error):
    """An object or an answer is larger than its limit."""


@dataclass(frozen=True)
class Entry:
    """One object of a listing: ``size`` in bytes, ``modified`` in UTC; ``etag`` is empty if the listing has none."""

    key: str
    size: int
    modified: datetime
    etag: str = ""

    @property
    def version(self) -> str:
        """What differs between two contents of one key."""
        return f"{self.etag} {self.size} {self.modified.isoformat()}"


class Bucket:
    """One bucket, addressed by path (``endpoint/bucket/key``), which every store supports."""

    PAGE = 1000  # the largest page of S3

    def __init__(self, endpoint: str, bucket: str, access_key: str, secret_key: str, region: str = "us-east-1") -> None:
        self._endpoint = endpoint.rstrip("/")
        self._bucket = bucket
        self._access_key = access_key
        self._secret_key = secret_key
        self._region = region

    def ensure(self) -> None:
        """Create the bucket if it does not exist; raises ``S3Error``."""
        try:
            self._call("HEAD").close()
        except S3Error as error:
            if error.status != 404:
                raise
            self._call("PUT").close()

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """Yield every object below ``prefix``, page by page; raises ``S3Error``."""
        token = ""
        while True:
            page = self._page(prefix, token)
            space = page.tag.partition("}")[0] + "}" if page.tag.startswith("{") else ""
            encoded = page.findtext(f"{space}EncodingType") == "url"
            for item in page.iter(f"{space}Contents"):
                key = item.findtext(f"{space}Key") or ""
                yield Entry(
                    key=unquote_plus(key, errors="surrogateescape") if encoded else key,
                    size=_number(item.findtext(f"{space}Size")),
                    modified=_moment(item.findtext(f"{space}LastModified")),
                    etag=item.findtext(f"{space}ETag") or "",
                )
            following = page.findtext(f"{space}NextContinuationToken") or ""
            if not following:
                return
            if following == token:
                raise S3Error(f"GET {self._bucket}: the listing of {prefix!a} does not end")
            token = following

    def _page(self, prefix: str, token: str) -> ElementTree.Element:
        """One page of the listing. Keys are percent-encoded only in pages where XML cannot carry them: a control
        character makes the page invalid, or the store replaces it by U+FFFD."""
        query = {"list-type": "2", "max-keys": str(self.PAGE), "prefix": prefix}
        if token:
            query["continuation-token"] = token
        with self._call("GET", query=query) as answer:
            text = read(answer, MAX_ANSWER)
        try:
            page = ElementTree.fromstring(text)  # noqa: S314  (our own store's answer)
            if "\ufffd".encode() not in text:
                return page
        except ElementTree.ParseError:
            pass
        with self._call("GET", query={**query, "encoding-type": "url"}) as answer:
            text = read(answer, MAX_ANSWER)
        try:
            return ElementTree.fromstring(text)  # noqa: S314
        except ElementTree.ParseError as error:
            raise S3Error(f"GET {self._bucket}: the listing of {prefix!a} is not XML: {error}") from None

    def open(self, key: str) -> Any:
        """Open the object as a binary stream, which the caller closes; raises ``S3Error``.

        Read it with ``blocks``, which notices a transfer that ended early.
        """
        return self._call("GET", key)

    def put(self, key: str, body: bytes) -> str:
        """Write a small object and return its ETag, empty if the store gives none; raises ``S3Error``."""
        with self._call("PUT", key, body=body) as answer:
            return str(answer.headers.get("ETag", ""))

    def copy(self, source: str, target: str, etag: str = "") -> None:
        """Copy an object within the bucket, on the server; raises ``S3Error``.

        With ``etag``, a store that supports the condition copies only an object with this ETag; raises ``S3Error`` with
        status 412 if it has another.
        """
        headers = {"x-amz-copy-source": quote(f"/{self._bucket}/{source}", errors="surrogateescape")}
        if etag:
            headers["x-amz-copy-source-if-match"] = etag
        with self._call("PUT", target, headers=headers) as answer:
            text = read(answer, MAX_ANSWER)
        # A store may start its answer with the status 200 before the copy is complete.
        if b"<Error" in text:
            raise S3Error(f"PUT {target!a}: the store reported an error after it had started to answer", 500)

    def delete(self, key: str, etag: str = "") -> None:
        """Delete an object; one that does not exist is no error. Raises ``S3Error``.

        With ``etag``, only the object with this ETag is deleted; raises ``S3Error`` with status 412 if it has another.
        """
        try:
            self._call("DELETE", key, headers={"if-match": etag} if etag else None).close()
        except S3Error as error:
            if error.status != 404:
                raise

    def _call(
        self,
        method: str,
        key: str = "",
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> Any:
        path = quote(f"/{self._bucket}/{key}" if key else f"/{self._bucket}", errors="surrogateescape")
        text = urlencode(sorted((query or {}).items()), quote_via=quote)
        url = self._endpoint + path + ("?" + text if text else "")
        request = urllib.request.Request(url, data=body or None, method=method)  # noqa: S310  (http or https by config)
        # Without a type urllib declares the body as a form, and some stores parse it.
        request.add_header("Content-Type", "application/octet-stream")
        signed = self.sign(method, path, text, headers or {}, body, datetime.now(UTC))
        for name, value in signed.items():
            request.add_header(name, value)
        what = f"{method} {(key or self._bucket)!a}"
        try:
            return urllib.request.urlopen(request, timeout=TIMEOUT)  # noqa: S310
        except urllib.error.HTTPError as error:
            error.close()
            raise S3Error(f"{what}: the store answered {error.code}", error.code) from None
        except (OSError, http.client.HTTPException) as error:
            raise S3Error(f"{what}: the store is not reachable: {error}") from None

    def sign(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes, at: datetime
    ) -> dict[str, str]:
        """Return the headers to send: ``headers``, and those of Signature Version 4 at the time ``at``."""
        stamp = at.strftime("%Y%m%dT%H%M%SZ")
        digest = hashlib.sha256(body).hexdigest() if body else EMPTY
        sent = {**headers, "host": urlsplit(self._endpoint).netloc, "x-amz-content-sha256": digest, "x-amz-date": stamp}
        names = sorted(sent)
        canonical = "\n".join(
            [method, path, query, *(f"{name}:{sent[name]}" for name in names), "", ";".join(names), digest]
        )
        scope = f"{stamp[:8]}/{self._region}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = f"AWS4{self._secret_key}".encode()
        for part in (stamp[:8], self._region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        sent["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self._access_key}/{scope}, "
            f"SignedHeaders={';'.join(names)}, Signature={signature}"
        )
        del sent["host"]  # urllib sets it, with the same value
        return sent


def blocks(stream: Any, limit: int) -> Iterator[bytes]:
    """Yield the content of an answer, at most ``limit`` bytes, in blocks of at most ``BLOCK`` bytes.

    Raises ``TooLarge``, and ``S3Error`` if the transfer is interrupted, ends early or is slower than ``SLOWEST``.
    Python returns a truncated answer without an error, so its length is compared with the declared one.
    """
    declared = _number(stream.headers.get("Content-Length"), -1)
    if declared > limit:
        raise TooLarge(f"the object has {declared} bytes, more than the limit of {limit}")
    started, total = time.monotonic(), 0
    while total != declared:
        try:
            block = stream.read1(BLOCK)
        except (OSError, http.client.HTTPException) as error:
            raise S3Error(f"the transfer was interrupted: {error}") from None
        total += len(block)
        if total > limit:
            raise TooLarge(f"the object has more than the limit of {limit} bytes")
        if not block:
            break
        if time.monotonic() - started > max(GRACE, total / SLOWEST):
            raise S3Error(f"the transfer is too slow: {total} bytes in {time.monotonic() - started:.0f} s")
        yield block
    if declared not in (-1, total):
        raise S3Error(f"the transfer ended after {total} of {declared} bytes")


def read(stream: Any, limit: int) -> bytes:
    """Return the content of an answer, at most ``limit`` bytes; raises as ``blocks``."""
    return b"".join(blocks(stream, limit))


def _number(text: str | None, default: int = 0) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else default


def _moment(text: str | None) -> datetime:
    """The time of a listing in UTC; 1970 if the store gives none that could be read."""
    try:
        moment = datetime.fromisoformat((text or "").replace("Z", "+00:00"))
    except ValueError:
        return EPOCH
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
