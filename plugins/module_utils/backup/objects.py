# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What lies in a bucket, and how it goes: the few S3 calls that need no node, signed with AWS Signature Version 4."""

from __future__ import annotations

import hashlib
import hmac
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.transport import Calls, Transport
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, LibraryMissing, ValidationError

try:
    import requests
    from requests.auth import AuthBase

    IMPORT_ERROR = None
except ImportError:
    IMPORT_ERROR = traceback.format_exc()
    AuthBase = object  # type: ignore[assignment,misc]

PAGE = 1000  # the most that S3 lists at once
EMPTY = hashlib.sha256(b"").hexdigest()
NO_BUCKET = "NoSuchBucket"
NO_S3 = "what answers there is no S3: look at the endpoint"


@dataclass(frozen=True)
class Stored:
    """A version of an object, or the mark that it was deleted. ``modified`` is in seconds since 1970; ``there`` says
    whether it is what a reader would get."""

    key: str
    version: str
    modified: float
    there: bool


class Bucket:
    """A bucket, addressed by path, which every object storage understands."""

    def __init__(self, session: Any, endpoint: str, name: str) -> None:
        self._session = session
        self._url = f"{endpoint.rstrip('/')}/{quote(name)}"

    def stored(self, prefix: str) -> list[Stored]:
        """The first page of what keys begin with ``prefix``, with all versions where the bucket keeps them; nothing
        where there is no bucket. Raises ``CloudError``."""
        try:
            answer = self._call("GET", "", {"max-keys": str(PAGE), "prefix": prefix, "versions": ""})
        except CloudError as error:
            if error.code == NO_BUCKET:
                return []
            raise
        page = _parsed(answer.content)
        if page.tag != "ListVersionsResult":
            raise CloudError(NO_S3)
        found = [_stored(item) for item in page]
        return [item for item in found if item]

    def remove(self, item: Stored) -> None:
        """Remove it for good; what is gone already is fine. Raises ``CloudError``."""
        self._call("DELETE", f"/{quote(item.key)}", {"versionId": item.version} if item.version else {})

    def _call(self, method: str, path: str, query: dict[str, str]) -> Any:
        text = urlencode(sorted(query.items()), quote_via=quote, safe="")
        url = self._url + path + ("?" + text if text else "")
        answer = self._session.request(method, url, allow_redirects=False)
        if answer.status_code >= 300:  # such as one of another region
            raise _error(answer)
        return answer


class Signature(AuthBase):
    """Signs requests without a body for ``region``."""

    def __init__(self, access_key: str, secret_key: str, region: str) -> None:
        self._access_key, self._secret_key, self._region = access_key, secret_key, region

    def __call__(self, request: Any) -> Any:
        """Add the headers that prove who asks."""
        request.headers.update(self.headers(request.method, request.url, datetime.now(UTC)))
        return request

    def headers(self, method: str, url: str, now: datetime) -> dict[str, str]:
        """These headers. The query of ``url`` is sorted and quoted already."""
        parts, stamp = urlsplit(url), now.strftime("%Y%m%dT%H%M%SZ")
        signed = {"host": parts.netloc, "x-amz-content-sha256": EMPTY, "x-amz-date": stamp}
        lines = [f"{name}:{value}" for name, value in signed.items()]
        asked = "\n".join([method, parts.path, parts.query, *lines, "", ";".join(signed), EMPTY])
        scope = f"{stamp[:8]}/{self._region}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(asked.encode()).hexdigest()}"
        key = f"AWS4{self._secret_key}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        proof = hmac.digest(key, text.encode(), "sha256").hex()
        who = f"Credential={self._access_key}/{scope}, SignedHeaders={';'.join(signed)}, Signature={proof}"
        return {**signed, "Authorization": f"AWS4-HMAC-SHA256 {who}"}


def connect(params: dict[str, Any], calls: Calls) -> Bucket:
    """The bucket that a module's ``params`` name; raises ``LibraryMissing`` and ``ValidationError``."""
    if IMPORT_ERROR:
        raise LibraryMissing("requests", IMPORT_ERROR)
    if not params["endpoint"].startswith(("http://", "https://")):
        raise ValidationError(f"endpoint: {params['endpoint']!r} must be a URL, such as https://sos-ch-dk-2.exo.io")
    session = requests.Session()
    session.auth = Signature(params["access_key"], params["secret_key"], params["region"] or "us-east-1")
    transport = Transport(_error, calls, timeout=params["api_timeout"], retries=params["api_retries"])
    for scheme in ("https://", "http://"):
        session.mount(scheme, transport)
    return Bucket(session, params["endpoint"], params["bucket"])


def _error(response: Any) -> CloudError:
    """What the object storage said, where it said it in its own words."""
    try:
        said = _parsed(response.content)
        code, message = said.findtext("Code", ""), said.findtext("Message", "")
    except CloudError:
        code, message = "", ""
    message = f"the object storage answered {response.status_code}: {message or code or 'without a reason'}"
    return CloudError(message, code or "error", response.status_code)


def _parsed(text: bytes) -> Any:
    """An answer, with plain names; raises ``CloudError`` for what is no XML."""
    try:
        tree = ElementTree.fromstring(text)  # noqa: S314  (the operator's own object storage)
    except ElementTree.ParseError:
        raise CloudError(NO_S3) from None
    for element in tree.iter():
        element.tag = element.tag.rpartition("}")[2]
    return tree


def _stored(item: Any) -> Stored | None:
    if item.tag not in ("Version", "DeleteMarker"):
        return None
    modified = datetime.fromisoformat(item.findtext("LastModified", "").replace("Z", "+00:00")).timestamp()
    there = item.tag == "Version" and item.findtext("IsLatest", "true") == "true"
    return Stored(item.findtext("Key", ""), item.findtext("VersionId", ""), modified, there)
