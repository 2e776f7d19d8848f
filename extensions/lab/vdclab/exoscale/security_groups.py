"""Security groups: account-wide, with rules, external sources and members."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from ..core.routing import Call, Handler, Reply
from .errors import conflict, invalid, not_found
from .machine import require_idle
from .models import Instance, SecurityGroup, View
from .zone import Zone, body_of, find, new_id, ref_id

PORTS = ("tcp", "udp")
ICMP = ("icmp", "icmpv6")


class SecurityGroups:
    """Create, list, get, delete, rules, external sources, attach and detach."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._groups = zone.account.security_groups

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id."""
        return {
            "list-security-groups": self._list,
            "get-security-group": lambda call: Reply(
                200, find(self._groups, call.params["id"], "Security Group").view()
            ),
            "create-security-group": self._create,
            "delete-security-group": self._delete,
            "add-rule-to-security-group": self._add_rule,
            "delete-rule-from-security-group": self._delete_rule,
            "add-external-source-to-security-group": self._add_source,
            "remove-external-source-from-security-group": self._remove_source,
            "attach-instance-to-security-group": self._attach,
            "detach-instance-from-security-group": self._detach,
        }

    def _list(self, call: Call) -> Reply:
        wanted = call.one("visibility", "private")
        return Reply(200, {"security-groups": [g.view() for g in self._groups.values() if g.visibility == wanted]})

    def _create(self, call: Call) -> Reply:
        body = body_of(call)
        if any(g.name == body["name"] for g in self._groups.values()):
            raise conflict(f"Security Group {body['name']} already exists")
        group = SecurityGroup(new_id(), body["name"], body.get("description"))
        self._groups[group.id] = group
        return self._done(group)

    def _delete(self, call: Call) -> Reply:
        group = self._find(call)
        if group is self._zone.account.default_group:
            raise invalid("The default Security Group cannot be deleted")
        users = self._users(group)
        if users:
            raise invalid(f"Security Group {group.name} is in use by {users}")
        del self._groups[group.id]
        return self._done(group)

    def _users(self, group: SecurityGroup) -> str:
        """What uses the group and prevents its deletion, as text; empty if nothing does."""
        for zone in self._zone.account.zones.values():
            for instance in zone.instances.values():
                if group.id in instance.security_groups:
                    return f"instance {instance.name}"
            for pool in zone.pools.values():
                if {"id": group.id} in (pool.spec.get("security-groups") or []):
                    return f"instance pool {pool.name}"
        for other in self._groups.values():
            if other is not group and any(
                r.get("security-group", {}).get("id") == group.id for r in other.rules.values()
            ):
                return f"a rule of Security Group {other.name}"
        return ""

    def _add_rule(self, call: Call) -> Reply:
        """The operation refers to the group: clients find the new rule by comparing before and after."""
        group = self._find(call)
        rule = self._rule(body_of(call))
        group.rules[rule["id"]] = rule
        return self._done(group)

    def _rule(self, body: dict[str, Any]) -> View:
        protocol = body["protocol"]
        if bool(body.get("network")) == bool(body.get("security-group")):
            raise invalid("A rule needs a network or a security-group, and not both")
        if protocol in PORTS:
            if not (body.get("start-port") and body.get("end-port")):
                raise invalid(f"A rule for {protocol} needs start-port and end-port")
            if body["start-port"] > body["end-port"]:
                raise invalid("start-port must not be above end-port")
        elif body.get("start-port") or body.get("end-port"):
            raise invalid(f"A rule for {protocol} has no ports")
        rule = {"id": new_id(), "flow-direction": body["flow-direction"], "protocol": protocol}
        if protocol in ICMP:
            icmp = body.get("icmp") or {}
            rule["icmp"] = {key: -1 if icmp.get(key) is None else icmp[key] for key in ("type", "code")}
        elif body.get("icmp"):
            raise invalid(f"A rule for {protocol} has no icmp details")
        rule |= {key: body[key] for key in ("start-port", "end-port", "description") if key in body}
        if body.get("network"):
            rule["network"] = _cidr("network", body["network"])
        else:
            other = self._named(body["security-group"])
            rule["security-group"] = {"id": other.id, "name": other.name, "visibility": other.visibility}
        return rule

    def _named(self, resource: dict[str, Any]) -> SecurityGroup:
        """The group that a rule refers to, by id, or by name and visibility; raises ``ApiError`` 404."""
        if resource.get("id"):
            return find(self._groups, resource["id"], "Security Group")
        wanted = (resource.get("name"), resource.get("visibility", "private"))
        for group in self._groups.values():
            if (group.name, group.visibility) == wanted:
                return group
        raise not_found("Security Group")

    def _delete_rule(self, call: Call) -> Reply:
        group = self._find(call)
        find(group.rules, call.params["rule_id"], "Security Group rule")
        del group.rules[call.params["rule_id"]]
        return self._done(group)

    def _add_source(self, call: Call) -> Reply:
        group, cidr = self._find(call), _cidr("cidr", body_of(call)["cidr"])
        if cidr in group.external_sources:
            raise invalid(f"cidr: {cidr} is an external source already")
        group.external_sources.append(cidr)
        return self._done(group)

    def _remove_source(self, call: Call) -> Reply:
        group, cidr = self._find(call), _cidr("cidr", body_of(call)["cidr"])
        if cidr not in group.external_sources:
            raise not_found("External source")
        group.external_sources.remove(cidr)
        return self._done(group)

    def _attach(self, call: Call) -> Reply:
        group, instance = self._find(call), self._member(call)
        if group.id in instance.security_groups:
            raise invalid("Instance is already in the Security Group")
        if instance.assignment == "none":
            raise invalid("Security groups need a public IP assignment")
        instance.security_groups.append(group.id)
        return self._done(group)

    def _detach(self, call: Call) -> Reply:
        group, instance = self._find(call), self._member(call)
        if group.id not in instance.security_groups:
            raise invalid("Instance is not in the Security Group")
        instance.security_groups.remove(group.id)
        return self._done(group)

    def _find(self, call: Call) -> SecurityGroup:
        return self._zone.group(call.params["id"])

    def _member(self, call: Call) -> Instance:
        instance = self._zone.instance(ref_id(body_of(call), "instance"))
        require_idle(instance)
        return instance

    def _done(self, group: SecurityGroup) -> Reply:
        return self._zone.operations.start("get-security-group", f"security-group/{group.id}")


def _cidr(field: str, text: str) -> str:
    try:
        return str(ip_network(text, strict=True))
    except ValueError:
        raise invalid(f"{field}: {text!r} is not a network such as 192.0.2.0/24") from None
