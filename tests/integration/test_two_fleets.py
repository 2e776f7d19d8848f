"""Two fleets in one account at each cloud: neither sees, uses or deletes anything of the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import schema, store
from support.lab import LabHandle
from support.playbooks import INVENTORY, NOT_RESOURCES, Outcome, extra_vars, play

OTHER = "lab2"


class Fleets:
    """Fleets by name, each with an inventory, a ledger and a private directory of its own, in one lab."""

    def __init__(self, lab: LabHandle, directory: Path) -> None:
        self.lab, self.directory = lab, directory

    def run(self, fleet: str, playbook: str, **variables: object) -> Outcome:
        """Run a playbook of a fleet, without the tasks on nodes; it must succeed."""
        private, inventory = self.directory / f"private of {fleet}", self.directory / f"inventory of {fleet}"
        private.mkdir(exist_ok=True)
        for path in INVENTORY.rglob("*.yml"):
            target = inventory / path.relative_to(INVENTORY)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(path.read_text().replace("fleet: lab\n", f"fleet: {fleet}\n"))
        given = extra_vars({"vdc_without_nodes": "true", **variables})
        done = play(playbook, private, *given, inventory=inventory, seconds=280, SMTP_HOST="")
        assert done.ok, done.output
        return done

    def nodes(self, fleet: str) -> set[str]:
        """The compute nodes and storage nodes that the fleet's ledger uses."""
        ledger = store.connect(f"sqlite:///{self.directory}/private of {fleet}/ledger.db")
        with ledger.reading() as connection:
            placed: Any = connection.execute(schema.PLACEMENTS.select()).all()
            stored: Any = connection.execute(schema.VOLUMES.select()).all()
        ledger.close()
        return {row.node for row in placed} | {row.storage_node for row in stored}

    def resources(self, fleet: str) -> dict[str, Any]:
        """Everything in both clouds that is named after the fleet, with ids, states and labels."""
        return {
            f"{cloud} {kind} {item['name']}": (
                item.get("id", ""),
                item.get("labels"),
                item.get("status"),
            )
            for cloud, kinds in self.lab.state().items()
            for kind, items in kinds.items()
            if kind not in NOT_RESOURCES and isinstance(items, list)
            for item in items
            if isinstance(item, dict) and str(item.get("name")).split("-")[0] == fleet
        }


def test_neither_of_two_fleets_touches_the_other(lab: LabHandle, tmp_path: Path) -> None:
    fleets = Fleets(lab, tmp_path)
    fleets.run("lab", "platform", storage_nodes_pool_disk_gib=100)
    fleets.run("lab", "tenant_create", tenant="acme", tier="pro")
    first = fleets.resources("lab")
    assert {name.split()[-1] for name in first} >= {
        "lab-compute-1",
        "lab-storage-1",
        "lab-storage-1-disk-1",
        "lab-tenant-1",
    }

    fleets.run(OTHER, "platform", storage_nodes_pool_disk_gib=100)
    fleets.run(OTHER, "tenant_create", tenant="acme", tier="casual")
    assert fleets.nodes("lab") == {"lab-tenant-1", "lab-storage-1"}
    assert fleets.nodes(OTHER) == {f"{OTHER}-compute-1", f"{OTHER}-storage-1"}
    assert fleets.resources("lab") == first

    fleets.run(OTHER, "platform_destroy", confirm=OTHER)
    assert fleets.resources(OTHER) == {}
    assert fleets.resources("lab") == first
    unchanged = fleets.run("lab", "reconcile")
    assert (unchanged.changed, fleets.resources("lab")) == (0, first)
