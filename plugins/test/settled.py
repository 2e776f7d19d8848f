# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``until: result is sovereign.vdc.settled``: repeat what may go better, not what was refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

# Hetzner's words for "in a moment, perhaps"; it answers everything else the same a second time.
PASSING = {
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

# How Ansible reports a module that ended in an exception: 2.18, and from 2.19 on.
CRASHED = ("MODULE FAILURE", "Module failed")


def settled(result: Mapping[str, Any]) -> bool:
    """Whether a task of the collection hetzner.hcloud succeeded, or failed for good.

    A broken connection, or a proxy's answer, ends those modules in an exception or in a code that
    is a number. They look before they create, so doing it again is safe.
    """
    if not result.get("failed", False):
        return True
    failure = result.get("failure")
    if failure is None:
        return "module_stderr" not in result and not any(word in str(result.get("msg")) for word in CRASHED)
    code = failure.get("code")
    return isinstance(code, str) and code not in PASSING


class TestModule:
    """Tells Ansible which tests are here."""

    def tests(self) -> dict[str, Callable[..., bool]]:
        """Name → test."""
        return {"settled": settled}
