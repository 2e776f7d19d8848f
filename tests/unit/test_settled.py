"""Failures of hetzner.hcloud that are worth a retry."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.test.settled import settled


def _failure(code: Any) -> dict[str, Any]:
    return {"failed": True, "msg": "no", "failure": {"code": code, "message": "no"}}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"changed": True}, True),
        ({"failed": False}, True),
        (_failure("unauthorized"), True),
        (_failure("uniqueness_error"), True),
        (_failure("resource_limit_exceeded"), True),
        ({"failed": True, "msg": "missing required arguments: name"}, True),
        (_failure("locked"), False),
        (_failure("conflict"), False),
        (_failure("rate_limit_exceeded"), False),
        (_failure("server_error"), False),
        (_failure(502), False),
        ({"failed": True, "failure": {"action": {"id": 1}}}, False),
        ({"failed": True, "msg": "Task failed: Module failed: ('Connection aborted.')"}, False),
        (
            {"failed": True, "msg": "Module result deserialization failed", "module_stderr": "Traceback …", "rc": 1},
            False,
        ),
        ({"failed": True, "msg": "MODULE FAILURE: No start of json char found"}, False),
    ],
)
def test_only_permanent_results_are_settled(result: dict[str, Any], expected: bool) -> None:
    assert settled(result) is expected
