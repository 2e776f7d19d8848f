# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The test ``settled``: stop repeating a task that succeeded or failed permanently."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

# Error codes of Hetzner for transient failures; all others would be the same in a repetition.
TRANSIENT = {
    "bad_gateway",
    "conflict",
    "locked",
    "maintenance",
    "rate_limit_exceeded",
    "server_error",
    "service_error",
    "timeout",
    "unavailable",
}

# The messages of a module that ended in an exception: of Ansible 2.18, and from 2.19 on.
CRASHED = ("MODULE FAILURE", "Module failed")


def settled(result: Mapping[str, Any]) -> bool:
    """Whether a task of the collection hetzner.hcloud succeeded or failed permanently.

    A broken connection or a response of a proxy ends those modules with an exception or with a numeric code. They
    read before they create, so repeating them is safe.
    """
    if not result.get("failed", False):
        return True
    failure = result.get("failure")
    if failure is None:
        return "module_stderr" not in result and not any(word in str(result.get("msg")) for word in CRASHED)
    code = failure.get("code")
    return isinstance(code, str) and code not in TRANSIENT


class TestModule:
    """Registers the test."""

    def tests(self) -> dict[str, Callable[..., bool]]:
        """The tests by name."""
        return {"settled": settled}
