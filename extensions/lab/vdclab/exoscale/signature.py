"""The EXO2-HMAC-SHA256 signature of every call except ``list-zones``."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import unquote_plus

from ..core.errors import ApiError
from ..core.routing import Call

SCHEME = "EXO2-HMAC-SHA256"
# The status 403 for a bad signature is recorded from the real API; the message is an assumption.
REJECTED = "Invalid API key, signature or expiration"


def check(call: Call, key: str, secret: str, now: float) -> None:
    """Raise ``ApiError`` 403 unless ``call`` is signed with ``key`` and ``secret`` and not
    expired at ``now`` (seconds of the caller's clock, which is wall time, not the lab's)."""
    pragmas = _pragmas(call.headers.get("authorization", ""))
    if pragmas.get("credential") != key:
        raise ApiError(403, "forbidden", REJECTED)
    expires, signature = pragmas.get("expires", ""), pragmas.get("signature", "")
    if not expires.isdigit() or int(expires) < now:
        raise ApiError(403, "forbidden", REJECTED)
    wanted = sign(call, secret, pragmas.get("signed-query-args", ""), expires)
    if not hmac.compare_digest(signature.encode(), wanted.encode()):
        raise ApiError(403, "forbidden", REJECTED)


def sign(call: Call, secret: str, signed_arguments: str, expires: str) -> str:
    """The signature that ``call`` should carry. ``signed_arguments`` are the names of query
    parameters joined by ``;``; one with several values is named there but not signed."""
    names = [unquote_plus(name) for name in signed_arguments.split(";") if name]
    values = [call.query[name][0] for name in names if len(call.query.get(name, ())) == 1]
    lines = [
        f"{call.method} {call.raw_path}".encode(),
        call.raw_body,
        "".join(values).encode(),
        b"",
        expires.encode(),
    ]
    digest = hmac.new(secret.encode(), b"\n".join(lines), hashlib.sha256).digest()
    return base64.standard_b64encode(digest).decode()


def _pragmas(header: str) -> dict[str, str]:
    scheme, _, rest = header.partition(" ")
    if scheme != SCHEME:
        return {}
    return dict(part.split("=", 1) for part in rest.split(",") if "=" in part)
