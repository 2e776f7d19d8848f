"""Exoscale's errors. Only the message reaches the client, so it must be complete.

Status 400 for a violated rule and the message about stopped instances are recorded from a real
account; status 409 for a name that is in use is an assumption.
"""

from __future__ import annotations

from ..core.errors import ApiError

NEEDS_STOP = "The instance needs to be stopped."


def not_found(label: str) -> ApiError:
    """404: there is no such resource; ``label`` is its kind ("Instance")."""
    return ApiError(404, "not_found", f"{label} not found")


def invalid(message: str) -> ApiError:
    """400: the request breaks a rule."""
    return ApiError(400, "invalid_request", message)


def conflict(message: str) -> ApiError:
    """409: the name is in use."""
    return ApiError(409, "conflict", message)


def busy(label: str, state: str) -> ApiError:
    """409: another operation on the resource is pending; a later retry may succeed."""
    return ApiError(409, "conflict", f"{label} is {state}: another operation on it is pending")
