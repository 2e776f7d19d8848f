"""DNS zones: mode, primary nameservers, TTL and zone file."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, ClassVar

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .collection import Collection, Filters, operation, require_deletable, required
from .labels import check_labels, invalid
from .store import Identity, Resource
from .zonefile import NAMESERVERS, SOA_REST, Rrset, format_zone, new_rrset, parse_zone

DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
DEFAULT_TTL = 3600  # seconds


class Zone(Resource):
    """One DNS zone."""

    kind = "zone"

    def __init__(self, identity: Identity, mode: str, ttl: int) -> None:
        super().__init__(*identity)
        self.mode = mode
        self.ttl = ttl
        self.rrsets: dict[tuple[str, str], Rrset] = {}
        self.primaries: list[dict[str, Any]] = []
        self.protection = {"delete": False}
        self.serial = 0

    def raise_serial(self, now: float) -> None:
        """Put the next serial of the day (``YYYYMMDDnn``) into the SOA record."""
        day = int(datetime.fromtimestamp(now, UTC).strftime("%Y%m%d00"))
        self.serial = max(day, self.serial) + 1
        soa = self.rrsets.get(("@", "SOA"))
        if soa is not None:
            soa.records = [{"value": f"{NAMESERVERS[0]} dns.hetzner.com. {self.serial} {SOA_REST}", "comment": ""}]
        self.invalidate()

    def view(self) -> dict[str, Any]:
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


class Zones(Collection[Zone]):
    """All DNS zones."""

    kind, plural, label = "zone", "zones", "zone"
    filters: ClassVar[Filters] = {"mode": lambda zone: zone.mode}

    def path_id(self, call: Call) -> str:
        return call.params["id_or_name"]

    def find(self, ident: Any) -> Zone:
        """A zone by id or name; raises ``ApiError`` 404."""
        named = self.store.named(str(ident).lower())
        return named[0] if named else super().find(ident)

    def of(self, domain: str) -> Zone | None:
        """The zone that contains ``domain``, which may be a wildcard."""
        matching = (zone for zone in self.store if f".{domain}".endswith(f".{zone.name}"))
        return next(matching, None)

    def check_name(self, name: Any, owner: Zone | None = None) -> str:
        """Check for a domain directly below a public suffix. The lab has no list of those: it accepts
        two labels, or three if the last two are short (``example.co.uk``)."""
        labels = str(name).split(".")
        suffix = len(labels) == 3 and len(labels[1]) <= 3 and len(labels[2]) == 2
        if not isinstance(name, str) or not DOMAIN.fullmatch(name) or not (len(labels) == 2 or suffix):
            raise invalid("name", "must be a domain name below a public suffix, in lower case")
        return super().check_name(name, owner)

    def edit(self, resource: Zone, body: dict[str, Any]) -> None:
        super().edit(resource, {"labels": body.get("labels")})

    def primary(self, call: Call) -> Zone:
        """The path's zone; raises ``ApiError`` 422 if it is secondary."""
        zone = self.find(self.path_id(call))
        if zone.mode != "primary":
            raise ApiError(422, "incorrect_zone_mode", "this operation needs a zone in primary mode")
        return zone

    def changed(self, zone: Zone, command: str, status: int = 201, **extra: Any) -> Reply:
        """Raise the serial after a change of records, and answer with an action."""
        zone.raise_serial(self.project.lab.clock.now())
        action = self.project.start_action(command, [zone])
        return Reply(status, {"action": self.project.action_view(action), **extra})

    @operation("create_zone")
    def create(self, call: Call) -> Reply:
        body = call.body or {}
        mode = required(body, "mode")
        primaries = body.get("primary_nameservers") or []
        if (mode == "secondary") != bool(primaries):
            raise invalid("primary_nameservers", "are needed in secondary mode, and only there")
        zone = Zone(self.new_identity(body), mode, body.get("ttl") or DEFAULT_TTL)
        zone.primaries = [{"port": 53, **primary} for primary in primaries]
        if mode == "primary":
            if body.get("zonefile"):
                self._load_zonefile(zone, body["zonefile"])
            else:
                zone.rrsets["@", "SOA"] = Rrset(zone.id, "@", "SOA", [])
                records = [{"value": name, "comment": ""} for name in NAMESERVERS]
                zone.rrsets["@", "NS"] = Rrset(zone.id, "@", "NS", records)
            for spec in body.get("rrsets") or []:
                rrset = new_rrset(zone.id, str(zone.name), spec)
                rrset.labels = check_labels(spec.get("labels") or {})
                zone.rrsets[rrset.name, rrset.type] = rrset
            zone.raise_serial(self.project.lab.clock.now())
        self.store.add(zone)
        action = self.project.start_action("create_zone", [zone])
        return Reply(201, {"zone": zone.render(), "action": self.project.action_view(action)})

    @operation("delete_zone")
    def delete(self, call: Call) -> Reply:
        zone = self.find(self.path_id(call))
        require_deletable(zone)
        self.store.remove(zone)
        return self.answer_with_action("delete_zone", [zone])

    @operation("change_zone_protection")
    def change_protection(self, call: Call) -> Reply:
        return self.protect(self.find(self.path_id(call)), call)

    @operation("change_zone_ttl")
    def change_ttl(self, call: Call) -> Reply:
        zone = self.primary(call)
        zone.ttl = required(call.body or {}, "ttl")
        return self.changed(zone, "change_ttl")

    @operation("change_zone_primary_nameservers")
    def change_primary_nameservers(self, call: Call) -> Reply:
        zone = self.find(self.path_id(call))
        if zone.mode != "secondary":
            raise ApiError(422, "incorrect_zone_mode", "this operation needs a zone in secondary mode")
        zone.primaries = [{"port": 53, **primary} for primary in required(call.body or {}, "primary_nameservers")]
        zone.invalidate()
        return self.answer_with_action("change_primary_nameservers", [zone])

    @operation("get_zone_zonefile")
    def export(self, call: Call) -> Reply:
        zone = self.primary(call)
        return Reply(200, {"zonefile": format_zone(str(zone.name), zone.ttl, list(zone.rrsets.values()))})

    @operation("import_zone_zonefile")
    def import_zonefile(self, call: Call) -> Reply:
        zone = self.primary(call)
        if any(rrset.protection["change"] for rrset in zone.rrsets.values()):
            raise ApiError(423, "protected", "a record set of the zone is protected")
        self._load_zonefile(zone, str(required(call.body or {}, "zonefile")))
        return self.changed(zone, "import_zonefile")

    @staticmethod
    def _load_zonefile(zone: Zone, text: str) -> None:
        ttl, rrsets = parse_zone(zone.id, str(zone.name), text)
        zone.ttl = ttl or zone.ttl
        zone.rrsets = {(rrset.name, rrset.type): rrset for rrset in rrsets}
