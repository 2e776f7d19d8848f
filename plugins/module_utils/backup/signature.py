# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS Signature Version 4 for S3, with the standard library only: nodes use it, too."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from urllib.parse import urlsplit

EMPTY_DIGEST = hashlib.sha256(b"").hexdigest()
DEFAULT_REGION = "us-east-1"


class Signature:
    """Signs requests for ``region`` (S3's default if empty)."""

    def __init__(self, access_key: str, secret_key: str, region: str) -> None:
        self._access_key, self._secret_key, self._region = access_key, secret_key, region or DEFAULT_REGION

    def headers(self, method: str, url: str, now: datetime, digest: str = EMPTY_DIGEST) -> dict[str, str]:
        """Return the signature's headers; the query of ``url`` must be sorted and quoted, ``digest`` is the body's SHA-256."""
        parts, stamp = urlsplit(url), now.strftime("%Y%m%dT%H%M%SZ")
        signed = {"host": parts.netloc, "x-amz-content-sha256": digest, "x-amz-date": stamp}
        lines = [f"{name}:{value}" for name, value in signed.items()]
        canonical_request = "\n".join([method, parts.path, parts.query, *lines, "", ";".join(signed), digest])
        scope = f"{stamp[:8]}/{self._region}/s3/aws4_request"
        string_to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical_request.encode()).hexdigest()}"
        key = f"AWS4{self._secret_key}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, string_to_sign.encode(), "sha256").hex()
        credential = f"Credential={self._access_key}/{scope}, SignedHeaders={';'.join(signed)}, Signature={signature}"
        return {**signed, "Authorization": f"AWS4-HMAC-SHA256 {credential}"}
