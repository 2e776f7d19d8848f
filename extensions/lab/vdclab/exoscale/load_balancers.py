"""Network load balancers and their services, each in front of an instance pool."""

from __future__ import annotations

from typing import Any

from ..core.clock import iso
from ..core.routing import Call, Handler, Reply
from .catalog import SERVICES_PER_LOAD_BALANCER
from .errors import busy, invalid
from .meters import LOAD_BALANCER
from .models import LoadBalancer, Service, View, without_none
from .zone import Zone, body_of, find, new_id, ref_id

# The document's defaults, in seconds; it has no default for retries.
HEALTHCHECK = {"interval": 10, "timeout": 2, "retries": 1}
FIELDS = ("name", "description", "protocol", "strategy", "port", "target-port", "healthcheck")


class LoadBalancers:
    """Create, list, get, update, delete and field reset, of load balancers and of their services."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id."""
        return {
            "list-load-balancers": lambda _: Reply(
                200, {"load-balancers": [self._view(b) for b in self._zone.balancers.values()]}
            ),
            "get-load-balancer": lambda call: Reply(200, self._view(self._find(call))),
            "create-load-balancer": self._create,
            "update-load-balancer": self._update,
            "delete-load-balancer": self._delete,
            "reset-load-balancer-field": self._reset_field,
            "add-service-to-load-balancer": self._add_service,
            "get-load-balancer-service": lambda call: Reply(200, self._service_view(self._find_service(call))),
            "update-load-balancer-service": self._update_service,
            "delete-load-balancer-service": self._delete_service,
            "reset-load-balancer-service-field": self._reset_service_field,
        }

    def _create(self, call: Call) -> Reply:
        zone, body = self._zone, body_of(call)
        zone.account.quotas.require("network-load-balancer")
        balancer = LoadBalancer(
            id=new_id(),
            name=body["name"],
            ip=zone.addresses.allocate(),
            created=zone.now(),
            description=body.get("description"),
            labels=dict(body.get("labels") or {}),
        )
        zone.balancers[balancer.id] = balancer
        zone.account.meters.begin(balancer.id, LOAD_BALANCER, zone.now())

        def effect() -> None:
            balancer.state = "running"

        return self._done(balancer, effect)

    def _update(self, call: Call) -> Reply:
        balancer, body = self._find(call), body_of(call)
        balancer.name = body.get("name", balancer.name)
        balancer.description = body.get("description", balancer.description)
        balancer.labels = dict(body.get("labels", balancer.labels))
        return self._done(balancer)

    def _delete(self, call: Call) -> Reply:
        zone, balancer = self._zone, self._find(call)
        if balancer.state != "running":
            raise busy("Load Balancer", balancer.state)
        balancer.state = "deleting"

        def effect() -> None:
            zone.balancers.pop(balancer.id, None)
            zone.addresses.release(balancer.ip)
            zone.account.meters.end(balancer.id, LOAD_BALANCER, zone.now())

        return self._done(balancer, effect)

    def _reset_field(self, call: Call) -> Reply:
        balancer = self._find(call)
        match call.params["field"]:
            case "description":
                balancer.description = None
            case "labels":
                balancer.labels = {}
            case field:
                raise invalid(f"field: {field!r} cannot be reset; description and labels can")
        return self._done(balancer)

    def _add_service(self, call: Call) -> Reply:
        """The operation refers to the load balancer: clients find the service by its name."""
        balancer, body = self._find(call), body_of(call)
        if len(balancer.services) >= SERVICES_PER_LOAD_BALANCER:
            raise invalid(f"Load Balancer already has {SERVICES_PER_LOAD_BALANCER} services, its maximum")
        pool = find(self._zone.pools, ref_id(body, "instance-pool"), "Instance Pool")
        service = Service(new_id(), pool.id, {key: body[key] for key in FIELDS if key in body})
        self._check(balancer, service, service.fields)
        balancer.services[service.id] = service
        return self._done(balancer)

    def _update_service(self, call: Call) -> Reply:
        balancer, service, body = self._find(call), self._find_service(call), body_of(call)
        fields = service.fields | {key: body[key] for key in FIELDS if key in body}
        self._check(balancer, service, fields)
        service.fields = fields
        return self._done(balancer)

    def _delete_service(self, call: Call) -> Reply:
        balancer = self._find(call)
        del balancer.services[self._find_service(call).id]
        return self._done(balancer)

    def _reset_service_field(self, call: Call) -> Reply:
        balancer, service = self._find(call), self._find_service(call)
        if call.params["field"] != "description":
            raise invalid(f"field: {call.params['field']!r} cannot be reset; description can")
        service.fields.pop("description", None)
        return self._done(balancer)

    def _check(self, balancer: LoadBalancer, service: Service, fields: View) -> None:
        """Add the health check's defaults; raises ``ApiError`` 400 for an invalid service."""
        if not fields["name"]:
            raise invalid("name must not be empty")
        for other in balancer.services.values():
            if other is service:
                continue
            if other.fields["name"] == fields["name"]:
                raise invalid(f"name: {fields['name']} is already used by another service")
            if (other.fields["port"], other.fields["protocol"]) == (fields["port"], fields["protocol"]):
                raise invalid(f"port: {fields['port']}/{fields['protocol']} is already in use by another service")
        check = HEALTHCHECK | fields["healthcheck"]
        if "mode" not in check or "port" not in check:
            raise invalid("healthcheck: mode and port are required")
        if check["mode"] != "tcp" and not check.get("uri"):
            raise invalid(f"healthcheck.uri: an {check['mode']} check needs one")
        if check["timeout"] > check["interval"]:
            raise invalid("healthcheck.timeout must not be above healthcheck.interval")
        fields["healthcheck"] = check

    def _find(self, call: Call) -> LoadBalancer:
        return find(self._zone.balancers, call.params["id"], "Load Balancer")

    def _find_service(self, call: Call) -> Service:
        return find(self._find(call).services, call.params["service_id"], "Load Balancer Service")

    def _view(self, balancer: LoadBalancer) -> View:
        return without_none(
            {
                "id": balancer.id,
                "name": balancer.name,
                "description": balancer.description,
                "state": balancer.state,
                "ip": balancer.ip,
                "created-at": iso(balancer.created),
                "labels": dict(balancer.labels),
                "services": [self._service_view(s) for s in balancer.services.values()],
            }
        )

    def _service_view(self, service: Service) -> View:
        zone = self._zone
        pool = zone.pools.get(service.pool_id)
        members = [zone.instances[m] for m in pool.members] if pool else []
        status: list[dict[str, Any]] = [
            {"public-ip": m.address, "status": "success" if m.state == "running" else "failure"}
            for m in members
            if m.address is not None
        ]
        return {
            "id": service.id,
            "state": "running",
            "instance-pool": {"id": service.pool_id},
            "healthcheck-status": status,
            **service.fields,
        }

    def _done(self, balancer: LoadBalancer, effect=lambda: None) -> Reply:
        return self._zone.operations.start("get-load-balancer", f"load-balancer/{balancer.id}", effect)
