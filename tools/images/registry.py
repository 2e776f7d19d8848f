# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ask a container registry for the digest of a tag (OCI distribution specification, with token authentication)."""

from __future__ import annotations

import hashlib
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPException
from typing import Any

TIMEOUT = 30.0  # seconds a call
MAX_ANSWER = 4 * 1024 * 1024  # bytes; the specification's limit of a manifest
# The whole image for all machines first: its digest is the one to pin.
MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
# Docker's short name of its registry is not the name of the host that serves the API.
HOSTS = {"docker.io": "registry-1.docker.io"}
CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class RegistryError(Exception):
    """A registry does not know the tag, refused the request or did not answer."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: a token must not reach another host."""

    def redirect_request(self, *_: Any) -> None:
        """Make the redirect an error."""


OPENER = urllib.request.build_opener(NoRedirect)


def digest(image: str, tag: str, endpoints: dict[str, str] | None = None) -> str:
    """Return the digest (``sha256:…``) of ``registry/name:tag``, computed from the manifest itself.

    ``endpoints`` replaces the URL of a registry. Raises ``RegistryError``, also if the registry's header names another
    digest than its content has.
    """
    registry, _, name = image.partition("/")
    base = (endpoints or {}).get(registry, f"https://{HOSTS.get(registry, registry)}").rstrip("/")
    url = f"{base}/v2/{name}/manifests/{urllib.parse.quote(tag, safe='')}"
    headers = {"Accept": ", ".join(MANIFESTS)}
    try:
        status, answered, body = _get(url, headers)
        if status == 401:
            headers["Authorization"] = f"Bearer {_token(answered.get('WWW-Authenticate', ''), name)}"
            status, answered, body = _get(url, headers)
    except (OSError, HTTPException) as error:
        raise RegistryError(f"{image}:{tag}: the registry {registry} is not reachable: {error}") from None
    if status != 200:
        raise RegistryError(f"{image}:{tag}: the registry {registry} answered {status}; check the name and the tag")
    if answered.get_content_type() not in MANIFESTS:
        raise RegistryError(
            f"{image}:{tag}: the registry {registry} answered with {answered.get_content_type()}, not a manifest"
        )
    found = f"sha256:{hashlib.sha256(body).hexdigest()}"
    named = answered.get("Docker-Content-Digest", found)
    if named != found:
        raise RegistryError(
            f"{image}:{tag}: the registry {registry} names {named}, but the manifest has {found}; do not trust it"
        )
    return found


def _token(challenge: str, name: str) -> str:
    """An anonymous token to pull ``name``, from the server that the registry names."""
    fields = dict(CHALLENGE.findall(challenge))
    if not challenge.lower().startswith("bearer ") or "realm" not in fields:
        raise RegistryError(
            f"{name}: the registry asks for {challenge.partition(' ')[0] or 'nothing'}, and only tokens are supported"
        )
    query = {"service": fields.get("service", ""), "scope": f"repository:{name}:pull"}
    status, _headers, body = _get(f"{fields['realm']}?{urllib.parse.urlencode(query)}", {})
    try:
        answer = json.loads(body) if status == 200 else {}
        token = answer.get("token") or answer.get("access_token")
    except (ValueError, AttributeError):
        token = None
    if not token:
        raise RegistryError(f"{name}: the registry's token server answered {status} without a token")
    return str(token)


def _get(url: str, headers: dict[str, str]) -> tuple[int, Any, bytes]:
    """Status, headers and body, of which an error's are not raised."""
    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise RegistryError(f"{url}: is not an https URL")
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  (checked above)
    try:
        with OPENER.open(request, timeout=TIMEOUT) as answer:
            body = answer.read(MAX_ANSWER + 1)
            if len(body) > MAX_ANSWER:
                raise RegistryError(f"{url}: the answer has more than {MAX_ANSWER} bytes")
            return answer.status, answer.headers, body
    except urllib.error.HTTPError as error:
        error.close()
        return error.code, error.headers, b""
