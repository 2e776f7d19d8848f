# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls to the Exoscale API: the official client with our transport below it.

``exoscale.api.v2.Client`` builds and signs the calls. ``Transport`` below it adds what it
lacks (time limit, retries, counting, typed errors, answers without a body), and this file
adds the zone's endpoint and the waiting. Importing the SDK costs about 0.1 s (it reads its
1 MB API document), so this is the only file that does.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from ansible.module_utils.basic import env_fallback
from ansible_collections.sovereign.vdc.plugins.module_utils import credentials
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.errors import operation_error, read_error
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.operations import wait_for
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import CALL_OPTIONS
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.transport import Calls, Transport
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, LibraryMissing, ValidationError

try:
    from exoscale.api.v2 import Client

    IMPORT_ERROR = None
except ImportError:
    IMPORT_ERROR = traceback.format_exc()

DIRECTORY = "https://api-ch-gva-2.exoscale.com/v2"  # any zone's endpoint lists all zones

# Documented in the fragment sovereign.vdc.exoscale.
LOGIN_OPTIONS: dict[str, Any] = {
    "api_key": {"type": "str", "no_log": True, "fallback": (env_fallback, ["EXOSCALE_API_KEY"])},
    "api_secret": {"type": "str", "no_log": True, "fallback": (env_fallback, ["EXOSCALE_API_SECRET"])},
    "zone": {"type": "str", "fallback": (env_fallback, ["EXOSCALE_ZONE"])},
    "api_endpoint": {"type": "str", "fallback": (env_fallback, ["EXOSCALE_API_ENDPOINT"])},
    **CALL_OPTIONS,
}


class Exoscale:
    """One zone of one account.

    ``read`` and ``change`` take the operation's id as Exoscale's document has it
    (``list-instances``) and its fields as keywords with ``_`` for ``-``
    (``instance_type={"id": …}``); nested fields keep their ``-``.
    """

    def __init__(self, client: Any, calls: Calls, zone: str, wait: bool = True, wait_timeout: float = 600.0) -> None:
        self.client = client
        self.calls = calls
        self.zone = zone
        self.waits = wait
        self.wait_timeout = wait_timeout
        self._limits: dict[str, float] = {}

    def read(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """The answer to a call that changes nothing; raises ``CloudError``."""
        return getattr(self.client, operation.replace("-", "_"))(**arguments)

    def list(self, operation: str, key: str, **arguments: Any) -> list[dict[str, Any]]:
        """The resources under ``key`` of a list call (Exoscale's lists have no pages)."""
        return self.read(operation, **arguments).get(key) or []

    def find(self, operation: str, **arguments: Any) -> dict[str, Any] | None:
        """As ``read``, but None if the resource does not exist (404)."""
        try:
            return self.read(operation, **arguments)
        except CloudError as error:
            if error.status == 404:
                return None
            raise

    def change(self, operation: str, timeout: float | None = None, **arguments: Any) -> list[str]:
        """Start a change; returns the operation's id to wait for, nothing if it is complete.

        ``timeout`` is the longest wait for it in seconds (default: ``wait_timeout``).
        Raises ``CloudError``; ``AmbiguousResultError`` when whether it was started is not known.
        """
        answer = self.read(operation, **arguments)
        if answer.get("state") in ("failure", "timeout") and "reference" in answer:
            raise operation_error(answer)
        if answer.get("state") != "pending":
            return []
        if timeout is not None:
            self._limits[answer["id"]] = timeout
        return [answer["id"]]

    def delete(self, operation: str, **arguments: Any) -> list[str]:
        """As ``change`` for a deletion or detachment: success, too, if the resource does not exist (404)."""
        try:
            return self.change(operation, **arguments)
        except CloudError as error:
            if error.status == 404:
                return []
            raise

    def wait(self, operations: Iterable[str]) -> dict[Any, CloudError]:
        """Wait for all operations, unless ``wait`` is false; returns the failures by operation id."""
        if not self.waits:
            return {}
        limits = {operation: self._limits.get(operation, self.wait_timeout) for operation in operations}
        return wait_for(lambda operation: self.read("get-operation", id=operation), limits)

    def read_at_rest(self, read: Callable[[], Any], in_transition: Callable[[Any], bool]) -> Any:
        """Read until nothing is ``in_transition`` (a start by someone else, a creation whose answer was
        lost), for ``wait_timeout`` seconds at most; only once without ``wait``."""
        current = read()
        deadline, pause = time.monotonic() + self.wait_timeout, 0.5
        while self.waits and in_transition(current) and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(3.0, pause * 1.5)
            current = read()
        return current


def connect(params: dict[str, Any], calls: Calls) -> Exoscale:
    """The zone that a module's ``params`` name.

    Asks for the list of zones where ``api_endpoint`` is set or the zone is newer than the SDK.
    Raises ``LibraryMissing``, ``ValidationError`` for what is missing or unknown, ``CloudError`` when
    that list cannot be had.
    """
    if IMPORT_ERROR:
        raise LibraryMissing("exoscale", IMPORT_ERROR)
    keys = {option: credentials.token(option, params[option]) for option in ("api_key", "api_secret")}
    for option, value in keys.items():
        if not value:
            raise ValidationError(f"{option}: give it, or set the environment variable EXOSCALE_{option.upper()}")
    given, zone = (params["api_endpoint"] or "").rstrip("/"), params["zone"] or ""
    if not given and not zone:
        raise ValidationError("zone: give one (ch-dk-2, for instance), or set the environment variable EXOSCALE_ZONE")
    if given and not given.startswith(("http://", "https://")):
        raise ValidationError(f"api_endpoint: {given!r} must be a URL, such as {DIRECTORY}")
    transport = Transport(read_error, calls, timeout=params["api_timeout"], retries=params["api_retries"])

    def client(url: str) -> Any:
        vendor = Client(keys["api_key"], keys["api_secret"], url=url)
        vendor.http_client.mount("https://", transport)
        vendor.http_client.mount("http://", transport)
        return vendor

    if given and not zone:
        url = given
    elif not given and zone in known_zones():
        url = f"https://api-{zone}.exoscale.com/v2"
    else:
        url = _endpoint(client(given or DIRECTORY), zone)
    return Exoscale(client(url), calls, zone or url, params.get("wait", True), params.get("wait_timeout", 600.0))


def known_zones() -> list[str]:
    """The zones that the installed SDK knows; newer ones are read from the API."""
    return Client._api_spec["servers"][0]["variables"]["zone"].get("enum", [])


def endpoints(client: Any) -> dict[str, str]:
    """Return each zone's endpoint, from the list of zones. Read without a signature, as the SDK does:
    a key with a narrow role is refused otherwise."""
    answer = client.http_client.request("GET", f"{client.endpoint}/zone", auth=lambda request: request)
    zones = answer.json().get("zones") or []
    return {z["name"]: (z.get("api-endpoint") or client.endpoint).rstrip("/") for z in zones if z.get("name")}


def _endpoint(client: Any, zone: str) -> str:
    zones = endpoints(client)
    if zone not in zones:
        raise ValidationError(f"zone: {zone!r} does not exist; choose one of {', '.join(sorted(zones))}")
    return zones[zone]
