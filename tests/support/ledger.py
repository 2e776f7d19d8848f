"""Ledger modules run one after another on one ledger, with the catalog as it is sold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.controller import CATALOG
from support.modules import run_module

NODES = {
    "nodes": [{"name": "acme-compute-1", "cpus": 2, "memory_gib": 4}],
    "storage_nodes": [{"name": "acme-storage-1", "size_gib": 100}],
}
PLACES = {**CATALOG, **NODES, "fleet": "acme"}


class Modules:
    """``tenant``, ``operation`` and ``info`` on the ledger at ``url``."""

    def __init__(self, url: str) -> None:
        self.url = url
        assert run_module("ledger_schema", ledger_url=url)["changed"]

    def run(self, module: str, /, _check: bool = False, **args: Any) -> dict[str, Any]:
        """Any module."""
        return run_module(module, _check=_check, ledger_url=self.url, **args)

    def tenant(self, name: str, _check: bool = False, **args: Any) -> dict[str, Any]:
        """Write a wish down."""
        return self.run("tenant", _check=_check, **{"name": name, **CATALOG, **args})

    def start(self, *names: str, _check: bool = False, **args: Any) -> dict[str, Any]:
        """Begin operations."""
        given = {"state": "started", "kind": "converge", "tenants": list(names), **PLACES, **args}
        return self.run("tenant_operation", _check=_check, **given)

    def end(self, begun: dict[str, Any], state: str = "done", **args: Any) -> dict[str, Any]:
        """End them."""
        numbers = [item["id"] for item in begun["operations"]]
        return self.run("tenant_operation", state=state, operation_ids=numbers, **args)

    def settle(self, *names: str) -> None:
        """Begin and end well."""
        self.end(self.begin(*names))

    def info(self) -> dict[str, dict[str, Any]]:
        """All tenants by name."""
        return {tenant["name"]: tenant for tenant in self.run("tenant_info")["tenants"]}


def same_in_check_mode(run: Callable[..., dict[str, Any]], *given: Any, **args: Any) -> dict[str, Any]:
    """The result of ``run(...)``, which check mode must have foreseen."""
    foreseen = run(*given, _check=True, **args)
    real = run(*given, **args)
    assert (foreseen["changed"], foreseen["diff"]) == (real["changed"], real["diff"])
    return real
