"""One zone's state, and what its resources need of each other."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeVar

from ..core.gateway import Lab
from ..core.routing import Call
from ..machines.base import Machines
from .account import Account
from .catalogue import LACKING, InstanceType, instance_types
from .errors import not_found, refused
from .models import (
    BlockSnapshot,
    ElasticIp,
    Instance,
    LoadBalancer,
    Pool,
    PrivateNetwork,
    SecurityGroup,
    Snapshot,
    Template,
    Volume,
)
from .operations import OperationFailed, Operations

Thing = TypeVar("Thing")


class Zone:
    """The resources of one zone by id, and lookups that refuse as the API does."""

    def __init__(self, name: str, lab: Lab, machines: Machines, account: Account) -> None:
        self.name = name
        self.lab = lab
        self.machines = machines
        self.account = account
        self.addresses = account.addresses(machines.real)
        self.operations = Operations(lab)
        self.instances: dict[str, Instance] = {}
        self.pools: dict[str, Pool] = {}
        self.volumes: dict[str, Volume] = {}
        self.block_snapshots: dict[str, BlockSnapshot] = {}
        self.snapshots: dict[str, Snapshot] = {}
        self.networks: dict[str, PrivateNetwork] = {}
        self.elastic_ips: dict[str, ElasticIp] = {}
        self.balancers: dict[str, LoadBalancer] = {}
        # How many more instances of a type can be made; a type that is not named has no limit.
        self.stock: dict[str, int] = {}
        self.lacking: set[str] = set(LACKING.get(name, ()))
        self.anti_affinity_counts: Counter[str] = Counter()
        account.zones[name] = self

    def now(self) -> float:
        """Clock seconds."""
        return self.lab.clock.now()

    def need(self, product: str, message: str) -> None:
        """Raise ``ApiError`` where the zone lacks ``product``."""
        if product in self.lacking:
            raise refused(message)

    def instance(self, identifier: str | None) -> Instance:
        """An instance of this zone."""
        return find(self.instances, identifier, "Instance")

    def template(self, identifier: str | None) -> Template:
        """A template that is in this zone."""
        template = find(self.account.templates, identifier, "Template")
        if self.name not in template.zones:
            raise not_found("Template")
        return template

    def type(self, identifier: str | None) -> InstanceType:
        """An instance type that this zone has."""
        found = find(instance_types(), identifier, "Instance type")
        if self.name not in found.zones:
            raise refused(f"Instance type {found.name} is not available in zone {self.name}")
        return found

    def group(self, identifier: str | None) -> SecurityGroup:
        """A security group of the account's own."""
        group = find(self.account.security_groups, identifier, "Security Group")
        if group.visibility != "private":
            raise not_found("Security Group")
        return group

    def take_stock(self, wanted: InstanceType, count: int = 1) -> None:
        """Take ``count`` instances' worth of capacity; raises ``OperationFailed``."""
        left = self.stock.get(wanted.name)
        if left is None:
            return
        if left < count:
            raise OperationFailed(
                "unavailable", f"insufficient capacity for instance type {wanted.name} in zone {self.name}"
            )
        self.stock[wanted.name] = left - count

    def give_stock(self, type_id: str) -> None:
        """Give the capacity of one instance back."""
        name = instance_types()[type_id].name
        if name in self.stock:
            self.stock[name] += 1


def find(things: Mapping[str, Thing], identifier: str | None, what: str) -> Thing:
    """The thing with that id; raises ``ApiError`` 404 naming ``what``."""
    if identifier is None or identifier not in things:
        raise not_found(what)
    return things[identifier]


def new_id() -> str:
    """An id for a new resource."""
    return str(uuid.uuid4())


def ref_id(body: Mapping[str, Any], field: str) -> str:
    """The id below ``field`` of a request; raises ``ApiError`` 400 without one."""
    identifier = (body.get(field) or {}).get("id")
    if not identifier:
        raise refused(f"{field}.id is required")
    return identifier


def ref_ids(body: Mapping[str, Any], field: str) -> list[str]:
    """The ids in the list ``field`` of a request."""
    return [ref_id({"one": item}, "one") for item in body.get(field) or []]


def body_of(call: Call) -> dict[str, Any]:
    """The request's body; empty where none was sent."""
    return call.body if isinstance(call.body, dict) else {}
