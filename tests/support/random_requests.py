"""Requests drawn at random from the vendor's document: valid in shape, and meaningful now and then."""

from __future__ import annotations

import random
from typing import Any

from vdclab.core.routing import Call, Route
from vdclab.hetzner.cloud import HetznerCloud

from support.hetzner import public_key

# Usual values of fields with these names, so that many requests pass the first check.
TEXTS: dict[str, tuple[str, ...]] = {
    "server_type": ("cx23", "cx33", "cax11", "ccx13", "cx22"),
    "location": ("nbg1", "nbg1", "fsn1", "ash"),
    "home_location": ("nbg1",),
    "image": ("debian-13", "ubuntu-24.04"),
    "ip_range": ("10.0.0.0/16", "10.0.0.0/24", "10.0.1.0/24", "10.0.0.0/15", "192.168.0.0/24"),
    "network_zone": ("eu-central", "us-east"),
    "load_balancer_type": ("lb11", "lb21"),
    "ip": ("10.0.0.5", "10.0.0.1", "198.18.0.12", "192.0.2.1", "x"),
    "destination": ("10.9.0.0/24",),
    "gateway": ("10.0.0.9",),
    "alias_ips": ("10.0.0.77", "10.0.0.78"),
    "iso": ("debian-13.1.0-amd64-netinst.iso",),
    "selector": ("a=b", "a", "!a", "x in (1)"),
    "label_selector": ("a=b", "!a", "a in (b"),
    "port": ("80", "1-5", "any", "x"),
    "source_ips": ("0.0.0.0/0", "::/0"),
    "destination_ips": ("0.0.0.0/0",),
    "value": ("192.0.2.1", "192.0.2.2", '"t"'),
    "zonefile": ("x", "( (", "$TTL", "$TTL x", "@", "@ IN A 1", "www IN A 192.0.2.7 ; c"),
    "domain_names": ("a.example.com", "b.de"),
    "start": ("2026-11-21T00:00:00Z", "x"),
    "end": ("2026-11-21T01:00:00Z",),
    "ssh_keys": ("n1", "n2"),
}
IDS = {"server": "servers", "assignee_id": "servers", "id": "servers", "network": "networks", "firewall": "firewalls"}
IDS |= {"networks": "networks", "volumes": "volumes", "placement_group": "placement_groups"}
IDS |= {"certificates": "certificates", "ipv4": "primary_ips", "ipv6": "primary_ips"}
ANY_TEXT = ("a", "", "ä", "10.0.0.0/24", "nbg1", "x=y", "-")


class Requests:
    """An endless sequence of calls to ``cloud``; the same seed gives the same calls."""

    def __init__(self, cloud: HetznerCloud, document: dict[str, Any], seed: int) -> None:
        self._cloud = cloud
        self._document = document
        self._chance = random.Random(seed)
        built = [route for route in cloud.routes if route.handler]
        # Something must exist before it can be changed.
        self._routes = built + 4 * [route for route in built if route.operation.startswith("create_")]
        self._collections = {c.plural: c for c in cloud.resources.collections()}

    def draw(self) -> Call:
        route = self._chance.choice(self._routes)
        operation = self._document["paths"][route.template][route.method.lower()]
        body = None
        if "requestBody" in operation:
            body = self._value(operation["requestBody"]["content"]["application/json"]["schema"], "")
        query: dict[str, list[str]] = {}
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "query" and (parameter.get("required") or self._chance.random() < 0.2):
                value = self._value(parameter["schema"], parameter["name"])
                query[parameter["name"]] = [str(v) for v in (value if isinstance(value, list) else [value])]
        headers = {"authorization": f"Bearer {self._cloud.settings.hetzner_token}"}
        return Call(route.method, self._path(route), {k: v for k, v in query.items() if v}, body, headers)

    def _path(self, route: Route) -> str:
        plural = route.template.split("/")[1]
        ident = str(self._chance.randint(1, 99))
        if not route.template.endswith("/actions/{id}"):
            ident = str(self._known(plural) or 1)
        parts = {"{id}": ident, "{id_or_name}": ident, "{action_id}": str(self._chance.randint(1, 99))}
        parts |= {"{rr_name}": self._chance.choice(("@", "www")), "{rr_type}": self._chance.choice(("A", "NS"))}
        path = route.template
        for name, value in parts.items():
            path = path.replace(name, value)
        return path

    def _known(self, plural: str) -> int | None:
        """Return the id of one of the newest resources of a kind."""
        collection = self._collections.get(plural)
        youngest = [resource.id for resource in collection.store][-8:] if collection else []
        return self._chance.choice(youngest) if youngest else None

    def _value(self, schema: dict[str, Any], field: str) -> Any:
        chance = self._chance
        if schema.get("nullable") and chance.random() < 0.15:
            return None
        if "enum" in schema:
            return chance.choice(schema["enum"])
        if "oneOf" in schema:
            return self._value(chance.choice(schema["oneOf"]), field)
        if "allOf" in schema:
            return {key: value for part in schema["allOf"] for key, value in self._value(part, field).items()}
        kind = schema.get("type")
        if kind == "array":
            return [self._value(schema["items"], field) for _ in range(chance.choice((0, 1, 1, 2)))]
        if kind == "integer":
            known = self._known(IDS[field]) if field in IDS else None
            return known if known and chance.random() < 0.95 else chance.choice((0, 1, 10, 20, 60, 80, 3600, -1))
        if kind == "number":
            return chance.choice((10, 20, 30, 1.5))
        if kind == "boolean":
            return chance.random() < 0.5
        if kind == "string":
            return self._text(field)
        properties, required = schema.get("properties"), schema.get("required", [])
        if properties is None:
            return {"a": "b"} if chance.random() < 0.8 else {chance.choice(ANY_TEXT): chance.choice(ANY_TEXT)}
        return {n: self._value(s, n) for n, s in properties.items() if n in required or chance.random() < 0.2}

    def _text(self, field: str) -> str:
        chance = self._chance
        if field == "public_key":
            return public_key(chance.choice("abcdefgh"))
        if field == "name":
            return chance.choice((f"n{chance.randrange(60)}", f"example{chance.randrange(9)}.com", "www", "@"))
        if field in TEXTS and chance.random() < 0.95:
            return chance.choice(TEXTS[field])
        return chance.choice(ANY_TEXT)
