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
from .anti_affinity import AntiAffinityGroups
from .block_snapshots import BlockSnapshots
from .block_volumes import BlockVolumes
from .catalog import instance_types
from .elastic_ips import ElasticIps
from .instance_changes import InstanceChanges
from .instance_pools import InstancePools
from .instance_power import InstancePower
from .instances import Instances
from .load_balancers import LoadBalancers
from .private_networks import PrivateNetworks
from .products import Products
from .reports import Reports
from .reverse_dns import ReverseDns
from .security_groups import SecurityGroups
from .snapshots import Snapshots
from .ssh_keys import SshKeys
from .state import dump
from .templates import Templates
from .zone import Zone


class ExoscaleCloud(Cloud):
    """``/v2`` of ``zone``; the zones of one organization share ``account``."""

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
        official client sends it unsigned. Signatures expire in wall time, the only time a client knows."""
        if (call.method, call.path) == ("GET", "/zone"):
            return
        signature.check(call, self.zone.account.key, self.zone.account.secret, time.time())

    def render(self, error: ApiError) -> Any:
        """The error body: ``message``, and one entry of ``errors`` for each fault of a request."""
        if error.details:
            return {"message": error.message, "errors": [{"message": text} for text in error.details]}
        return {"message": error.message}

    def request_error(self, faults: list[str]) -> ApiError:
        """The 400 for a request that breaks the vendor's document, with all its faults."""
        return ApiError(400, "invalid_request", "Invalid request", faults)

    def dump(self) -> dict[str, Any]:
        """The state of the zone and of the account, as JSON."""
        return dump(self.zone)

    def configure(self, change: dict[str, Any]) -> None:
        """Change ``stock`` (type such as ``standard.small`` -> how many more instances, ``null`` for
        no limit), ``quotas`` (limits of the account, -1 for unlimited) or ``lacking`` (products
        that the zone does not sell: ``block-storage``)."""
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
            Products(zone),
            Templates(zone),
            SshKeys(zone),
            networks,
            instances,
            InstancePower(zone),
            InstanceChanges(zone),
            Snapshots(zone),
            InstancePools(zone, instances),
            BlockVolumes(zone),
            BlockSnapshots(zone),
            SecurityGroups(zone),
            AntiAffinityGroups(zone),
            ElasticIps(zone),
            ReverseDns(zone),
            LoadBalancers(zone),
            Reports(zone),
        )
        return {operation: handler for group in groups for operation, handler in group.handlers().items()}

    def _recorded(self, method: str, operation: str, handler: Handler | None) -> Handler | None:
        """``handler``, wrapped so that each accepted change is recorded as an event."""
        if handler is None or method == "GET":
            return handler

        def record(call: Call) -> Reply:
            reply = handler(call)
            zone = self.zone
            zone.account.events.record(call, operation, zone.name, zone.account.key, reply.status, zone.now())
            return reply

        return record
