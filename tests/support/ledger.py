"""Ledger modules run one after another on one ledger, with the shipped catalog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.controller import CATALOG
from support.modules import run_module

NODES = {
    "nodes": [{"name": "acme-compute-1", "cpus": 2, "memory_gib": 4}],
    "storage_nodes": [{"name": "acme-storage-1", "size_gib": 100}],
}
# The options of tenant_operation that every start of operations needs.
SITE = {**CATALOG, **NODES, "fleet": "acme"}


class Modules:
    """The ledger modules on the ledger at ``url``, which is created."""

    def __init__(self, url: str) -> None:
        self.url = url
        assert run_module("ledger_schema", ledger_url=url)["changed"]

    def run(self, module: str, /, _check: bool = False, **args: Any) -> dict[str, Any]:
        """Run any module."""
        return run_module(module, _check=_check, ledger_url=self.url, **args)

    def tenant(self, name: str, _check: bool = False, **args: Any) -> dict[str, Any]:
        """Run ``tenant``."""
        return self.run("tenant", _check=_check, **{"name": name, **CATALOG, **args})

    def start(self, *names: str, _check: bool = False, **args: Any) -> dict[str, Any]:
        """Start operations."""
        options = {"state": "started", "kind": "converge", "tenants": list(names), **SITE, **args}
        return self.run("tenant_operation", _check=_check, **options)

    def finish(self, started: dict[str, Any], state: str = "done", **args: Any) -> dict[str, Any]:
        """Finish the started operations."""
        operation_ids = [item["id"] for item in started["operations"]]
        return self.run("tenant_operation", state=state, operation_ids=operation_ids, **args)

    def converge(self, *names: str) -> None:
        """Start operations and finish them as done."""
        self.finish(self.start(*names))

    def info(self) -> dict[str, dict[str, Any]]:
        """All tenants by name."""
        return {tenant["name"]: tenant for tenant in self.run("tenant_info")["tenants"]}


def assert_predicted(run: Callable[..., dict[str, Any]], *given: Any, **args: Any) -> dict[str, Any]:
    """Assert that check mode predicts ``changed`` and the diff of ``run(...)``; returns the real result."""
    predicted = run(*given, _check=True, **args)
    real = run(*given, **args)
    assert (predicted["changed"], predicted["diff"]) == (real["changed"], real["diff"])
    return real
