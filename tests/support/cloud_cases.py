"""The changing cloud modules as a table, for test_contract: how to create, change and delete a resource with each."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from support.direct import DEBIAN, OURS, Direct
from support.hetzner_project import Project
from support.lab import LabHandle

Args = dict[str, Any]


class Clouds:
    """Both clouds of a lab, used without our modules."""

    def __init__(self, lab: LabHandle) -> None:
        self.exoscale = Direct(lab.env)
        self.hetzner = Project(lab.env)

    def named(self, operation: str, *names: str) -> int:
        """Count the resources of a list operation of Exoscale that have one of ``names``."""
        return sum(item.get("name") in names for item in self.exoscale.list(operation))

    def snapshots(self) -> int:
        """Count the snapshots of the Hetzner project."""
        return len(self.hetzner.call("GET", "/images?type=snapshot")["images"])


def nothing(_clouds: Clouds) -> None:
    """Prepare nothing."""


@dataclass(frozen=True)
class Case:
    """One module.

        ``create`` are the arguments that create a resource; ``change`` and ``delete`` are added to them to
    change and delete it. ``calls`` are the API operations that do so, in that order, and ``read`` one
        that every run calls before. ``prepare`` creates what must exist before, ``count`` counts the
        resources that the module created. ``twin`` creates two resources of ours with one name, ``foreign``
        one that is not ours; both return the arguments that name them. ``exempt`` states, by behavior,
        why it does not apply to the module.
    """

    module: str
    create: Args
    change: Args
    calls: tuple[str, str, str]
    read: str
    count: Callable[[Clouds], int]
    delete: Args = field(default_factory=lambda: {"state": "absent"})
    prepare: Callable[[Clouds], None] = nothing
    twin: Callable[[Clouds], Args] | None = None
    foreign: Callable[[Clouds], Args] | None = None
    exempt: dict[str, str] = field(default_factory=dict)

    @property
    def operations(self) -> dict[str, tuple[Args, str]]:
        """Arguments and API call of each operation that the module has, in order."""
        created, changed, deleted = self.calls
        steps = {
            "create": (self.create, created),
            "change": ({**self.create, **self.change}, changed),
            "delete": ({**self.create, **self.delete}, deleted),
        }
        return {name: step for name, step in steps.items() if name not in self.exempt}


def public_key(number: int) -> str:
    """Return a public key without a private one."""
    name = b"ssh-ed25519"
    blob = len(name).to_bytes(4, "big") + name + (32).to_bytes(4, "big") + bytes([number]) * 32
    return f"ssh-ed25519 {base64.b64encode(blob).decode()} someone@example"


def _twin_snapshots(clouds: Clouds) -> Args:
    id_ = clouds.hetzner.servers()["a"]["id"]
    for _ in range(2):
        body = {"type": "snapshot", "labels": {**OURS, "server": "a", "snapshot": "twin"}}
        clouds.hetzner.call("POST", f"/servers/{id_}/actions/create_image", body)
    return {"name": "twin"}


def _foreign_server(clouds: Clouds) -> Args:
    clouds.hetzner.server("theirs")
    return {"servers": [{"name": "theirs"}]}


def _disk(clouds: Clouds) -> str:
    found = clouds.exoscale.list("list_block_storage_volumes")
    return next(volume["id"] for volume in found if volume["name"] == "disk")


def _block_snapshots(labels: Args, count: int, name: str) -> Callable[[Clouds], Args]:
    def make(clouds: Clouds) -> Args:
        for _ in range(count):
            clouds.exoscale.do("create_block_storage_snapshot", id=_disk(clouds), name=name, labels=labels)
        return {"name": name}

    return make


def _made(method: str, count: int, args: Args, **named: Any) -> Callable[[Clouds], Args]:
    """Make ``count`` resources by a call of Exoscale's client; ``named`` are the arguments that name them."""

    def make(clouds: Clouds) -> Args:
        for _ in range(count):
            clouds.exoscale.do(method, **args)
        return named

    return make


def _instances(count: int, name: str, **more: Any) -> Callable[[Clouds], Args]:
    def make(clouds: Clouds) -> Args:
        for _ in range(count):
            clouds.exoscale.instance(name, **more)
        return {"instances": [{"name": name}]}

    return make


def _pools(count: int, name: str, **more: Any) -> Callable[[Clouds], Args]:
    def make(clouds: Clouds) -> Args:
        zone = clouds.exoscale
        template = next(t["id"] for t in zone.list("list_templates") if t["name"] == DEBIAN)
        types = zone.list("list_instance_types")
        small = next(t["id"] for t in types if (t["family"], t["size"]) == ("standard", "small"))
        parts = {"template": {"id": template}, "instance_type": {"id": small}, "disk_size": 10, "size": 1}
        for _ in range(count):
            zone.do("create_instance_pool", name=name, **parts, **more)
        return {"name": name}

    return make


UNIQUE = "Exoscale rejects a second one with the same name"
CHANGES_NOTHING = "Exoscale has no call that changes it"
BLOCK = "block-storage"
CASES = [
    Case(
        "hetzner_servers",
        {"servers": [{"name": "a"}], "server_type": "cx23", "image": "debian-13", "location": "fsn1"},
        {"labels": {"role": "web"}},
        ("create_server", "update_server", "delete_server"),
        "list_servers",
        lambda clouds: len(clouds.hetzner.servers()),
        foreign=_foreign_server,
        exempt={"ambiguous": "Hetzner rejects a second server with the same name"},
    ),
    Case(
        "hetzner_snapshot",
        {"name": "first", "server": "a"},
        {"description": "new"},
        ("create_server_image", "update_image", "delete_image"),
        "list_images",
        Clouds.snapshots,
        prepare=lambda clouds: (clouds.hetzner.server("a", labels=OURS), None)[1],
        twin=_twin_snapshots,
        exempt={"foreign": "only snapshots with our labels are read; a foreign server: test_hetzner_snapshot"},
    ),
    Case(
        "exoscale_anti_affinity_group",
        {"name": "apart"},
        {},
        ("create-anti-affinity-group", "", "delete-anti-affinity-group"),
        "list-anti-affinity-groups",
        lambda clouds: clouds.named("list_anti_affinity_groups", "apart"),
        foreign=_made("create_anti_affinity_group", 1, {"name": "theirs"}, name="theirs"),
        exempt={"change": CHANGES_NOTHING, "ambiguous": UNIQUE},
    ),
    Case(
        "exoscale_block_snapshot",
        {"name": "s", "volume": "disk"},
        {"labels": {"series": "daily"}},
        tuple(f"{action}-{BLOCK}-snapshot" for action in ("create", "update", "delete")),
        f"list-{BLOCK}-snapshots",
        lambda clouds: clouds.named("list_block_storage_snapshots", "s"),
        prepare=lambda clouds: (
            clouds.exoscale.do("create_block_storage_volume", name="disk", size=10, labels=OURS),
            None,
        )[1],
        twin=_block_snapshots(OURS, 2, "twin"),
        foreign=_block_snapshots({}, 1, "theirs"),
    ),
    Case(
        "exoscale_block_volumes",
        {"volumes": [{"name": "v"}], "size": 10},
        {"labels": {"role": "pool-disk"}},
        tuple(f"{action}-{BLOCK}-volume" for action in ("create", "update", "delete")),
        f"list-{BLOCK}-volumes",
        lambda clouds: clouds.named("list_block_storage_volumes", "v"),
        twin=_made(
            "create_block_storage_volume", 2, {"name": "twin", "size": 10, "labels": OURS}, volumes=[{"name": "twin"}]
        ),
        foreign=_made("create_block_storage_volume", 1, {"name": "theirs", "size": 10}, volumes=[{"name": "theirs"}]),
    ),
    Case(
        "exoscale_elastic_ip",
        {"name": "web"},
        {"description": "new"},
        ("create-elastic-ip", "update-elastic-ip", "delete-elastic-ip"),
        "list-elastic-ips",
        lambda clouds: len(clouds.exoscale.list("list_elastic_ips")),
        twin=_made("create_elastic_ip", 2, {"labels": {**OURS, "name": "twin"}}, name="twin"),
        foreign=_made("create_elastic_ip", 1, {"labels": {"name": "theirs"}}, name="theirs"),
    ),
    Case(
        "exoscale_instance_pool",
        {"name": "web", "size": 1, "instance_type": "small", "template": DEBIAN, "disk_size": 10},
        {"size": 2},
        ("create-instance-pool", "scale-instance-pool", "delete-instance-pool"),
        "list-instance-pools",
        lambda clouds: clouds.named("list_instance_pools", "web"),
        twin=_pools(2, "twin", labels=OURS),
        foreign=_pools(1, "theirs"),
    ),
    Case(
        "exoscale_instances",
        {"instances": [{"name": "a"}], "instance_type": "small", "template": DEBIAN, "disk_size": 10},
        {"labels": {"role": "web"}},
        ("create-instance", "update-instance", "delete-instance"),
        "list-instances",
        lambda clouds: clouds.named("list_instances", "a"),
        twin=_instances(2, "twin", labels=OURS),
        foreign=_instances(1, "theirs"),
    ),
    Case(
        "exoscale_private_network",
        {"name": "lan"},
        {"description": "new"},
        ("create-private-network", "update-private-network", "delete-private-network"),
        "list-private-networks",
        lambda clouds: clouds.named("list_private_networks", "lan"),
        twin=_made("create_private_network", 2, {"name": "twin", "labels": OURS}, name="twin"),
        foreign=_made("create_private_network", 1, {"name": "theirs"}, name="theirs"),
    ),
    Case(
        "exoscale_security_group",
        {"name": "web"},
        {"rules": [{"port": "22", "network": "198.51.100.0/24"}]},
        ("create-security-group", "add-rule-to-security-group", "delete-security-group"),
        "list-security-groups",
        lambda clouds: clouds.named("list_security_groups", "web"),
        foreign=_made("create_security_group", 1, {"name": "theirs", "description": "by hand"}, name="theirs"),
        exempt={"ambiguous": UNIQUE},
    ),
    Case(
        "exoscale_ssh_key",
        {"name": "operator", "public_key": public_key(1)},
        {"public_key": public_key(2), "force": True},
        ("register-ssh-key", "register-ssh-key", "delete-ssh-key"),
        "list-ssh-keys",
        lambda clouds: clouds.named("list_ssh_keys", "operator"),
        delete={"state": "absent", "force": True},
        exempt={
            "ambiguous": UNIQUE,
            "foreign": "a key has neither labels nor a description; another key under the name needs force",
        },
    ),
]
