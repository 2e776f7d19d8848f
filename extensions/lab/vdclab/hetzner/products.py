"""The API routes that show the catalog: locations, server and load balancer types, ISOs, prices."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any, ClassVar

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from . import catalog
from .collection import Calls, Collection, Filters, operation
from .labels import invalid
from .project import Project
from .store import Resource


class Location(Resource):
    """One location."""

    kind = "location"

    def __init__(self, ident: int, row: tuple[Any, ...]) -> None:
        super().__init__(ident, row[0], {}, "")
        self.row = row
        self.network_zone: str = row[6]

    def view(self) -> dict[str, Any]:
        keys = ("name", "description", "country", "city", "latitude", "longitude", "network_zone")
        return {"id": self.id, **dict(zip(keys, self.row, strict=True))}


class Priced(Resource):
    """A product with prices per location; ``net`` is (hourly, monthly) in euro."""

    def __init__(self, ident: int, name: str, locations: tuple[str, ...], net: tuple[str, str]) -> None:
        super().__init__(ident, name, {}, "")
        self.locations = locations
        self.net = net

    def prices(self) -> list[dict[str, Any]]:
        """The prices per location as the API shows them."""
        return [
            {
                "location": location,
                "price_hourly": catalog.money(self.net[0]),
                "price_monthly": catalog.money(self.net[1]),
                **catalog.traffic(location),
            }
            for location in self.locations
        ]


class ServerType(Priced):
    """A server type. ``stock`` is how many more can be created per location; ``None``: no limit."""

    kind = "server_type"

    def __init__(self, ident: int, row: catalog.TypeRow, locations: list[Location]) -> None:
        net = (row.hourly or catalog.hourly(row.monthly), row.monthly)
        super().__init__(ident, str(row.name), row.locations, net)
        self.row = row
        self.sold_in = [location for location in locations if location.name in row.locations]
        self.stock: dict[str, int | None] = dict.fromkeys(row.locations)
        # When its retirement was announced, and from when it cannot be ordered (ISO 8601).
        self.deprecation: dict[str, str] | None = None

    def view(self) -> dict[str, Any]:
        row = self.row
        return {
            "id": self.id,
            "name": self.name,
            "description": row.name.upper(),
            "cores": row.cores,
            "memory": row.memory,
            "disk": row.disk,
            "deprecated": self.deprecation is not None,
            "deprecation": self.deprecation,
            "prices": self.prices(),
            "storage_type": "local",
            "cpu_type": "dedicated" if row.dedicated else "shared",
            "category": row.category,
            "architecture": row.architecture,
            "locations": [
                {
                    "id": location.id,
                    "name": location.name,
                    "deprecation": self.deprecation,
                    "recommended": self.stock[str(location.name)] != 0 and self.deprecation is None,
                    "available": self.stock[str(location.name)] != 0,
                }
                for location in self.sold_in
            ],
        }

    def included_traffic(self, location: str) -> int:
        """Bytes a month that are included with a server in ``location``."""
        return int(catalog.traffic(location)["included_traffic"])

    def retired(self, now: str) -> bool:
        """Whether it can no longer be ordered at ``now`` (ISO 8601, UTC)."""
        return self.deprecation is not None and self.deprecation["unavailable_after"] <= now

    def check_stock(self, location: str) -> None:
        """Raise ``ApiError`` 422 where the type is not sold, 412 where none is in stock."""
        if location not in self.stock:
            raise ApiError(422, "invalid_input", "unsupported location for server type")
        if self.stock[location] == 0:
            raise ApiError(412, "resource_unavailable", f"server type {self.name} is not available in {location}")

    def take_stock(self, location: str) -> None:
        """Take one from stock; raises ``ApiError`` as ``check_stock`` does."""
        self.check_stock(location)
        left = self.stock[location]
        if left is not None:
            self.stock[location] = left - 1
            if left == 1:
                self.invalidate()

    def return_stock(self, location: str) -> None:
        """Return one to stock."""
        left = self.stock.get(location)
        if left is not None:
            self.stock[location] = left + 1
            if left == 0:
                self.invalidate()


class LoadBalancerType(Priced):
    """A load balancer type with its limits."""

    kind = "load_balancer_type"

    def __init__(self, ident: int, row: tuple[Any, ...]) -> None:
        super().__init__(ident, row[0], catalog.EVERYWHERE, (catalog.hourly(row[2]), row[2]))
        self.row = row
        self.services, self.targets, self.certificates = row[4], row[5], row[6]

    def view(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "description": self.row[1],
            "max_connections": self.row[3],
            "max_services": self.services,
            "max_targets": self.targets,
            "max_assigned_certificates": self.certificates,
            "deprecated": None,
            "deprecation": None,
            "prices": self.prices(),
        }


class Iso(Resource):
    """An ISO image."""

    kind = "iso"

    def __init__(self, ident: int, row: tuple[str, str, str]) -> None:
        super().__init__(ident, row[0], {}, "")
        self.description, self.architecture = row[1], row[2]

    def view(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "type": "public",
            "deprecation": None,
            "architecture": self.architecture,
        }


class Locations(Collection[Location]):
    """All locations."""

    kind, plural, label = "location", "locations", "location"
    has_actions = can_update = False

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        for ident, row in enumerate(catalog.LOCATIONS, 1):
            self.store.add(Location(ident, row))


class ServerTypes(Collection[ServerType]):
    """All server types; ``_lab/clouds`` changes their stock, prices and retirement."""

    kind, plural, label = "server_type", "server_types", "server type"
    has_actions = can_update = False

    def __init__(self, project: Project, locations: Locations) -> None:
        super().__init__(project)
        for ident, row in enumerate(catalog.SERVER_TYPES, 101):
            self.store.add(ServerType(ident, row, list(locations.store)))

    def set_stock(self, stock: dict[str, dict[str, int | bool | None]]) -> None:
        """Set the stock per type and location: a number, ``False`` (none) or ``None`` (no limit)."""
        for name, locations in stock.items():
            kind = self.lookup(name, "stock")
            for location, left in locations.items():
                if location not in kind.stock:
                    raise invalid("stock", f"{name} is not available in {location}")
                kind.stock[location] = None if left is True or left is None else int(left)
            kind.invalidate()

    def retire(self, dates: dict[str, str | None]) -> None:
        """Announce from when types cannot be ordered (ISO 8601, UTC, ``2027-01-01T00:00:00Z``); ``None``: never."""
        for name, date in dates.items():
            kind = self.lookup(name, "retire")
            kind.deprecation = {"announced": self.project.now(), "unavailable_after": date} if date else None
            kind.invalidate()

    def set_prices(self, prices: dict[str, dict[str, str]]) -> None:
        """Set net prices per type: ``{"cx23": {"monthly": "6.49", "hourly": "0.0104"}}``."""
        for name, price in prices.items():
            kind = self.lookup(name, "prices")
            monthly = str(Decimal(price["monthly"]))
            kind.net = (price.get("hourly") or catalog.hourly(monthly), monthly)
            kind.invalidate()


class LoadBalancerTypes(Collection[LoadBalancerType]):
    """All load balancer types."""

    kind, plural, label = "load_balancer_type", "load_balancer_types", "load balancer type"
    has_actions = can_update = False

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        for ident, row in enumerate(catalog.LOAD_BALANCER_TYPES, 1):
            self.store.add(LoadBalancerType(ident, row))


class Isos(Collection[Iso]):
    """All ISO images."""

    kind, plural, label = "iso", "isos", "ISO"
    filters: ClassVar[Filters] = {"architecture": lambda iso: iso.architecture}
    has_actions = can_update = False

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        idents = count(501)
        for row in catalog.ISOS:
            self.store.add(Iso(next(idents), row))


class Pricing(Calls):
    """``GET /pricing``: today's price list."""

    def __init__(self, project: Project, server_types: ServerTypes, load_balancer_types: LoadBalancerTypes) -> None:
        super().__init__(project)
        self._server_types = server_types
        self._load_balancer_types = load_balancer_types

    @operation("get_pricing")
    def get(self, _call: Call) -> Reply:
        locations = catalog.EVERYWHERE
        per_gb = {"volume": catalog.VOLUME_GB, "image": catalog.IMAGE_GB}
        pricing: dict[str, Any] = {
            "currency": "EUR",
            "vat_rate": f"{catalog.VAT:.6f}",
            "primary_ips": [
                {"type": kind, "prices": [_per_time(location, monthly) for location in locations]}
                for kind, monthly in (("ipv4", catalog.PRIMARY_IPV4), ("ipv6", "0"))
            ],
            "floating_ips": [
                {
                    "type": kind,
                    "prices": [
                        {"location": location, "price_monthly": catalog.money(monthly)} for location in locations
                    ],
                }
                for kind, monthly in catalog.FLOATING_IP.items()
            ],
            "floating_ip": {"price_monthly": catalog.money(catalog.FLOATING_IP["ipv4"])},
            "server_backup": {"percentage": catalog.BACKUP_PERCENT},
            "server_types": [_price_entry(kind) for kind in self._server_types.store],
            "load_balancer_types": [_price_entry(kind) for kind in self._load_balancer_types.store],
        }
        pricing |= {name: {"price_per_gb_month": catalog.money(net)} for name, net in per_gb.items()}
        return Reply(200, {"pricing": pricing})


def _price_entry(kind: Priced) -> dict[str, Any]:
    return {"id": kind.id, "name": kind.name, "prices": kind.render()["prices"]}


def _per_time(location: str, monthly: str) -> dict[str, Any]:
    return {
        "location": location,
        "price_hourly": catalog.money(catalog.hourly(monthly)),
        "price_monthly": catalog.money(monthly),
    }
