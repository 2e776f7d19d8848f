"""The exception that handlers raise to answer with an error."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An error answer; each cloud renders it as its own error body.

    ``status`` is the HTTP status, ``code`` the vendor's error code (a short slug for Exoscale, which
    shows only the message), ``details`` the vendor's optional details; ``headers`` are added to the
    answer (those of a rate limit).
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
