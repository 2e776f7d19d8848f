"""A random walk over every built operation: no answer breaks the contract, and the state stays consistent.

Requests are generated from the vendor's document, so they are formally valid, but mostly meaningless.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from vdclab.core.gateway import Gateway, Lab
from vdclab.core.routing import Call
from vdclab.exoscale.account import Account
from vdclab.exoscale.catalog import QUOTAS, instance_types
from vdclab.exoscale.cloud import ExoscaleCloud
from vdclab.exoscale.document import document
from vdclab.exoscale.zone import Zone
from vdclab.machines.none import NoMachines

STEPS = 3000
NOWHERE = "00000000-0000-4000-8000-000000000000"
TEXTS = {
    "network": ["10.0.0.0/8", "::/0", "nonsense"],
    "cidr": ["192.0.2.0/24", "192.0.2.1/24"],
    "netmask": ["255.255.255.0", "10.0.0.1"],
    "user-data": ["YQ==", "nonsense!"],
    "public-key": ["nonsense", "ssh-rsa AAAAB3NzaC1yc2E= lab"],
    "domain-name": ["a.example.org", "nonsense"],
}


class Walker:
    """Calls one zone with random requests."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.lab = Lab()
        self.lab.settings.zones = {"ch-dk-2": "http://127.0.0.1:1/v2"}
        account = Account(self.lab.settings)
        account.quotas.change(dict.fromkeys(QUOTAS, -1))
        self.cloud = ExoscaleCloud(self.lab, NoMachines(), self.lab.settings, "ch-dk-2", account)
        self.cloud.authenticate = lambda call: None
        self.gateway = Gateway(self.lab, self.cloud)
        self.schemas = document()["components"]["schemas"]
        self.calls = [
            (method.upper(), path, operation)
            for path, item in document()["paths"].items()
            for method, operation in item.items()
            if any(r.operation == operation["operationId"] and r.handler for r in self.cloud.routes)
        ]
        zone = self.cloud.zone
        types = {k: v for k, v in instance_types().items() if zone.name in v.zones}
        self.resources: dict[str, dict[str, Any]] = {
            "instance": zone.instances,
            "console": zone.instances,
            "template": account.templates,
            "instance-type": types,
            "instance-pool": zone.pools,
            "security-group": account.security_groups,
            "anti-affinity-group": account.anti_affinity_groups,
            "elastic-ip": zone.elastic_ips,
            "private-network": zone.networks,
            "block-storage": zone.volumes,
            "block-storage-snapshot": zone.block_snapshots,
            "snapshot": zone.snapshots,
            "load-balancer": zone.balancers,
            "ssh-key": account.ssh_keys,
        }

    def step(self) -> None:
        """One call."""
        method, path, operation = self.rng.choice(self.calls)
        if method == "DELETE" and self.rng.random() < 0.6:
            return
        kind = path.split("/")[2 if path.startswith("/reverse-dns") else 1].split(":")[0]
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", self.path_value(kind, parameter))
        body = None
        if "requestBody" in operation:
            body = self.value(operation["requestBody"]["content"]["application/json"]["schema"], "")
        answer = self.gateway.handle(Call(method, path, {}, body, {}, f"/v2{path}"))
        assert answer.reply.status < 500, (operation["operationId"], body, answer.reply.body)

    def path_value(self, kind: str, parameter: dict[str, Any]) -> str:
        zone, name = self.cloud.zone, parameter["name"]
        if "enum" in parameter["schema"]:
            return self.rng.choice(parameter["schema"]["enum"])
        if name == "rule-id":
            return self.some(r for g in zone.account.security_groups.values() for r in g.rules)
        if name == "service-id":
            return self.some(s for b in zone.balancers.values() for s in b.services)
        return self.some(self.resources.get(kind, ()))

    def some(self, identifiers: Any) -> str:
        known = list(identifiers)
        return self.rng.choice(known) if known and self.rng.random() < 0.97 else NOWHERE

    def value(self, schema: dict[str, Any], name: str) -> Any:
        """A value that matches ``schema``, with ids of existing resources."""
        rng = self.rng
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"].rsplit("/", 1)[-1]]
        singular = name.removesuffix("s")
        if singular in self.resources and "id" in schema.get("properties", {}):
            return {"id": self.some(self.resources[singular])}
        if "enum" in schema:
            return rng.choice(schema["enum"])
        match schema.get("type"):
            case "object":
                required = schema.get("required", ())
                return {
                    key: self.value(part, key)
                    for key, part in schema.get("properties", {}).items()
                    if key in required or rng.random() < 0.35
                }
            case "array":
                return [self.value(schema["items"], name) for _ in range(rng.randint(0, 2))]
            case "boolean":
                return rng.random() < 0.5
            case "integer":
                least = schema.get("minimum", 0) + bool(schema.get("exclusiveMinimum"))
                return rng.randint(least, max(least, min(schema.get("maximum", 40), 40)))
        if schema.get("format") == "ipv4" and name != "netmask":
            return f"10.0.0.{rng.randint(1, 40)}"
        if schema.get("format") == "uuid":
            return self.some(self.resources[rng.choice(list(self.resources))])
        return rng.choice(TEXTS.get(name, ["a", "b", "c-1"]))


@pytest.mark.parametrize("seed", range(5))
def test_a_random_walk_leaves_a_consistent_state(seed: int) -> None:
    walker = Walker(seed)
    for number in range(STEPS):
        if number % 500 == 0:
            walker.lab.settings.operation_seconds = 30 if number % 1000 else 0
        if number % 40 == 0:
            walker.lab.clock.advance(31)
        walker.step()
    for _ in range(2):  # the end of one operation may start another: a pool replaces a deleted member
        walker.lab.clock.advance(31)
        walker.lab.scheduler.tick(walker.lab.clock.now())
    assert walker.lab.violations == []
    assert json.dumps(walker.cloud.dump())
    assert_consistent(walker.cloud.zone)


def assert_consistent(zone: Zone) -> None:
    """Both sides of every relation agree, all operations have ended, and no address is used twice."""
    instances = zone.instances
    assert instances
    assert {v.id: v.instance_id for v in zone.volumes.values() if v.instance_id} == {
        v: i.id for i in instances.values() for v in i.volumes
    }
    assert {(n.id, m, ip) for n in zone.networks.values() for m, ip in n.members.items()} == {
        (n, i.id, card.address) for i in instances.values() for n, card in i.networks.items()
    }
    assert {(e.id, i) for e in zone.elastic_ips.values() for i in e.instances} == {
        (e, i.id) for i in instances.values() for e in i.elastic_ips
    }
    for pool in zone.pools.values():
        assert (pool.state, pool.size) == ("running", len(pool.members))
        assert {i.id for i in instances.values() if i.pool_id == pool.id} == set(pool.members)
    for instance in instances.values():
        assert instance.doing is None
        assert instance.state in ("running", "stopped")
        assert set(instance.snapshots) <= set(zone.snapshots)
    for group in zone.account.anti_affinity_groups:
        assert zone.account.group_members(group) == sum(group in i.anti_affinity for i in instances.values())
    used = [i.address for i in instances.values() if i.address] + [b.ip for b in zone.balancers.values()]
    used += [e.ip for e in zone.elastic_ips.values()]
    assert len(used) == len(set(used))
