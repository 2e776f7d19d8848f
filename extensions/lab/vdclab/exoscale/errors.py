"""Exoscale's refusals. Only the sentence reaches the client, so it says all there is to say.

400 for what a rule forbids and the sentence about stopped instances are recorded from a real
account (CLOUD_FACTS 3.1, 3.3); that a taken name is a 409 is our choice.
"""

from __future__ import annotations

from ..core.errors import ApiError

NEEDS_STOP = "The instance needs to be stopped."


def not_found(what: str) -> ApiError:
    """404: there is no such ``what`` ("Instance")."""
    return ApiError(404, "not_found", f"{what} not found")


def refused(message: str) -> ApiError:
    """400: a rule forbids it."""
    return ApiError(400, "invalid_request", message)


def taken(message: str) -> ApiError:
    """409: the name is another's."""
    return ApiError(409, "conflict", message)


def busy(what: str, state: str) -> ApiError:
    """409: another operation on the same thing has not ended; asking again later may do."""
    return ApiError(409, "conflict", f"{what} is {state}: another operation on it is pending")
