"""Anti-affinity groups: account-wide; an instance joins them only at its creation."""

from __future__ import annotations

from ..core.routing import Call, Handler, Reply
from .errors import conflict, invalid
from .models import AntiAffinityGroup, View, refs, without_none
from .zone import Zone, body_of, find, new_id


class AntiAffinityGroups:
    """Create, list, get, delete; the API has no update."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._groups = zone.account.anti_affinity_groups

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id."""
        return {
            "list-anti-affinity-groups": self._list,
            "get-anti-affinity-group": self._get,
            "create-anti-affinity-group": self._create,
            "delete-anti-affinity-group": self._delete,
        }

    def _list(self, _call: Call) -> Reply:
        members: dict[str, list[str]] = {group: [] for group in self._groups}
        for instance in self._zone.instances.values():
            for group in instance.anti_affinity:
                members[group].append(instance.id)
        return Reply(200, {"anti-affinity-groups": [self._view(g, members[g.id]) for g in self._groups.values()]})

    def _get(self, call: Call) -> Reply:
        group = self._find(call)
        members = [i.id for i in self._zone.instances.values() if group.id in i.anti_affinity]
        return Reply(200, self._view(group, members))

    def _create(self, call: Call) -> Reply:
        body = body_of(call)
        if any(g.name == body["name"] for g in self._groups.values()):
            raise conflict(f"Anti-affinity Group {body['name']} already exists")
        group = AntiAffinityGroup(new_id(), body["name"], body.get("description"))
        self._groups[group.id] = group
        return self._done(group)

    def _delete(self, call: Call) -> Reply:
        group, zones = self._find(call), self._zone.account.zones.values()
        pools = [p for z in zones for p in z.pools.values()]
        if self._zone.account.group_members(group.id):
            raise invalid(f"Anti-affinity Group {group.name} still has instances")
        if any({"id": group.id} in (p.spec.get("anti-affinity-groups") or []) for p in pools):
            raise invalid(f"Anti-affinity Group {group.name} is used by an Instance Pool")
        del self._groups[group.id]
        return self._done(group)

    def _find(self, call: Call) -> AntiAffinityGroup:
        return find(self._groups, call.params["id"], "Anti-affinity Group")

    def _view(self, group: AntiAffinityGroup, members: list[str]) -> View:
        """``instances`` lists those of the called zone only (exoscale/cli pull request 649)."""
        shown = {"id": group.id, "name": group.name, "description": group.description}
        return without_none({**shown, "instances": refs(members)})

    def _done(self, group: AntiAffinityGroup) -> Reply:
        return self._zone.operations.start("get-anti-affinity-group", f"anti-affinity-group/{group.id}")
