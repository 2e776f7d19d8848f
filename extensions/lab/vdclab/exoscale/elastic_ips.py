"""Elastic IPs: addresses of a zone that instances share; one with a health check is managed."""

from __future__ import annotations

from typing import Any

from ..core.routing import Call, Handler, Reply
from .errors import invalid
from .machine import require_idle
from .meters import ELASTIC_IP
from .models import ElasticIp, Instance, View
from .zone import Zone, body_of, find, new_id, ref_id

# The document's defaults; intervals and timeouts in seconds.
HEALTHCHECK = {"strikes-ok": 2, "strikes-fail": 3, "interval": 10, "timeout": 2}


class ElasticIps:
    """Create, list, get, update, delete, field reset, attach and detach."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id."""
        return {
            "list-elastic-ips": lambda _: Reply(
                200, {"elastic-ips": [e.view() for e in self._zone.elastic_ips.values()]}
            ),
            "get-elastic-ip": lambda call: Reply(200, self._find(call).view()),
            "create-elastic-ip": self._create,
            "update-elastic-ip": self._update,
            "delete-elastic-ip": self._delete,
            "reset-elastic-ip-field": self._reset_field,
            "attach-instance-to-elastic-ip": self._attach,
            "detach-instance-from-elastic-ip": self._detach,
        }

    def _create(self, call: Call) -> Reply:
        zone, body = self._zone, body_of(call)
        healthcheck = _healthcheck(body.get("healthcheck"))
        zone.account.quotas.require("elastic-ip")
        family = body.get("addressfamily", "inet4")
        if family == "inet4":
            ip = zone.addresses.allocate()
            cidr = f"{ip}/32"
        else:  # a /96 prefix, of which the first address after zero is forwarded
            prefix = f"2001:db8:e1::{zone.account.next_serial():x}:0:0"
            ip, cidr = prefix.removesuffix("0") + "1", f"{prefix}/96"
        elastic = ElasticIp(
            new_id(), ip, family, cidr, body.get("description"), dict(body.get("labels") or {}), healthcheck
        )
        zone.elastic_ips[elastic.id] = elastic
        zone.account.meters.begin(elastic.id, ELASTIC_IP, zone.now())
        return self._done(elastic)

    def _update(self, call: Call) -> Reply:
        elastic, body = self._find(call), body_of(call)
        if "healthcheck" in body:
            elastic.healthcheck = _healthcheck(body["healthcheck"])
        elastic.description = body.get("description", elastic.description)
        elastic.labels = dict(body.get("labels", elastic.labels))
        return self._done(elastic)

    def _delete(self, call: Call) -> Reply:
        zone, elastic = self._zone, self._find(call)
        if elastic.instances:
            raise invalid("Elastic IP is still attached to an instance")
        if any({"id": elastic.id} in (p.spec.get("elastic-ips") or []) for p in zone.pools.values()):
            raise invalid("Elastic IP is used by an Instance Pool")
        del zone.elastic_ips[elastic.id]
        zone.account.meters.end(elastic.id, ELASTIC_IP, zone.now())
        if elastic.family == "inet4":
            zone.addresses.release(elastic.ip)
        return self._done(elastic)

    def _reset_field(self, call: Call) -> Reply:
        elastic = self._find(call)
        if call.params["field"] != "description":
            raise invalid(f"field: {call.params['field']!r} cannot be reset; description can")
        elastic.description = None
        return self._done(elastic)

    def _attach(self, call: Call) -> Reply:
        elastic, instance = self._find(call), self._member(call)
        if instance.id in elastic.instances:
            raise invalid("Elastic IP is already attached to the instance")
        elastic.instances.append(instance.id)
        instance.elastic_ips.append(elastic.id)
        return self._done(elastic)

    def _detach(self, call: Call) -> Reply:
        elastic, instance = self._find(call), self._member(call)
        if instance.id not in elastic.instances:
            raise invalid("Elastic IP is not attached to the instance")
        elastic.instances.remove(instance.id)
        instance.elastic_ips.remove(elastic.id)
        return self._done(elastic)

    def _find(self, call: Call) -> ElasticIp:
        return find(self._zone.elastic_ips, call.params["id"], "Elastic IP")

    def _member(self, call: Call) -> Instance:
        instance = self._zone.instance(ref_id(body_of(call), "instance"))
        require_idle(instance)
        if instance.assignment == "none":
            raise invalid("Elastic IPs need a public IP assignment")
        return instance

    def _done(self, elastic: ElasticIp) -> Reply:
        return self._zone.operations.start("get-elastic-ip", f"elastic-ip/{elastic.id}")


def _healthcheck(wanted: dict[str, Any] | None) -> View | None:
    """The health check ``wanted`` with all defaults; raises ``ApiError`` 400 if its fields contradict each other."""
    if wanted is None:
        return None
    mode = wanted["mode"]
    if mode == "tcp" and wanted.get("uri"):
        raise invalid("healthcheck.uri: a tcp check has none")
    if mode != "tcp" and not wanted.get("uri"):
        raise invalid(f"healthcheck.uri: an {mode} check needs one")
    if mode != "https" and (wanted.get("tls-sni") or wanted.get("tls-skip-verify")):
        raise invalid("healthcheck: only an https check has TLS options")
    whole = HEALTHCHECK | wanted
    if whole["timeout"] > whole["interval"]:
        raise invalid("healthcheck.timeout must not be above healthcheck.interval")
    return whole
