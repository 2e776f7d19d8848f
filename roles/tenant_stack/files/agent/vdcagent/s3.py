"""The few S3 calls that filing needs, signed with AWS Signature Version 4."""

from __future__ import annotations

import hashlib
import hmac
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree

TIMEOUT = 30.0  # seconds a call
EMPTY = hashlib.sha256(b"").hexdigest()


class S3Error(Exception):
    """The object store refused a request or did not answer; ``status`` is 0 without an answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Entry:
    """One object of a listing: ``size`` in bytes, ``modified`` in UTC."""

    key: str
    size: int
    modified: datetime


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
            self._call("HEAD")
        except S3Error as error:
            if error.status != 404:
                raise
            self._call("PUT")

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """Yield every object below ``prefix``, page by page; raises ``S3Error``."""
        query = {"list-type": "2", "max-keys": str(self.PAGE), "prefix": prefix}
        while True:
            with self._call("GET", query=query) as answer:
                page = ElementTree.fromstring(answer.read())  # noqa: S314  (our own store's answer)
            space = page.tag.partition("}")[0] + "}" if page.tag.startswith("{") else ""
            for item in page.iter(f"{space}Contents"):
                yield Entry(
                    key=item.findtext(f"{space}Key", ""),
                    size=int(item.findtext(f"{space}Size", "0")),
                    modified=datetime.fromisoformat(item.findtext(f"{space}LastModified", "").replace("Z", "+00:00")),
                )
            token = page.findtext(f"{space}NextContinuationToken")
            if not token:
                return
            query["continuation-token"] = token

    def open(self, key: str) -> Any:
        """Open the object as a binary stream, which the caller closes; raises ``S3Error``."""
        return self._call("GET", key)

    def put(self, key: str, body: bytes) -> None:
        """Write a small object; raises ``S3Error``."""
        self._call("PUT", key, body=body).close()

    def copy(self, source: str, target: str) -> None:
        """Copy an object within the bucket, on the server; raises ``S3Error``."""
        self._call("PUT", target, headers={"x-amz-copy-source": quote(f"/{self._bucket}/{source}")}).close()

    def delete(self, key: str) -> None:
        """Delete an object; one that does not exist is no error; raises ``S3Error``."""
        self._call("DELETE", key).close()

    def _call(
        self,
        method: str,
        key: str = "",
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> Any:
        path = quote(f"/{self._bucket}/{key}" if key else f"/{self._bucket}")
        text = urlencode(sorted((query or {}).items()), quote_via=quote)
        url = self._endpoint + path + ("?" + text if text else "")
        request = urllib.request.Request(url, data=body or None, method=method)  # noqa: S310  (http or https by config)
        # Without a type urllib declares the body as a form, and some stores parse it.
        request.add_header("Content-Type", "application/octet-stream")
        signed = self.sign(method, path, text, headers or {}, body, datetime.now(UTC))
        for name, value in signed.items():
            request.add_header(name, value)
        try:
            return urllib.request.urlopen(request, timeout=TIMEOUT)  # noqa: S310
        except urllib.error.HTTPError as error:
            error.close()
            raise S3Error(f"{method} {key or self._bucket}: the store answered {error.code}", error.code) from None
        except (OSError, urllib.error.URLError) as error:
            raise S3Error(f"{method} {key or self._bucket}: the store is not reachable: {error}") from None

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
