"""What is sold and never changes hands: locations, server and load balancer types, ISOs, prices."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any, ClassVar

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from . import catalog
from .labels import invalid
from .project import Calls, Family, Filters, Project, operation
from .store import Resource


class Location(Resource):
    kind = "location"

    def __init__(self, ident: int, row: tuple[Any, ...]) -> None:
        super().__init__(ident, row[0], {}, "")
        self.row = row
        self.network_zone: str = row[6]

    def draw(self) -> dict[str, Any]:
        keys = ("name", "description", "country", "city", "latitude", "longitude", "network_zone")
        return {"id": self.id, **dict(zip(keys, self.row, strict=True))}


class Priced(Resource):
    """Something with a price per location; ``net`` holds (hourly, monthly) in euro."""

    def __init__(self, ident: int, name: str, locations: tuple[str, ...], net: tuple[str, str]) -> None:
        super().__init__(ident, name, {}, "")
        self.locations = locations
        self.net = net

    def prices(self) -> list[dict[str, Any]]:
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
    """A server type. ``stock`` says per location how many more can be had; ``None``: plenty."""

    kind = "server_type"

    def __init__(self, ident: int, row: catalog.TypeRow, locations: list[Location]) -> None:
        net = (row.hourly or catalog.hourly(row.monthly), row.monthly)
        super().__init__(ident, str(row.name), row.locations, net)
        self.row = row
        self.places = [place for place in locations if place.name in row.locations]
        self.stock: dict[str, int | None] = dict.fromkeys(row.locations)
        # When it was announced to retire, and when it does (ISO 8601).
        self.deprecation: dict[str, str] | None = None

    def draw(self) -> dict[str, Any]:
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
                    "id": place.id,
                    "name": place.name,
                    "deprecation": self.deprecation,
                    "recommended": self.stock[str(place.name)] != 0 and self.deprecation is None,
                    "available": self.stock[str(place.name)] != 0,
                }
                for place in self.places
            ],
        }

    def included_traffic(self, location: str) -> int:
        """Bytes a month that go with a server in ``location``."""
        return int(catalog.traffic(location)["included_traffic"])

    def retired(self, now: str) -> bool:
        """Whether it can no longer be ordered at ``now`` (ISO 8601, UTC)."""
        return self.deprecation is not None and self.deprecation["unavailable_after"] <= now

    def check_stock(self, location: str) -> None:
        """Raise ``ApiError`` 422 where the type is not sold, 412 where it is sold out."""
        if location not in self.stock:
            raise ApiError(422, "invalid_input", "unsupported location for server type")
        if self.stock[location] == 0:
            raise ApiError(412, "resource_unavailable", f"server type {self.name} is not available in {location}")

    def take(self, location: str) -> None:
        """Use one from stock, after ``check_stock``."""
        self.check_stock(location)
        left = self.stock[location]
        if left is not None:
            self.stock[location] = left - 1
            if left == 1:
                self.touch()

    def give_back(self, location: str) -> None:
        left = self.stock.get(location)
        if left is not None:
            self.stock[location] = left + 1
            if left == 0:
                self.touch()


class LoadBalancerType(Priced):
    kind = "load_balancer_type"

    def __init__(self, ident: int, row: tuple[Any, ...]) -> None:
        super().__init__(ident, row[0], catalog.EVERYWHERE, (catalog.hourly(row[2]), row[2]))
        self.row = row
        self.services, self.targets, self.certificates = row[4], row[5], row[6]

    def draw(self) -> dict[str, Any]:
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
    kind = "iso"

    def __init__(self, ident: int, row: tuple[str, str, str]) -> None:
        super().__init__(ident, row[0], {}, "")
        self.description, self.architecture = row[1], row[2]

    def draw(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "type": "public",
            "deprecation": None,
            "architecture": self.architecture,
        }


class Locations(Family[Location]):
    kind, plural, label = "location", "locations", "location"
    has_actions = can_update = False

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        for ident, row in enumerate(catalog.LOCATIONS, 1):
            self.store.add(Location(ident, row))


class ServerTypes(Family[ServerType]):
    kind, plural, label = "server_type", "server_types", "server type"
    has_actions = can_update = False

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        places = list(project.locations.store)
        for ident, row in enumerate(catalog.SERVER_TYPES, 101):
            self.store.add(ServerType(ident, row, places))

    def set_stock(self, stock: dict[str, dict[str, int | bool | None]]) -> None:
        """Set what is left per type and location: a number, ``False`` (none) or ``None`` (plenty)."""
        for name, places in stock.items():
            kind = self.referred(name, "stock")
            for place, left in places.items():
                if place not in kind.stock:
                    raise invalid("stock", f"{name} is not sold in {place}")
                kind.stock[place] = None if left is True or left is None else int(left)
            kind.touch()

    def retire(self, dates: dict[str, str | None]) -> None:
        """Announce when types retire (ISO 8601, UTC, as ``2027-01-01T00:00:00Z``); ``None``: not at all."""
        for name, date in dates.items():
            kind = self.referred(name, "retire")
            kind.deprecation = {"announced": self.project.now(), "unavailable_after": date} if date else None
            kind.touch()

    def set_prices(self, prices: dict[str, dict[str, str]]) -> None:
        """Set net prices per type: ``{"cx23": {"monthly": "6.49", "hourly": "0.0104"}}``."""
        for name, price in prices.items():
            kind = self.referred(name, "prices")
            monthly = str(Decimal(price["monthly"]))
            kind.net = (price.get("hourly") or catalog.hourly(monthly), monthly)
            kind.touch()


class LoadBalancerTypes(Family[LoadBalancerType]):
    kind, plural, label = "load_balancer_type", "load_balancer_types", "load balancer type"
    has_actions = can_update = False

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        for ident, row in enumerate(catalog.LOAD_BALANCER_TYPES, 1):
            self.store.add(LoadBalancerType(ident, row))


class Isos(Family[Iso]):
    kind, plural, label = "iso", "isos", "ISO"
    filters: ClassVar[Filters] = {"architecture": lambda iso: iso.architecture}
    has_actions = can_update = False

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        idents = count(501)
        for row in catalog.ISOS:
            self.store.add(Iso(next(idents), row))


class Pricing(Calls):
    """``GET /pricing``: the price list of today."""

    @operation("get_pricing")
    def get(self, _call: Call) -> Reply:
        places = catalog.EVERYWHERE
        per_gb = {"volume": catalog.VOLUME_GB, "image": catalog.IMAGE_GB}
        pricing: dict[str, Any] = {
            "currency": "EUR",
            "vat_rate": f"{catalog.VAT:.6f}",
            "primary_ips": [
                {"type": kind, "prices": [_per_time(place, monthly) for place in places]}
                for kind, monthly in (("ipv4", catalog.PRIMARY_IPV4), ("ipv6", "0"))
            ],
            "floating_ips": [
                {
                    "type": kind,
                    "prices": [{"location": place, "price_monthly": catalog.money(monthly)} for place in places],
                }
                for kind, monthly in catalog.FLOATING_IP.items()
            ],
            "floating_ip": {"price_monthly": catalog.money(catalog.FLOATING_IP["ipv4"])},
            "server_backup": {"percentage": catalog.BACKUP_PERCENT},
            "server_types": [_price_entry(kind) for kind in self.project.server_types.store],
            "load_balancer_types": [_price_entry(kind) for kind in self.project.load_balancer_types.store],
        }
        pricing |= {name: {"price_per_gb_month": catalog.money(net)} for name, net in per_gb.items()}
        return Reply(200, {"pricing": pricing})


def _price_entry(kind: Priced) -> dict[str, Any]:
    return {"id": kind.id, "name": kind.name, "prices": kind.render()["prices"]}


def _per_time(place: str, monthly: str) -> dict[str, Any]:
    return {
        "location": place,
        "price_hourly": catalog.money(catalog.hourly(monthly)),
        "price_monthly": catalog.money(monthly),
    }
