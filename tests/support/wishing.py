"""What modules do to the ledger, without their options: wishes written down, operations begun and ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import begin, book, finish, signing, store, views
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import locations, placement, tiers

ROOT = Path(__file__).resolve().parents[2]
BASE = yaml.safe_load((ROOT / "roles/tenant_lifecycle/vars/main/catalog.yml").read_text())["vdc_catalog_base"]
CATALOG = {key: BASE[key] for key in ("tiers", "machines", "aliases")}
TIERS = tiers.read(**CATALOG)
LOCATIONS = locations.read(BASE["locations"], BASE["machines"])


def node(number: int, cpus: float = 2, memory_gib: float = 4, **facts: Any) -> placement.Node:
    """A shared node; by default it takes three casual tenants."""
    return placement.Node(f"acme-compute-{number}", round(cpus * 1000), round(memory_gib * tiers.GIB), **facts)


class Controller:
    """One run of ours after another, each a transaction of its own, as the modules do it. ``now`` moves on by a
    second with each."""

    def __init__(self, ledger: store.Ledger, holder: str = "run 1", nodes: int = 1, pool_gib: float = 1000) -> None:
        self.ledger = ledger
        self.holder = holder
        self.now = 1000
        self.nodes = [node(number + 1) for number in range(nodes)]
        self.pools = [placement.Pool("acme-storage-1", pool_gib)]
        self.lock_seconds = 100

    def request(self, name: str, **told: Any) -> Any:
        """Write a wish down."""
        self.now += 1
        with self.ledger.writing() as connection:
            return signing.write(connection, self.now, signing.Wish(name, **told), TIERS, LOCATIONS)

    def begin(self, *names: str, kind: str = "converge", event: str = "", **more: Any) -> dict[str, Any]:
        """Begin operations."""
        self.now += 1
        ask = book.Ask(
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
                **more,
            }
        )
        with self.ledger.writing() as connection:
            return begin.begin(connection, self.now, ask)

    def done(self, begun: dict[str, Any]) -> None:
        """All that was begun went well."""
        self.now += 1
        with self.ledger.writing() as connection:
            finish.done(connection, self.now, [item["id"] for item in begun["operations"]], self.holder)

    def failed(self, begun: dict[str, Any], message: str = "no luck", undone: bool = False) -> None:
        """Nothing of it did."""
        self.now += 1
        numbers = [item["id"] for item in begun["operations"]]
        with self.ledger.writing() as connection:
            finish.failed(connection, self.now, numbers, self.holder, message, undone)

    def run(self, *names: str, **more: Any) -> dict[str, Any]:
        """Begin and end well."""
        begun = self.begin(*names, **more)
        self.done(begun)
        return begun

    def sign_up(self, *names: str, tier: str = "casual") -> None:
        """Tenants that are active, if there is room."""
        for name in names:
            self.request(name, tier=tier)
        self.run(*names, kind="create")

    def seen(self) -> dict[str, dict[str, Any]]:
        """All tenants as diffs show them, by name."""
        with self.ledger.reading() as connection:
            return views.everybody(connection)

    def of(self, name: str) -> dict[str, Any]:
        """One of them."""
        return self.seen()[name]
