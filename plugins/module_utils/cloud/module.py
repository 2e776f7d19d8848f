# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run a module: parameters in, result, diff or failure out, in the same form for every module."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.transport import Calls
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.module import Module

Client = TypeVar("Client")

# Documented in the fragment sovereign.vdc.calls.
CALL_OPTIONS: dict[str, Any] = {
    "api_timeout": {"type": "float", "default": 30.0},
    "api_retries": {"type": "int", "default": 8},
}
# Documented in the fragment sovereign.vdc.calls.wait.
WAIT_OPTIONS: dict[str, Any] = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 600.0},
}


@dataclass
class Report:
    """The result of a module.

    ``values`` are returned unchanged. ``before`` and ``after`` make the diff: normalized
    attributes by name, the same in check mode and in a real run, without ids, addresses, dates and
    secrets. ``failed`` holds the error of each resource that did not reach its desired state; the
    module then fails and still returns everything else. ``kind`` names these resources in the
    message (``servers``).
    """

    changed: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    before: Any = None
    after: Any = None
    failed: dict[str, CloudError] = field(default_factory=dict)
    kind: str = "resources"
    warnings: list[str] = field(default_factory=list)


def run_module(
    options: dict[str, Any],
    connect: Callable[[dict[str, Any], Calls], Client],
    run: Callable[[AnsibleModule, Client], Report],
    **rules: Any,
) -> None:
    """A module's ``main()``: read the parameters, connect, run, and return the result to Ansible.

    ``options`` is the argument spec; ``rules`` are AnsibleModule's other arguments
    (``required_if`` and the like). ``connect`` makes the vendor's client from the parameters
    without a call; ``run`` does the rest, and honors ``module.check_mode``. Both may raise
    ``ValidationError`` and ``CloudError``; any other exception is reported as ``Module.failures`` does.
    """
    module = Module(options, **rules)
    with module.failures():
        _run(module, connect, run)


def _run(
    module: Module, connect: Callable[[dict[str, Any], Calls], Client], run: Callable[[AnsibleModule, Client], Report]
) -> None:
    calls = Calls()
    try:
        check_call_options(module.params)
        report = run(module, connect(module.params, calls))
    except ValidationError as error:
        refusal = CloudError(str(error), code="refused")
        module.fail_json(**_failure(refusal.message, refusal, calls, changed=calls.writes > 0))
    except CloudError as error:
        # What was changed before is not known here: a change that was sent counts as one.
        module.fail_json(**_failure(error.message, error, calls, changed=calls.writes > 0))
    for warning in report.warnings:
        module.warn(warning)
    result = {**report.values, "changed": report.changed, "api_calls": calls.as_result()}
    if module._diff and report.before is not None:
        result["diff"] = {"before": report.before, "after": report.after}
    if report.failed:
        first = next(iter(report.failed.values()))
        failure = _failure(sentence(report.failed, report.kind), first, calls, report.changed)
        failed = {name: error.as_result() for name, error in report.failed.items()}
        module.fail_json(**{**result, **failure, "failed_resources": failed})
    module.exit_json(**result)


def check_call_options(params: dict[str, Any]) -> None:
    """Raise ``ValidationError`` for time limits and retries that are out of range."""
    for name, least in (("api_timeout", 0.0), ("wait_timeout", 0.0)):
        if params.get(name) is not None and params[name] <= least:
            raise ValidationError(f"{name}: {params[name]:g} must be more than {least:g} seconds")
    if params.get("api_retries") is not None and params["api_retries"] < 0:
        raise ValidationError(f"api_retries: {params['api_retries']} must be 0 or more")


def sentence(failed: dict[str, CloudError], kind: str) -> str:
    """The failures of several resources in one sentence: their names, and the first cause."""
    name, error = next(iter(failed.items()))
    if len(failed) == 1:
        return f"{name}: {error.message}"
    others = ", ".join(list(failed)[1:6]) + (", …" if len(failed) > 6 else "")
    return f"{len(failed)} {kind} failed; {name}: {error.message} (also {others}, see failed_resources)"


def _failure(message: str, error: CloudError, calls: Calls, changed: bool) -> dict[str, Any]:
    return {"msg": message, "error": error.as_result(), "api_calls": calls.as_result(), "changed": changed}
