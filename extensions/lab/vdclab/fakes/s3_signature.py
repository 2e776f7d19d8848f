"""The server's part of AWS Signature Version 4."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import parse_qsl, quote

SHAPE = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/s3/aws4_request, ?"
    r"SignedHeaders=(?P<names>[a-z0-9;-]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)
MAX_SKEW = 15 * 60  # seconds that clocks may differ, as with Amazon


class Headers(Protocol):
    """A request's headers; names are case-insensitive."""

    def get(self, name: str, default: str, /) -> str: ...


class Denied(Exception):
    """The request's signature is invalid; ``code`` is S3's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def check(method: str, path: str, query: str, headers: Headers, keys: Mapping[str, str], now: datetime) -> None:
    """Raise ``Denied`` unless one of ``keys`` (access key -> secret) signed this request recently.

    ``path`` and ``query`` are as received, percent-encoded. The caller compares the body with its
    signed digest in ``x-amz-content-sha256``.
    """
    found = SHAPE.fullmatch(headers.get("Authorization", ""))
    if not found:
        raise Denied("AccessDenied", "the request has no Signature Version 4")
    secret = keys.get(found["key"])
    if secret is None:
        raise Denied("InvalidAccessKeyId", "the access key does not exist")
    stamp = headers.get("x-amz-date", "")
    try:
        sent = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Denied("AccessDenied", "x-amz-date is missing or not a date") from None
    if abs((now - sent).total_seconds()) > MAX_SKEW or stamp[:8] != found["day"]:
        raise Denied("RequestTimeTooSkewed", "the request's time and the server's differ too much")
    names = found["names"].split(";")
    if "host" not in names:
        raise Denied("AccessDenied", "the host is not signed")
    pairs = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in parse_qsl(query, keep_blank_values=True))
    canonical = "\n".join(
        [
            method,
            path,
            "&".join(f"{k}={v}" for k, v in pairs),
            *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in names),
            "",
            found["names"],
            headers.get("x-amz-content-sha256", ""),
        ]
    )
    scope = f"{found['day']}/{found['region']}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in (found["day"], found["region"], "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), found["signature"]):
        raise Denied("SignatureDoesNotMatch", "the signature does not match the request")
