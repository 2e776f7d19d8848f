# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""List, read, write and delete objects of a bucket from the controller, with requests signed by AWS Signature Version 4."""

from __future__ import annotations

import hashlib
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

from ansible_collections.sovereign.vdc.plugins.module_utils import credentials
from ansible_collections.sovereign.vdc.plugins.module_utils.backup import s3_errors
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.signature import Signature
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
            if error.code == s3_errors.NO_BUCKET:
                return []
            raise
        page = _parse(response.content)
        if page.tag != "ListVersionsResult":
            raise CloudError(s3_errors.NOT_S3)
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
                if error.code == s3_errors.NO_BUCKET:
                    return []
                raise
            if page.tag != "ListBucketResult":
                raise CloudError(s3_errors.NOT_S3)
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
            if error.code != s3_errors.NO_BUCKET:
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


class SignedRequests(AuthBase):
    """Signs requests of the library requests."""

    def __init__(self, signature: Signature) -> None:
        self._signature = signature

    def __call__(self, request: Any) -> Any:
        """Add the signature's headers to a request."""
        digest = hashlib.sha256(request.body or b"").hexdigest()
        request.headers.update(self._signature.headers(request.method, request.url, datetime.now(UTC), digest))
        return request


def connect(params: dict[str, Any], calls: Calls) -> Bucket:
    """Return the bucket that a module's ``params`` name; raise ``LibraryMissing`` or ``ValidationError``."""
    if IMPORT_ERROR:
        raise LibraryMissing("requests", IMPORT_ERROR)
    if not params["endpoint"].startswith(("http://", "https://")):
        raise ValidationError(
            f"endpoint: {params['endpoint']!r} is not a URL; give one such as https://sos-ch-dk-2.exo.io"
        )
    session = requests.Session()
    keys = [credentials.token(option, params[option]) for option in ("access_key", "secret_key")]
    session.auth = SignedRequests(Signature(keys[0], keys[1], params["region"]))
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
    code, message = s3_errors.read(response.content)
    sentence = s3_errors.sentence(code, response.status_code, message)
    return CloudError(sentence, code or "error", response.status_code)


def _parse(text: bytes) -> Any:
    """Return a response's XML without namespaces; raise ``CloudError`` for anything else."""
    tree = s3_errors.parse(text)
    if tree is None:
        raise CloudError(s3_errors.NOT_S3)
    return tree


def _object_version(element: Any) -> ObjectVersion | None:
    if element.tag not in ("Version", "DeleteMarker"):
        return None
    modified = datetime.fromisoformat(element.findtext("LastModified", "").replace("Z", "+00:00")).timestamp()
    current = element.tag == "Version" and element.findtext("IsLatest", "true") == "true"
    return ObjectVersion(element.findtext("Key", ""), element.findtext("VersionId", ""), modified, current)
