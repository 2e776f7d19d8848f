# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""List, read, write and delete objects of a bucket from the controller, with requests signed by AWS Signature Version 4."""

from __future__ import annotations

import hashlib
import hmac
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
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

PAGE = 1000  # objects that S3 lists at most in one response
EMPTY_DIGEST = hashlib.sha256(b"").hexdigest()
NO_BUCKET = "NoSuchBucket"
NOT_S3 = "endpoint: the response is not that of an S3 server; check the URL"


@dataclass(frozen=True)
class ObjectVersion:
    """A version of an object, or a delete marker. ``modified`` is in seconds since 1970; ``current`` is true for the
    version that a reader gets."""

    key: str
    version: str
    modified: float
    current: bool


class Bucket:
    """A bucket, addressed by path, which every S3 server supports."""

    def __init__(self, session: Any, endpoint: str, name: str) -> None:
        self._session = session
        self._url = f"{endpoint.rstrip('/')}/{quote(name)}"
        # The server's clock at its last response, in seconds since 1970; None before, and if the server does not tell.
        self.clock: float | None = None

    def list_page(self, prefix: str) -> list[ObjectVersion]:
        """Return the first page of objects whose keys begin with ``prefix``, with all versions where the bucket keeps
        them; empty where the bucket does not exist. Raises ``CloudError``."""
        try:
            response = self._call("GET", "", {"max-keys": str(PAGE), "prefix": prefix, "versions": ""})
        except CloudError as error:
            if error.code == NO_BUCKET:
                return []
            raise
        page = _parse(response.content)
        if page.tag != "ListVersionsResult":
            raise CloudError(NOT_S3)
        found = [_object_version(element) for element in page]
        return [version for version in found if version]

    def directories(self) -> list[str]:
        """Return the parts of all keys before their first slash; empty where the bucket does not exist. Raises ``CloudError``."""
        found: list[str] = []
        query = {"delimiter": "/", "list-type": "2", "max-keys": str(PAGE)}
        while True:
            try:
                page = _parse(self._call("GET", "", query).content)
            except CloudError as error:
                if error.code == NO_BUCKET:
                    return []
                raise
            if page.tag != "ListBucketResult":
                raise CloudError(NOT_S3)
            found += [element.findtext("Prefix", "").removesuffix("/") for element in page.iter("CommonPrefixes")]
            token = page.findtext("NextContinuationToken", "")
            if page.findtext("IsTruncated") != "true" or not token:
                return found
            query["continuation-token"] = token

    def read(self, key: str) -> bytes:
        """Return the content of an object. Raises ``CloudError``."""
        return self._call("GET", f"/{quote(key)}", {}).content

    def write(self, key: str, data: bytes) -> None:
        """Create or replace an object, and the bucket if it does not exist. Raises ``CloudError``."""
        try:
            self._call("PUT", f"/{quote(key)}", {}, data)
        except CloudError as error:
            if error.code != NO_BUCKET:
                raise
            self._call("PUT", "", {})
            self._call("PUT", f"/{quote(key)}", {}, data)

    def remove(self, version: ObjectVersion) -> None:
        """Delete a version permanently, if it still exists. Raises ``CloudError``."""
        query = {"versionId": version.version} if version.version else {}
        self._call("DELETE", f"/{quote(version.key)}", query)

    def _call(self, method: str, path: str, query: dict[str, str], data: bytes | None = None) -> Any:
        text = urlencode(sorted(query.items()), quote_via=quote, safe="")
        url = self._url + path + ("?" + text if text else "")
        response = self._session.request(method, url, data=data, allow_redirects=False)
        self.clock = _date(response.headers.get("Date", ""))
        if response.status_code >= 300:  # a redirect to another region is an error, too
            raise _error(response)
        return response


class Signature(AuthBase):
    """Signs requests for ``region``."""

    def __init__(self, access_key: str, secret_key: str, region: str) -> None:
        self._access_key, self._secret_key, self._region = access_key, secret_key, region

    def __call__(self, request: Any) -> Any:
        """Add the signature's headers to a request."""
        digest = hashlib.sha256(request.body or b"").hexdigest()
        request.headers.update(self.headers(request.method, request.url, datetime.now(UTC), digest))
        return request

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


def connect(params: dict[str, Any], calls: Calls) -> Bucket:
    """Return the bucket that a module's ``params`` name; raise ``LibraryMissing`` or ``ValidationError``."""
    if IMPORT_ERROR:
        raise LibraryMissing("requests", IMPORT_ERROR)
    if not params["endpoint"].startswith(("http://", "https://")):
        raise ValidationError(
            f"endpoint: {params['endpoint']!r} is not a URL; give one such as https://sos-ch-dk-2.exo.io"
        )
    session = requests.Session()
    session.auth = Signature(params["access_key"], params["secret_key"], params["region"] or "us-east-1")
    transport = Transport(_error, calls, timeout=params["api_timeout"], retries=params["api_retries"])
    for scheme in ("https://", "http://"):
        session.mount(scheme, transport)
    return Bucket(session, params["endpoint"], params["bucket"])


def _date(header: str) -> float | None:
    try:
        return parsedate_to_datetime(header).timestamp()
    except ValueError:
        return None


def _error(response: Any) -> CloudError:
    """Return the error that a response describes."""
    try:
        element = _parse(response.content)
        code, message = element.findtext("Code", ""), element.findtext("Message", "")
    except CloudError:
        code, message = "", ""
    message = f"the object storage answered {response.status_code}: {message or code or 'no reason given'}"
    return CloudError(message, code or "error", response.status_code)


def _parse(text: bytes) -> Any:
    """Return a response's XML without namespaces; raise ``CloudError`` for anything else."""
    try:
        tree = ElementTree.fromstring(text)  # noqa: S314  (the operator's own object storage)
    except ElementTree.ParseError:
        raise CloudError(NOT_S3) from None
    for element in tree.iter():
        element.tag = element.tag.rpartition("}")[2]
    return tree


def _object_version(element: Any) -> ObjectVersion | None:
    if element.tag not in ("Version", "DeleteMarker"):
        return None
    modified = datetime.fromisoformat(element.findtext("LastModified", "").replace("Z", "+00:00")).timestamp()
    current = element.tag == "Version" and element.findtext("IsLatest", "true") == "true"
    return ObjectVersion(element.findtext("Key", ""), element.findtext("VersionId", ""), modified, current)
