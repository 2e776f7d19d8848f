# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls to the Hetzner Cloud API: the official client for shape, our transport below it."""

from __future__ import annotations

import math
import os
import traceback
from typing import Any

from ansible.module_utils.basic import env_fallback
from ansible_collections.sovereign.vdc.plugins.module_utils import credentials
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.concurrently import each
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import CALL_OPTIONS
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.transport import Calls, Transport
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, LibraryMissing, ValidationError

try:
    import hcloud
    from requests.utils import get_environ_proxies

    IMPORT_ERROR = None
except ImportError:
    IMPORT_ERROR = traceback.format_exc()

ENDPOINT = "https://api.hetzner.cloud/v1"
PAGE = 50  # maximum of the API
CONNECTIONS = 16

# Documented in the fragment sovereign.vdc.hetzner.
LOGIN_OPTIONS: dict[str, Any] = {
    "api_token": {"type": "str", "no_log": True, "fallback": (env_fallback, ["HCLOUD_TOKEN"])},
    "api_endpoint": {"type": "str", "default": ENDPOINT, "fallback": (env_fallback, ["HCLOUD_ENDPOINT"])},
    **CALL_OPTIONS,
}
Items = list[dict[str, Any]]
# Answers of proxies in front of the API carry no error code of its own.
CODES = {429: "rate_limit_exceeded", 500: "server_error", 502: "bad_gateway", 503: "unavailable", 504: "timeout"}


class Hetzner:
    """One project. Every call raises what ``Transport`` raises; it is safe in many threads."""

    def __init__(
        self,
        token: str,
        endpoint: str = ENDPOINT,
        calls: Calls | None = None,
        timeout: float = 30.0,
        retries: int = 8,
        connections: int = CONNECTIONS,
    ) -> None:
        if IMPORT_ERROR:
            raise LibraryMissing("hcloud", IMPORT_ERROR)
        if not token:
            raise ValidationError(
                "api_token: give the token of a Hetzner project, or set the environment variable HCLOUD_TOKEN"
            )
        if not endpoint.startswith(("http://", "https://")):
            raise ValidationError(f"api_endpoint: {endpoint!r} must be a URL, such as {ENDPOINT}")
        self.connections = connections
        self._client = hcloud.Client(token, endpoint.rstrip("/"), application_name="sovereign.vdc", timeout=timeout)
        transport = Transport(read_error, calls or Calls(), timeout=timeout, retries=retries, connections=connections)
        session = self._client._client._session
        session.mount("https://", transport)
        session.mount("http://", transport)
        # The environment's proxies and certificates count, looked up once. Its ~/.netrc does
        # not: requests would send a password from there in place of the token.
        session.proxies = get_environ_proxies(endpoint)
        session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        session.trust_env = False

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """``GET path``; lists in ``query`` are sent as repeated parameters, ``None`` is omitted."""
        return self._client.request("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """``POST path``; raises ``AmbiguousResultError`` when it is not known whether the change was made."""
        return self._client.request("POST", path, json=body)

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """``PUT path``; the API's updates replace, so sending twice does no harm."""
        return self._client.request("PUT", path, json=body)

    def delete(self, path: str) -> dict[str, Any]:
        """``DELETE path``; empty when there is no such resource, which counts as success."""
        try:
            return self._client.request("DELETE", path)
        except CloudError as error:
            if error.status == 404:
                return {}
            raise

    def find(self, path: str) -> dict[str, Any] | None:
        """``GET path``; ``None`` if it does not exist."""
        try:
            return self.get(path)
        except CloudError as error:
            if error.status == 404:
                return None
            raise

    def page(self, path: str, number: int = 1, **query: Any) -> tuple[Items, int]:
        """One page of a list, and how many entries the whole of it has."""
        answer = self.get(path, page=number, per_page=PAGE, **query)
        items = answer[path.rsplit("/", 1)[-1]]
        total = answer.get("meta", {}).get("pagination", {}).get("total_entries")
        return items, total or len(items)

    def list(self, path: str, **query: Any) -> Items:
        """A whole list: the first page has the number of entries, the others are read concurrently.

        The API pages by number: an item deleted between two pages may hide another, a new one may
        show another twice; each is returned once.
        """
        items, total = self.page(path, **query)
        return self.following(path, items, total, **query)

    def following(self, path: str, items: Items, total: int, **query: Any) -> Items:
        """``items`` of the first page, and those of all the other pages."""
        pages = math.ceil(total / PAGE)
        for outcome in each(lambda n: self.page(path, n, **query)[0], range(2, pages + 1), self.connections):
            if outcome.error:
                raise outcome.error
            items = items + (outcome.result or [])
        return [*{item["id"]: item for item in items}.values()]


def connect(params: dict[str, Any], calls: Calls) -> Hetzner:
    """Return the client for a module's parameters; raises ``ValidationError`` and ``LibraryMissing``."""
    return Hetzner(
        credentials.token("api_token", params["api_token"]),
        params["api_endpoint"],
        calls,
        timeout=params["api_timeout"],
        retries=params["api_retries"],
        connections=params.get("concurrency") or CONNECTIONS,
    )


def read_error(response: Any) -> CloudError:
    """A failed answer in the provider's terms; the token is in none of them."""
    try:
        error = response.json()["error"]
        code, message, details = error["code"], error["message"], error.get("details")
    except (ValueError, KeyError, TypeError):
        code = CODES.get(response.status_code, f"http_{response.status_code}")
        message, details = f"the provider answered {response.status_code} {response.reason}", None
    if response.status_code == 401:
        message = f"api_token is not accepted: {message}"
    return CloudError(message, code, response.status_code, details, response.headers.get("X-Correlation-Id"))
