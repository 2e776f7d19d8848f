"""DNS zones: the resource, its mode, its primary nameservers, its file."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, ClassVar

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .labels import check_labels, invalid
from .project import Family, Filters, guard, need, operation
from .store import Resource
from .zonefile import NAMESERVERS, SOA_REST, Rrset, format_zone, new_rrset, parse_zone

DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
DEFAULT_TTL = 3600  # seconds


class Zone(Resource):
    kind = "zone"

    def __init__(self, identity: tuple[int, str, dict[str, str], str], mode: str, ttl: int) -> None:
        super().__init__(*identity)
        self.mode = mode
        self.ttl = ttl
        self.rrsets: dict[tuple[str, str], Rrset] = {}
        self.primaries: list[dict[str, Any]] = []
        self.protection = {"delete": False}
        self.serial = 0

    def raise_serial(self, now: float) -> None:
        """The next serial of the day (``YYYYMMDDnn``), into the SOA record."""
        day = int(datetime.fromtimestamp(now, UTC).strftime("%Y%m%d00"))
        self.serial = max(day, self.serial) + 1
        soa = self.rrsets.get(("@", "SOA"))
        if soa is not None:
            soa.records = [{"value": f"{NAMESERVERS[0]} dns.hetzner.com. {self.serial} {SOA_REST}", "comment": ""}]
        self.touch()

    def draw(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "created": self.created,
            "mode": self.mode,
            "primary_nameservers": self.primaries,
            "labels": self.labels,
            "protection": self.protection,
            "ttl": self.ttl,
            "status": "ok",
            "record_count": sum(len(rrset.records) for rrset in self.rrsets.values()),
            "authoritative_nameservers": {
                "assigned": list(NAMESERVERS),
                "delegated": [],
                "delegation_last_check": None,
                "delegation_status": "unknown",
            },
            "registrar": "other",
        }


class Zones(Family[Zone]):
    kind, plural, label = "zone", "zones", "zone"
    filters: ClassVar[Filters] = {"mode": lambda zone: zone.mode}

    def name_in(self, call: Call) -> str:
        return call.params["id_or_name"]

    def find(self, ident: Any) -> Zone:
        """A zone by id or name; raises ``ApiError`` 404."""
        named = self.store.named(str(ident).lower())
        return named[0] if named else super().find(ident)

    def of(self, domain: str) -> Zone | None:
        """The zone that ``domain`` (a wildcard, too) lies in."""
        fits = (zone for zone in self.store if f".{domain}".endswith(f".{zone.name}"))
        return next(fits, None)

    def check_name(self, name: Any, owner: Zone | None = None) -> str:
        """A domain right below a public suffix. The lab knows no list of those: it takes two
        labels, or three where both of the last are short (``example.co.uk``)."""
        labels = str(name).split(".")
        suffix = len(labels) == 3 and len(labels[1]) <= 3 and len(labels[2]) == 2
        if not isinstance(name, str) or not DOMAIN.fullmatch(name) or not (len(labels) == 2 or suffix):
            raise invalid("name", "must be a domain name below a public suffix, in lower case")
        return super().check_name(name, owner)

    def edit(self, resource: Zone, body: dict[str, Any]) -> None:
        super().edit(resource, {"labels": body.get("labels")})

    def primary(self, call: Call) -> Zone:
        """The path's zone; raises ``ApiError`` 422 if it is secondary."""
        zone = self.find(self.name_in(call))
        if zone.mode != "primary":
            raise ApiError(422, "incorrect_zone_mode", "this operation needs a zone in primary mode")
        return zone

    def changed(self, zone: Zone, command: str, status: int = 201, **extra: Any) -> Reply:
        """Note a change of records: new serial, an action."""
        zone.raise_serial(self.project.lab.clock.now())
        action = self.project.begin(command, [zone])
        return Reply(status, {"action": self.project.shown(action), **extra})

    @operation("create_zone")
    def create(self, call: Call) -> Reply:
        body = call.body or {}
        mode = need(body, "mode")
        primaries = body.get("primary_nameservers") or []
        if (mode == "secondary") != bool(primaries):
            raise invalid("primary_nameservers", "are needed in secondary mode, and only there")
        zone = Zone(self.identity(body), mode, body.get("ttl") or DEFAULT_TTL)
        zone.primaries = [{"port": 53, **primary} for primary in primaries]
        if mode == "primary":
            if body.get("zonefile"):
                self._fill(zone, body["zonefile"])
            else:
                zone.rrsets["@", "SOA"] = Rrset(zone.id, "@", "SOA", [])
                records = [{"value": name, "comment": ""} for name in NAMESERVERS]
                zone.rrsets["@", "NS"] = Rrset(zone.id, "@", "NS", records)
            for wish in body.get("rrsets") or []:
                rrset = new_rrset(zone.id, str(zone.name), wish)
                rrset.labels = check_labels(wish.get("labels") or {})
                zone.rrsets[rrset.name, rrset.type] = rrset
            zone.raise_serial(self.project.lab.clock.now())
        self.store.add(zone)
        action = self.project.begin("create_zone", [zone])
        return Reply(201, {"zone": zone.render(), "action": self.project.shown(action)})

    @operation("delete_zone")
    def delete(self, call: Call) -> Reply:
        zone = self.find(self.name_in(call))
        guard(zone)
        self.store.remove(zone)
        return self.begun("delete_zone", [zone])

    @operation("change_zone_protection")
    def change_protection(self, call: Call) -> Reply:
        return self.protect(self.find(self.name_in(call)), call)

    @operation("change_zone_ttl")
    def change_ttl(self, call: Call) -> Reply:
        zone = self.primary(call)
        zone.ttl = need(call.body or {}, "ttl")
        return self.changed(zone, "change_ttl")

    @operation("change_zone_primary_nameservers")
    def change_primary_nameservers(self, call: Call) -> Reply:
        zone = self.find(self.name_in(call))
        if zone.mode != "secondary":
            raise ApiError(422, "incorrect_zone_mode", "this operation needs a zone in secondary mode")
        zone.primaries = [{"port": 53, **primary} for primary in need(call.body or {}, "primary_nameservers")]
        zone.touch()
        return self.begun("change_primary_nameservers", [zone])

    @operation("get_zone_zonefile")
    def export(self, call: Call) -> Reply:
        zone = self.primary(call)
        return Reply(200, {"zonefile": format_zone(str(zone.name), zone.ttl, list(zone.rrsets.values()))})

    @operation("import_zone_zonefile")
    def import_zonefile(self, call: Call) -> Reply:
        zone = self.primary(call)
        if any(rrset.protection["change"] for rrset in zone.rrsets.values()):
            raise ApiError(423, "protected", "a record set of the zone is protected")
        self._fill(zone, str(need(call.body or {}, "zonefile")))
        return self.changed(zone, "import_zonefile")

    @staticmethod
    def _fill(zone: Zone, text: str) -> None:
        ttl, rrsets = parse_zone(zone.id, str(zone.name), text)
        zone.ttl = ttl or zone.ttl
        zone.rrsets = {(rrset.name, rrset.type): rrset for rrset in rrsets}
