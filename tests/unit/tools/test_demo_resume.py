"""`make demo` goes on wherever an earlier run was killed: between its steps, and within one after the ledger has the request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from demolib import resume
from support.ledger import Modules

LIFE: list[resume.Step] = [
    ("tenant_create", {"tenant": "acme", "tier": "casual", "owner_email": resume.OWNER}),
    ("tenant_change_tier", {"tenant": "acme", "tier": "pro"}),
    ("tenant_suspend", {"tenant": "acme"}),
    ("tenant_resume", {"tenant": "acme"}),
    resume.DESTROY,
    resume.RESTORE,
]
# What each playbook requests of the ledger.
REQUESTS: dict[str, dict[str, Any]] = {
    "tenant_create": {},
    "tenant_change_tier": {"change": True},
    "tenant_suspend": {"desired_state": "poweroff", "change": True},
    "tenant_resume": {"desired_state": "active", "change": True},
    "tenant_destroy": {"desired_state": "absent", "change": True},
}


class Demo:
    """The ledger of the demonstration, with what its playbooks do there. ``killed`` ends a playbook after so many calls."""

    def __init__(self, url: str) -> None:
        self.ledger = Modules(url)

    def tenants(self) -> dict[str, Any]:
        found = self.ledger.run("tenant_info", operations=20)["tenants"]
        return {tenant["name"]: tenant for tenant in found}

    def run(self, step: resume.Step, calls: int = 99) -> None:
        name, given = step
        if name == "tenant_restore":
            actions = [
                *self._converge({"name": given["as"], "tier": given["tier"]}, given["as"]),
                *self._operation("restore", given["as"]),
            ]
        else:
            options = {("name" if key == "tenant" else key): value for key, value in given.items()}
            actions = self._converge({**options, **REQUESTS[name]}, given["tenant"])
        for action in actions[:calls]:
            result = action()
            assert not result["failed"], (step, result["msg"])

    def _converge(self, request: dict[str, Any], name: str) -> list[Any]:
        return [lambda: self.ledger.tenant(**request), *self._operation("converge", name)]

    def _operation(self, kind: str, name: str) -> list[Any]:
        started: dict[str, Any] = {}

        def start() -> dict[str, Any]:
            started.update(self.ledger.start(name, kind=kind, lock_seconds=1))
            return started

        return [start, lambda: self.ledger.finish(started)]


@pytest.mark.parametrize("calls", [0, 1, 2, 4])
@pytest.mark.parametrize("killed", range(len(LIFE)), ids=[name for name, _given in LIFE])
def test_a_demo_that_was_killed_goes_on(tmp_path: Path, killed: int, calls: int) -> None:
    demo = Demo(f"sqlite:///{tmp_path}/ledger.db")
    for step in LIFE[:killed]:
        demo.run(step)
    demo.run(LIFE[killed], calls)
    for step in resume.steps(demo.tenants()):
        demo.run(step)
    name, tier = resume.current_tenant(demo.tenants())
    tenant = demo.tenants()[name]
    assert (tenant["state"], tenant["tier"], tenant["desired_state"]) == ("active", tier, "active")
    # What is left of its life is accepted, too.
    if not resume.is_restored(demo.tenants()):
        for step in LIFE[2 if tier == "pro" else 1 :]:
            demo.run(step)
    assert resume.is_restored(demo.tenants())
    assert resume.steps(demo.tenants()) == [
        ("tenant_create", {"tenant": "acme-restored", "tier": "pro", "owner_email": resume.OWNER})
    ]
