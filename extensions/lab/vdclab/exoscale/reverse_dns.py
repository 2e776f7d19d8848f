"""PTR records of instances and elastic IPs."""

from __future__ import annotations

import re

from ..core.routing import Call, Handler, Reply
from .errors import invalid, not_found
from .models import ElasticIp, Instance
from .zone import Zone, body_of, find

LABEL = r"[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?"
DOMAIN = re.compile(rf"{LABEL}(\.{LABEL})+\.?")


class ReverseDns:
    """Get, set and delete; without a record, get and delete are a 404."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id."""
        return {
            "get-reverse-dns-instance": lambda call: _get(self._instance(call)),
            "update-reverse-dns-instance": lambda call: self._set(call, self._instance(call), "instance"),
            "delete-reverse-dns-instance": lambda call: self._delete(self._instance(call), "instance"),
            "get-reverse-dns-elastic-ip": lambda call: _get(self._elastic(call)),
            "update-reverse-dns-elastic-ip": lambda call: self._set(call, self._elastic(call), "elastic-ip"),
            "delete-reverse-dns-elastic-ip": lambda call: self._delete(self._elastic(call), "elastic-ip"),
        }

    def _instance(self, call: Call) -> Instance:
        return self._zone.instance(call.params["id"])

    def _elastic(self, call: Call) -> ElasticIp:
        return find(self._zone.elastic_ips, call.params["id"], "Elastic IP")

    def _set(self, call: Call, owner: Instance | ElasticIp, kind: str) -> Reply:
        domain = body_of(call).get("domain-name") or ""
        if not DOMAIN.fullmatch(domain):
            raise invalid(f"domain-name: {domain!r} is not a domain name")
        if isinstance(owner, Instance) and owner.address is None:
            raise invalid("The instance has no public IP address")
        owner.reverse_dns = domain
        return self._done(owner, kind)

    def _delete(self, owner: Instance | ElasticIp, kind: str) -> Reply:
        if owner.reverse_dns is None:
            raise not_found("Reverse DNS record")
        owner.reverse_dns = None
        return self._done(owner, kind)

    def _done(self, owner: Instance | ElasticIp, kind: str) -> Reply:
        return self._zone.operations.start(f"get-reverse-dns-{kind}", f"reverse-dns/{kind}/{owner.id}")


def _get(owner: Instance | ElasticIp) -> Reply:
    if owner.reverse_dns is None:
        raise not_found("Reverse DNS record")
    return Reply(200, {"domain-name": owner.reverse_dns})
