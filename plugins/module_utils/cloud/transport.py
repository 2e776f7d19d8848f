# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one place where calls to a cloud are timed, retried, paced, counted and judged.

``Transport`` is mounted below a vendor's client (both are built on ``requests``), so the
client shapes and signs the requests and never sees a failure that is ours to deal with.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils import processes
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import AmbiguousResultError, CloudError

try:
    import requests
    from requests.adapters import HTTPAdapter

    HAS_REQUESTS = True
except ImportError:  # reported by the module through missing_required_lib
    HAS_REQUESTS = False
    HTTPAdapter = object  # type: ignore[assignment,misc]

# The provider rejected the call before any change, and may accept it later.
PASSING: dict[int, tuple[str, ...] | None] = {409: ("conflict",), 423: ("locked",), 429: None}
NEVER_BUILT = 501
READING = ("GET", "HEAD")
CONNECT_TRIES = 3
LONGEST_RETRY_AFTER = 60.0  # seconds; the longest pause that a provider can request


@dataclass
class Calls:
    """API calls made, by kind; shared by every thread of one module run."""

    reads: int = 0
    writes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, method: str) -> None:
        """Add one call."""
        with self._lock:
            if method in READING:
                self.reads += 1
            else:
                self.writes += 1

    def as_result(self) -> dict[str, int]:
        """The figures as a module returns them in ``api_calls``."""
        return {"reads": self.reads, "writes": self.writes}


class Budget:
    """Keeps calls within the provider's rate limit, as its ``RateLimit-*`` headers report it.

    Hetzner's limit is a bucket of ``Limit`` calls that refills ``Limit`` an hour; ``Remaining``
    is its content. (``Reset`` is the time when it is full again, not when the next call may be made.)
    Once it is empty, callers queue up for the refill instead of running into 429s that cost a
    call each. Calls in progress count as used; each answer corrects the figure for other clients.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._tokens = math.inf  # until the first answer
        self._refill = 1.0  # calls a second
        self._counted = 0.0  # when tokens was right
        self._under_way = 0

    def start(self) -> None:
        """Return when a call may be made."""
        with self._lock:
            now = self._clock()
            self._tokens += (now - self._counted) * self._refill - 1
            self._counted = now
            self._under_way += 1
            pause = -self._tokens / self._refill
        if pause > 0:
            self._sleep(pause)

    def end(self, headers: Any = None) -> None:
        """A call has ended, with these headers if it was answered."""
        with self._lock:
            self._under_way -= 1
            try:
                limit, remaining = int(headers["RateLimit-Limit"]), int(headers["RateLimit-Remaining"])
            except (KeyError, TypeError, ValueError):
                return
            self._refill = max(limit, 1) / 3600
            self._tokens = remaining - self._under_way
            self._counted = self._clock()


class Transport(HTTPAdapter):
    """Sends requests with a timeout, retries what may be retried, raises what may not.

    Returns only successful answers. Raises ``AmbiguousResultError`` where a change was sent and its
    outcome is unknown, ``CloudError`` for every other failure; both pass through the vendors'
    clients untouched.

    ``read_error`` turns a failed response into a ``CloudError`` in the provider's terms. Once the
    run that this belongs to no longer ``goes_on``, nothing more is changed.
    """

    def __init__(
        self,
        read_error: Callable[[Any], CloudError],
        calls: Calls,
        timeout: float = 30.0,
        retries: int = 8,
        connections: int = 16,
        sleep: Callable[[float], None] = time.sleep,
        goes_on: Callable[[], bool] | None = None,
    ) -> None:
        super().__init__(pool_connections=4, pool_maxsize=connections)
        self._read_error = read_error
        self._calls = calls
        self._timeout = timeout
        self._retries = retries
        self._sleep = sleep
        self._budget = Budget(sleep=sleep)
        self._goes_on = goes_on or processes.run_is_alive()

    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):  # type: ignore[override]
        """Send ``request``; see the class for the result and the errors."""
        tries, timeout = 0, timeout or self._timeout
        while True:
            tries += 1
            last, least, headers = self._retries, 0.0, None
            if request.method not in READING and not self._goes_on():
                raise CloudError(
                    "the run of ansible-playbook that this belongs to has ended; nothing more is changed",
                    code="run_ended",
                )
            self._budget.start()
            self._calls.count(request.method)
            try:
                response = super().send(request, stream, timeout, verify, cert, proxies)
                _read_body(response)
                headers = response.headers
            except requests.exceptions.RequestException as error:
                failure = self._unanswered(request, error, timeout)
                if failure.code == "unreachable":
                    last = min(CONNECT_TRIES, last)
            else:
                if response.status_code < 400:
                    return _never_empty(response)
                failure = self._failed(request, response)
                least = _retry_after(headers)
            finally:
                self._budget.end(headers)
            if isinstance(failure, AmbiguousResultError) or not getattr(failure, "passing", False) or tries > last:
                raise failure
            self._sleep(max(least, _pause(tries)))

    def _unanswered(self, request, error, timeout) -> CloudError:
        where = f"{request.method} {_shown(request.url)}"
        if _never_sent(error):
            return _passing(CloudError(f"{_host(request.url)} cannot be reached: {_cause(error)}", code="unreachable"))
        timed_out = isinstance(error, requests.exceptions.Timeout)
        reason = f"no answer within {timeout:g} s" if timed_out else "the connection broke before the answer came"
        code = "timeout" if timed_out else "answer_lost"
        if _repeatable(request):
            return _passing(CloudError(f"{where}: {reason}", code=code))
        return AmbiguousResultError(f"{where}: {reason}", code=code)

    def _failed(self, request, response) -> CloudError:
        error = self._read_error(response)
        status = response.status_code
        if status in PASSING:
            codes = PASSING[status]
            if codes is None or error.code in codes:
                return _passing(error)
        if status >= 500 and status != NEVER_BUILT:
            if _repeatable(request):
                return _passing(error)
            # Often a proxy's answer after the change: the state is read before the change is sent again.
            return AmbiguousResultError(error.message, error.code, status, error.details, error.correlation_id)
        return error


def _passing(error: CloudError) -> CloudError:
    error.passing = True  # type: ignore[attr-defined]
    return error


def _repeatable(request) -> bool:
    """Whether sending twice does no more than sending once. Exoscale's ``PUT /x/{id}:verb`` is
    an action, not a replacement."""
    if request.method in (*READING, "DELETE"):
        return True
    return request.method == "PUT" and ":" not in request.path_url.rsplit("/", 1)[-1]


def _never_sent(error) -> bool:
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    if not isinstance(error, requests.exceptions.ConnectionError):
        return False
    text = repr(error)
    return (
        "NewConnectionError" in text or "NameResolutionError" in text or isinstance(error, requests.exceptions.SSLError)
    )


def _cause(error) -> str:
    text = str(error)
    for known, cause in (
        ("refused", "connection refused"),
        ("resol", "the name does not resolve"),
        ("Name or service", "the name does not resolve"),
        ("timed out", "connecting timed out"),
        ("certificate", "its certificate is not valid"),
    ):
        if known in text:
            return cause
    return type(error).__name__


def _host(url: str) -> str:
    """Scheme and host, without credentials."""
    scheme, rest = url.split("://", 1)
    return f"{scheme}://{rest.split('/', 1)[0].rsplit('@', 1)[-1]}"


def _shown(url: str) -> str:
    return "/" + url.split("?", 1)[0].split("/", 3)[-1]


def _retry_after(headers: Any) -> float:
    """Seconds that the provider requests; 0 without such a header, or with a date in it."""
    try:
        return min(LONGEST_RETRY_AFTER, max(0.0, float(headers["Retry-After"])))
    except (KeyError, ValueError):
        return 0.0


def _pause(tries: int) -> float:
    """Seconds before try ``tries + 1``: full jitter below 0.5, 1, 2 … 10 s."""
    return random.uniform(0.1, min(10.0, 0.5 * 2 ** (tries - 1)))


def _read_body(response) -> bytes:
    """Read it here, where a connection that breaks in the middle is dealt with."""
    return response.content


def _never_empty(response):
    """Both SDKs parse every success as JSON; Exoscale answers some deletes with 204 and no body."""
    if not response.content:
        response._content = b"{}"
    return response
