# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Convert Exoscale's failures to ``CloudError``. Its answers have a message and no code, so the codes are ours."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError

CODES = {
    400: "invalid_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    412: "precondition_failed",
    422: "invalid_request",
    423: "locked",
    429: "rate_limited",
    501: "not_built",
    503: "unavailable",
}
CORRELATION_HEADERS = ("X-Correlation-Id", "X-Request-Id", "Exo-Request-Id")
QUOTA = re.compile(r"quota|limit (has been )?(reached|exceeded)|maximum number", re.IGNORECASE)
NOT_UNIQUE = re.compile(r"already (exists?|in use|taken)|not unique|must be unique|duplicate", re.IGNORECASE)
STOCK = re.compile(r"insufficient capacity|no capacity|out of stock|sold out", re.IGNORECASE)


def read_error(response: Any) -> CloudError:
    """The ``CloudError`` of a failed HTTP answer (``{"message", "errors": [{"message"}]}``)."""
    body = _json(response)
    status = response.status_code
    errors = [e.get("message", str(e)) if isinstance(e, dict) else str(e) for e in body.get("errors") or []]
    text = str(body.get("message") or response.reason or "no reason given")
    code = code_of(text, CODES.get(status, "server_error" if status >= 500 else "refused"))
    return CloudError(
        _sentence(status, code, text, errors),
        code=code,
        status=status,
        details=errors or None,
        correlation_id=next((response.headers[h] for h in CORRELATION_HEADERS if h in response.headers), None),
    )


def operation_error(operation: dict[str, Any]) -> CloudError:
    """The ``CloudError`` of an operation that ended in ``failure`` or ``timeout``; either of
    its ``reason`` and ``message`` may be missing."""
    reason = operation.get("reason") or operation.get("state", "failure")
    text = operation.get("message") or "the operation failed and Exoscale gives no cause"
    code = code_of(text, "no_stock" if reason == "unavailable" else reason)
    return CloudError(
        _sentence(0, code, text, []),
        code=code,
        details={"operation": operation.get("id"), "reason": operation.get("reason"), "state": operation.get("state")},
    )


def code_of(text: str, otherwise: str) -> str:
    """Our code for a message of Exoscale."""
    for pattern, code in ((QUOTA, "quota_exceeded"), (STOCK, "no_stock"), (NOT_UNIQUE, "uniqueness_error")):
        if otherwise not in ("rate_limited", "server_error", "not_built") and pattern.search(text):
            return code
    return otherwise


def _sentence(status: int, code: str, text: str, errors: list[str]) -> str:
    text = text.rstrip(".")
    if errors:
        text += ": " + "; ".join(errors)
    if code == "quota_exceeded":
        return (
            f"the account's quota does not allow this ({text}): ask Exoscale to raise it, or delete what is not needed"
        )
    if code == "no_stock":
        return f"Exoscale has no capacity for this now ({text}): choose another instance type or zone, or try later"
    if status in (401, 403):
        return f"Exoscale rejected the API key ({status}, {text}): check api_key, api_secret and what the key's role allows"
    return text


def _json(response: Any) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
