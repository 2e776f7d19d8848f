"""Exoscale's API for one zone."""

from __future__ import annotations

import time
from typing import Any

from ..core.errors import ApiError
from ..core.gateway import Cloud, Lab
from ..core.routing import Call, Handler, Reply, Route
from ..core.settings import Settings
from ..machines.base import Machines
from . import document, signature
from .account import Account
from .accounting import Accounting
from .anti_affinity import AntiAffinityGroups
from .balancers import LoadBalancers
from .block_snapshots import BlockSnapshots
from .block_volumes import BlockVolumes
from .catalogue import instance_types
from .elastic_ips import ElasticIps
from .instance_changes import InstanceChanges
from .instance_power import InstancePower
from .instances import Instances
from .pools import Pools
from .private_networks import PrivateNetworks
from .reference_data import ReferenceData
from .reverse_dns import ReverseDns
from .security_groups import SecurityGroups
from .snapshots import Snapshots
from .ssh_keys import SshKeys
from .state import dump
from .templates import Templates
from .zone import Zone


class ExoscaleCloud(Cloud):
    """``/v2`` of ``zone``; ``account`` is shared by the zones of one organisation."""

    name = "exoscale"
    prefix = "/v2"

    def __init__(self, lab: Lab, machines: Machines, settings: Settings, zone: str, account: Account) -> None:
        self.contract = document.contract()
        self.zone = Zone(zone, lab, machines, account)
        handlers = self._handlers()
        self.routes = [
            Route(method, path, operation, self._recorded(method, operation, handlers.get(operation)))
            for method, path, operation in document.operations()
        ]

    def authenticate(self, call: Call) -> None:
        """Raise ``ApiError`` 403 unless the call is signed. ``list-zones`` need not be: the
        official client sends it bare. Signatures expire in wall time, which is all a client knows."""
        if (call.method, call.path) == ("GET", "/zone"):
            return
        signature.check(call, self.zone.account.key, self.zone.account.secret, time.time())

    def render(self, error: ApiError) -> Any:
        """``message``, and one entry of ``errors`` for each fault of a request."""
        if error.details:
            return {"message": error.message, "errors": [{"message": text} for text in error.details]}
        return {"message": error.message}

    def refuse_request(self, faults: list[str]) -> ApiError:
        """A request that breaks the contract is a 400 that names each fault."""
        return ApiError(400, "invalid_request", "Invalid request", faults)

    def dump(self) -> dict[str, Any]:
        """The zone's state, and what the account shares, as JSON."""
        return dump(self.zone)

    def configure(self, change: dict[str, Any]) -> None:
        """``stock``: how many more instances of a type (``standard.small``) the zone has, ``null``
        for no limit. ``quotas``: limits of the account, -1 for none. ``lacking``: products that
        the zone does not have (``block-storage``)."""
        for key, value in change.items():
            match key:
                case "stock":
                    self._set_stock(value)
                case "quotas":
                    self.zone.account.quotas.change(value)
                case "lacking":
                    self.zone.lacking = set(value)
                case _:
                    raise KeyError(f"{key} is not one of stock, quotas, lacking")

    def _set_stock(self, stock: dict[str, int | None]) -> None:
        names = {t.name for t in instance_types().values()}
        for name, count in stock.items():
            if name not in names:
                raise KeyError(f"stock: {name} is not an instance type such as standard.small")
            if count is None:
                self.zone.stock.pop(name, None)
            else:
                self.zone.stock[name] = int(count)

    def _handlers(self) -> dict[str, Handler]:
        zone = self.zone
        networks = PrivateNetworks(zone)
        instances = Instances(zone, networks)
        groups = (
            ReferenceData(zone),
            Templates(zone),
            SshKeys(zone),
            networks,
            instances,
            InstancePower(zone),
            InstanceChanges(zone),
            Snapshots(zone),
            Pools(zone, instances),
            BlockVolumes(zone),
            BlockSnapshots(zone),
            SecurityGroups(zone),
            AntiAffinityGroups(zone),
            ElasticIps(zone),
            ReverseDns(zone),
            LoadBalancers(zone),
            Accounting(zone),
        )
        return {operation: handler for group in groups for operation, handler in group.handlers().items()}

    def _recorded(self, method: str, operation: str, handler: Handler | None) -> Handler | None:
        """``handler``, with an event for each change that was accepted."""
        if handler is None or method == "GET":
            return handler

        def record(call: Call) -> Reply:
            reply = handler(call)
            zone = self.zone
            zone.account.events.record(call, operation, zone.name, zone.account.key, reply.status, zone.now())
            return reply

        return record
