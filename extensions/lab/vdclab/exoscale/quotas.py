"""Quotas: the most of each resource that the organization may have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .catalog import QUOTAS
from .errors import invalid, not_found

UNLIMITED = -1


class Quotas:
    """Limits by resource name; ``usage`` counts what is in use."""

    def __init__(self, usage: Callable[[str], int]) -> None:
        self._usage = usage
        self._limits = dict(QUOTAS)

    def change(self, limits: dict[str, int]) -> None:
        """Set limits; raises ``KeyError`` for a resource without a quota."""
        for resource, limit in limits.items():
            if resource not in self._limits:
                raise KeyError(f"quotas: {resource} is not one of {', '.join(self._limits)}")
            self._limits[resource] = int(limit)

    def require(self, resource: str, more: int = 1) -> None:
        """Raise ``ApiError`` 400 if ``more`` of ``resource`` would exceed its quota."""
        limit = self._limits[resource]
        if limit != UNLIMITED and more > 0 and self._usage(resource) + more > limit:
            raise invalid(f"Quota exceeded for resource {resource}: the limit is {limit}")

    def view(self, resource: str) -> dict[str, Any]:
        """One quota as the API shows it; raises ``ApiError`` 404."""
        if resource not in self._limits:
            raise not_found("Quota")
        return {"resource": resource, "usage": self._usage(resource), "limit": self._limits[resource]}

    def all(self) -> list[dict[str, Any]]:
        """Every quota as the API shows it."""
        return [self.view(resource) for resource in self._limits]
