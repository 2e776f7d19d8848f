"""The record sets of DNS zones."""

from __future__ import annotations

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .collection import Calls, conflict, operation, required
from .labels import check_labels, parse_selector
from .listing import page, sort_items
from .project import Project
from .zonefile import Rrset, check_records, new_rrset
from .zones import Zone, Zones

MAX_PER_PAGE = 100


class Rrsets(Calls):
    """The calls on record sets."""

    def __init__(self, project: Project, zones: Zones) -> None:
        super().__init__(project)
        self._zones = zones

    def _find(self, call: Call) -> tuple[Zone, Rrset]:
        zone = self._zones.primary(call)
        name, kind = call.params["rr_name"], call.params["rr_type"]
        rrset = zone.rrsets.get((name, kind))
        if rrset is None:
            raise ApiError(404, "not_found", f"RRSet '{name}/{kind}' not found")
        return zone, rrset

    def _find_changeable(self, call: Call) -> tuple[Zone, Rrset]:
        zone, rrset = self._find(call)
        if rrset.protection["change"]:
            raise ApiError(423, "protected", "RRSet change is protected")
        return zone, rrset

    @operation("list_zone_rrsets")
    def list_page(self, call: Call) -> Reply:
        found = list(self._zones.primary(call).rrsets.values())
        name, kinds, text = call.one("name"), call.query.get("type"), call.one("label_selector")
        selector = parse_selector(text) if text else None
        found = [
            rrset
            for rrset in found
            if name in (None, rrset.name)
            and (not kinds or rrset.type in kinds)
            and (selector is None or selector.matches(rrset.labels))
        ]
        ordered = sort_items(found, call.query.get("sort", []), ("id", "name", "created"))
        return page(call, "rrsets", ordered, lambda rrset: rrset.render(), MAX_PER_PAGE)

    @operation("get_zone_rrset")
    def get(self, call: Call) -> Reply:
        return Reply(200, {"rrset": self._find(call)[1].render()})

    @operation("create_zone_rrset")
    def create(self, call: Call) -> Reply:
        zone, body = self._zones.primary(call), call.body or {}
        rrset = new_rrset(zone.id, str(zone.name), body)
        rrset.labels = check_labels(body.get("labels") or {})
        if (rrset.name, rrset.type) in zone.rrsets:
            raise conflict(f"RRSet '{rrset.id}' exists already", "name")
        zone.rrsets[rrset.name, rrset.type] = rrset
        return self._zones.changed(zone, "create_rrset", rrset=rrset.render())

    @operation("update_zone_rrset")
    def update(self, call: Call) -> Reply:
        _, rrset = self._find(call)
        labels = (call.body or {}).get("labels")
        if labels is not None:
            rrset.labels = check_labels(labels)
        return Reply(200, {"rrset": rrset.render()})

    @operation("delete_zone_rrset")
    def delete(self, call: Call) -> Reply:
        zone, rrset = self._find_changeable(call)
        del zone.rrsets[rrset.name, rrset.type]
        return self._zones.changed(zone, "delete_rrset")

    @operation("change_zone_rrset_protection")
    def change_protection(self, call: Call) -> Reply:
        zone, rrset = self._find(call)
        rrset.protection = {"change": bool(required(call.body or {}, "change"))}
        return self.answer_with_action("change_rrset_protection", [zone])

    @operation("change_zone_rrset_ttl")
    def change_ttl(self, call: Call) -> Reply:
        zone, rrset = self._find_changeable(call)
        rrset.ttl = (call.body or {}).get("ttl")
        return self._zones.changed(zone, "change_rrset_ttl")

    @operation("set_zone_rrset_records")
    def set_records(self, call: Call) -> Reply:
        zone, rrset = self._find_changeable(call)
        rrset.records = check_records(rrset.type, (call.body or {}).get("records"))
        return self._zones.changed(zone, "set_rrset_records")

    @operation("add_zone_rrset_records")
    def add_records(self, call: Call) -> Reply:
        zone, body = self._zones.primary(call), call.body or {}
        key = call.params["rr_name"], call.params["rr_type"]
        if key in zone.rrsets:
            _, rrset = self._find_changeable(call)
            added = check_records(rrset.type, body.get("records"))
            rrset.records = check_records(rrset.type, [*rrset.records, *added])
        else:
            zone.rrsets[key] = new_rrset(zone.id, str(zone.name), {"name": key[0], "type": key[1], **body})
        return self._zones.changed(zone, "add_rrset_records")

    @operation("remove_zone_rrset_records")
    def remove_records(self, call: Call) -> Reply:
        zone, rrset = self._find_changeable(call)
        removed = self._existing(rrset, call)
        rrset.records = [record for record in rrset.records if record["value"] not in removed]
        if not rrset.records:
            del zone.rrsets[rrset.name, rrset.type]
        return self._zones.changed(zone, "remove_rrset_records")

    @operation("update_zone_rrset_records")
    def update_records(self, call: Call) -> Reply:
        zone, rrset = self._find_changeable(call)
        comments = self._existing(rrset, call)
        rrset.records = [{**r, "comment": comments.get(r["value"], r["comment"])} for r in rrset.records]
        # The only call that the document answers with 200 and an action.
        return self._zones.changed(zone, "update_rrset_records", status=200)

    @staticmethod
    def _existing(rrset: Rrset, call: Call) -> dict[str, str]:
        """Value -> comment of the request's records; raises ``ApiError`` 404 if one does not exist."""
        given = {str(spec["value"]): spec.get("comment") or "" for spec in required(call.body or {}, "records")}
        missing = given.keys() - {record["value"] for record in rrset.records}
        if missing:
            raise ApiError(404, "not_found", f"record '{min(missing)}' not found")
        return given
