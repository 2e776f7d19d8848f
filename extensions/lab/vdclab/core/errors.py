"""The one exception that a handler raises to refuse a call."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A refusal in the vendor's terms; each cloud renders it in its own error body.

    ``status`` is the HTTP status, ``code`` the vendor's error code (Hetzner) or a short
    slug (Exoscale shows only the message), ``details`` the vendor's optional object,
    ``headers`` go with the answer (a rate limit's).
    """

    def __init__(
        self, status: int, code: str, message: str, details: Any = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = headers or {}
