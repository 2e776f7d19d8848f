"""One zone: its resources, and the lookups and limits that its operations share."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, TypeVar

from ..core.gateway import Lab
from ..core.routing import Call
from ..machines.base import Machines
from .account import Account
from .catalog import LACKING, InstanceType, instance_types
from .errors import invalid, not_found
from .models import Instance, SecurityGroup, Template
from .operations import OperationFailed, Operations
from .resources import ZoneResources

R = TypeVar("R")


class Zone(ZoneResources):
    """The resources of one zone, and lookups that raise ``ApiError`` as the API answers."""

    def __init__(self, name: str, lab: Lab, machines: Machines, account: Account) -> None:
        super().__init__()
        self.name = name
        self.lab = lab
        self.machines = machines
        self.account = account
        self.addresses = account.addresses(machines.real)
        self.operations = Operations(lab)
        # Type name -> how many more instances can be created; a type that is absent has no limit.
        self.stock: dict[str, int] = {}
        self.lacking: set[str] = set(LACKING.get(name, ()))
        account.zones[name] = self

    def now(self) -> float:
        """Clock seconds."""
        return self.lab.clock.now()

    def require_product(self, product: str, message: str) -> None:
        """Raise ``ApiError`` 400 with ``message`` if the zone does not sell ``product``."""
        if product in self.lacking:
            raise invalid(message)

    def instance(self, identifier: str | None) -> Instance:
        """The instance with this id; raises ``ApiError`` 404."""
        return find(self.instances, identifier, "Instance")

    def template(self, identifier: str | None) -> Template:
        """The template with this id if it is in this zone; raises ``ApiError`` 404."""
        template = find(self.account.templates, identifier, "Template")
        if self.name not in template.zones:
            raise not_found("Template")
        return template

    def type(self, identifier: str | None) -> InstanceType:
        """The instance type with this id; raises ``ApiError`` 404, or 400 if the zone does not sell it."""
        found = find(instance_types(), identifier, "Instance type")
        if self.name not in found.zones:
            raise invalid(f"Instance type {found.name} is not available in zone {self.name}")
        return found

    def group(self, identifier: str | None) -> SecurityGroup:
        """The account's own (not a public) security group with this id; raises ``ApiError`` 404."""
        group = find(self.account.security_groups, identifier, "Security Group")
        if group.visibility != "private":
            raise not_found("Security Group")
        return group

    def take_stock(self, wanted: InstanceType, count: int = 1) -> None:
        """Reserve capacity for ``count`` instances; raises ``OperationFailed`` if the zone has less."""
        left = self.stock.get(wanted.name)
        if left is None:
            return
        if left < count:
            raise OperationFailed(
                "unavailable", f"insufficient capacity for instance type {wanted.name} in zone {self.name}"
            )
        self.stock[wanted.name] = left - count

    def return_stock(self, type_id: str) -> None:
        """Release the capacity of one instance."""
        name = instance_types()[type_id].name
        if name in self.stock:
            self.stock[name] += 1


def find(resources: Mapping[str, R], identifier: str | None, label: str) -> R:
    """The resource with this id; raises ``ApiError`` 404 with ``label`` ("Instance") in its message."""
    if identifier is None or identifier not in resources:
        raise not_found(label)
    return resources[identifier]


def new_id() -> str:
    """A unique id for a new resource."""
    return str(uuid.uuid4())


def ref_id(body: Mapping[str, Any], field: str) -> str:
    """``field.id`` of a request; raises ``ApiError`` 400 if it is missing."""
    identifier = (body.get(field) or {}).get("id")
    if not identifier:
        raise invalid(f"{field}.id is required")
    return identifier


def ref_ids(body: Mapping[str, Any], field: str) -> list[str]:
    """The ids of the references in the list ``field`` of a request; empty if it is missing."""
    return [ref_id({"one": item}, "one") for item in body.get(field) or []]


def body_of(call: Call) -> dict[str, Any]:
    """The request's body; an empty object if none was sent."""
    return call.body if isinstance(call.body, dict) else {}
