"""Calls on the record sets of a zone."""

from __future__ import annotations

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .labels import check_labels, parse_selector
from .listing import in_order, page
from .project import Calls, need, operation, taken
from .zonefile import Rrset, check_records, new_rrset
from .zones import Zone

LARGEST_PAGE = 100


class Rrsets(Calls):
    def _found(self, call: Call) -> tuple[Zone, Rrset]:
        zone = self.project.zones.primary(call)
        name, kind = call.params["rr_name"], call.params["rr_type"]
        rrset = zone.rrsets.get((name, kind))
        if rrset is None:
            raise ApiError(404, "not_found", f"RRSet '{name}/{kind}' not found")
        return zone, rrset

    def _changeable(self, call: Call) -> tuple[Zone, Rrset]:
        zone, rrset = self._found(call)
        if rrset.protection["change"]:
            raise ApiError(423, "protected", "RRSet change is protected")
        return zone, rrset

    @operation("list_zone_rrsets")
    def list_page(self, call: Call) -> Reply:
        found = list(self.project.zones.primary(call).rrsets.values())
        name, kinds, text = call.one("name"), call.query.get("type"), call.one("label_selector")
        selector = parse_selector(text) if text else None
        found = [
            rrset
            for rrset in found
            if name in (None, rrset.name)
            and (not kinds or rrset.type in kinds)
            and (selector is None or selector.matches(rrset.labels))
        ]
        ordered = in_order(found, call.query.get("sort", []), ("id", "name", "created"))
        return page(call, "rrsets", ordered, lambda rrset: rrset.render(), LARGEST_PAGE)

    @operation("get_zone_rrset")
    def get(self, call: Call) -> Reply:
        return Reply(200, {"rrset": self._found(call)[1].render()})

    @operation("create_zone_rrset")
    def create(self, call: Call) -> Reply:
        zone, body = self.project.zones.primary(call), call.body or {}
        rrset = new_rrset(zone.id, str(zone.name), body)
        rrset.labels = check_labels(body.get("labels") or {})
        if (rrset.name, rrset.type) in zone.rrsets:
            raise taken(f"RRSet '{rrset.id}' exists already", "name")
        zone.rrsets[rrset.name, rrset.type] = rrset
        return self.project.zones.changed(zone, "create_rrset", rrset=rrset.render())

    @operation("update_zone_rrset")
    def update(self, call: Call) -> Reply:
        _, rrset = self._found(call)
        labels = (call.body or {}).get("labels")
        if labels is not None:
            rrset.labels = check_labels(labels)
        return Reply(200, {"rrset": rrset.render()})

    @operation("delete_zone_rrset")
    def delete(self, call: Call) -> Reply:
        zone, rrset = self._changeable(call)
        del zone.rrsets[rrset.name, rrset.type]
        return self.project.zones.changed(zone, "delete_rrset")

    @operation("change_zone_rrset_protection")
    def change_protection(self, call: Call) -> Reply:
        zone, rrset = self._found(call)
        rrset.protection = {"change": bool(need(call.body or {}, "change"))}
        return self.begun("change_rrset_protection", [zone])

    @operation("change_zone_rrset_ttl")
    def change_ttl(self, call: Call) -> Reply:
        zone, rrset = self._changeable(call)
        rrset.ttl = (call.body or {}).get("ttl")
        return self.project.zones.changed(zone, "change_rrset_ttl")

    @operation("set_zone_rrset_records")
    def set_records(self, call: Call) -> Reply:
        zone, rrset = self._changeable(call)
        rrset.records = check_records(rrset.type, (call.body or {}).get("records"))
        return self.project.zones.changed(zone, "set_rrset_records")

    @operation("add_zone_rrset_records")
    def add_records(self, call: Call) -> Reply:
        zone, body = self.project.zones.primary(call), call.body or {}
        key = call.params["rr_name"], call.params["rr_type"]
        if key in zone.rrsets:
            _, rrset = self._changeable(call)
            added = check_records(rrset.type, body.get("records"))
            rrset.records = check_records(rrset.type, [*rrset.records, *added])
        else:
            zone.rrsets[key] = new_rrset(zone.id, str(zone.name), {"name": key[0], "type": key[1], **body})
        return self.project.zones.changed(zone, "add_rrset_records")

    @operation("remove_zone_rrset_records")
    def remove_records(self, call: Call) -> Reply:
        zone, rrset = self._changeable(call)
        gone = self._known(rrset, call)
        rrset.records = [record for record in rrset.records if record["value"] not in gone]
        if not rrset.records:
            del zone.rrsets[rrset.name, rrset.type]
        return self.project.zones.changed(zone, "remove_rrset_records")

    @operation("update_zone_rrset_records")
    def update_records(self, call: Call) -> Reply:
        zone, rrset = self._changeable(call)
        comments = self._known(rrset, call)
        rrset.records = [{**r, "comment": comments.get(r["value"], r["comment"])} for r in rrset.records]
        # Of all actions that are begun, the document answers this one with 200.
        return self.project.zones.changed(zone, "update_rrset_records", status=200)

    @staticmethod
    def _known(rrset: Rrset, call: Call) -> dict[str, str]:
        """Value -> comment of the request's records, all of which must exist."""
        wished = {str(wish["value"]): wish.get("comment") or "" for wish in need(call.body or {}, "records")}
        missing = wished.keys() - {record["value"] for record in rrset.records}
        if missing:
            raise ApiError(404, "not_found", f"record '{min(missing)}' not found")
        return wished
