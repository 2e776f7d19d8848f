"""Runs of a controller on a ledger at the level of module_utils: requests recorded, operations started and finished."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import store, tenant_requests, views
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations import finish
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations.request import OperationRequest
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations.start import start
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import locations, placement, tiers

ROOT = Path(__file__).resolve().parents[2]
BASE = yaml.safe_load((ROOT / "roles/tenant_lifecycle/vars/main/catalog.yml").read_text())["vdc_catalog_base"]
CATALOG = {key: BASE[key] for key in ("tiers", "machines", "aliases")}
TIERS = tiers.read(**CATALOG)
LOCATIONS = locations.read(BASE["locations"], BASE["machines"])


def node(number: int, cpus: float = 2, memory_gib: float = 4, **facts: Any) -> placement.Node:
    """A shared node; by default it has slots for three casual tenants."""
    return placement.Node(f"acme-compute-{number}", round(cpus * 1000), round(memory_gib * tiers.GIB), **facts)


class Controller:
    """Consecutive calls on one ledger, each in its own transaction, as modules make them.

    ``now`` advances by a second with each call.
    """

    def __init__(self, ledger: store.Ledger, holder: str = "run 1", nodes: int = 1, pool_gib: float = 1000) -> None:
        self.ledger = ledger
        self.holder = holder
        self.now = 1000
        self.nodes = [node(number + 1) for number in range(nodes)]
        self.pools = [placement.Pool("acme-storage-1", pool_gib)]
        self.lock_seconds = 100

    def request(self, name: str, **fields: Any) -> Any:
        """Record a tenant request."""
        self.now += 1
        request = tenant_requests.TenantRequest(name, **fields)
        with self.ledger.writing() as connection:
            return tenant_requests.apply(connection, self.now, request, TIERS, LOCATIONS)

    def start(self, *names: str, kind: str = "converge", event: str = "", **fields: Any) -> dict[str, Any]:
        """Start operations."""
        self.now += 1
        request = OperationRequest(
            **{
                "kind": kind,
                "names": names,
                "event": event,
                "holder": self.holder,
                "lock_seconds": self.lock_seconds,
                "fleet": "acme",
                "tiers": TIERS,
                "locations": LOCATIONS,
                "nodes": self.nodes,
                "pools": self.pools,
                **fields,
            }
        )
        with self.ledger.writing() as connection:
            return start(connection, self.now, request)

    def done(self, started: dict[str, Any]) -> None:
        """Finish all started operations as done."""
        self.now += 1
        with self.ledger.writing() as connection:
            finish.done(connection, self.now, [item["id"] for item in started["operations"]], self.holder)

    def failed(self, started: dict[str, Any], message: str = "no route to host", rolled_back: bool = False) -> None:
        """Finish all started operations as failed."""
        self.now += 1
        operation_ids = [item["id"] for item in started["operations"]]
        with self.ledger.writing() as connection:
            finish.failed(connection, self.now, operation_ids, self.holder, message, rolled_back)

    def run(self, *names: str, **fields: Any) -> dict[str, Any]:
        """Start operations and finish them as done."""
        started = self.start(*names, **fields)
        self.done(started)
        return started

    def sign_up(self, *names: str, tier: str = "casual") -> None:
        """Sign tenants up and converge them."""
        for name in names:
            self.request(name, tier=tier)
        self.run(*names, kind="create")

    def tenants(self) -> dict[str, dict[str, Any]]:
        """The diff views of all tenants by name."""
        with self.ledger.reading() as connection:
            return views.all_diff_views(connection)

    def tenant(self, name: str) -> dict[str, Any]:
        """The diff view of one tenant."""
        return self.tenants()[name]


def without_start(operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The operations without the time of the run that started or continued them."""
    return [{key: value for key, value in operation.items() if key != "started"} for operation in operations]
