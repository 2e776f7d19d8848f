"""Stricter schemas for the lab's answers: the vendor's document requires almost no field.

Answers get schemas that are separate from those of requests: closed (no field that the document
does not define), and with the fields below required.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

REF = "#/components/schemas/"
# Required fields of a whole object, as a get or a list returns it; fields that only some objects have are not in it.
WHOLE: dict[str, tuple[str, ...]] = {
    "anti-affinity-group": ("id", "name", "instances"),
    "block-storage-snapshot": ("id", "name", "size", "volume-size", "created-at", "state", "block-storage-volume"),
    "block-storage-volume": ("id", "name", "state", "size", "blocksize", "block-storage-snapshots", "created-at"),
    "deploy-target": ("id", "name", "type"),
    "elastic-ip": ("id", "ip", "addressfamily", "cidr", "labels"),
    "event": ("timestamp", "handler", "status", "uri", "zone"),
    "instance": (
        *("id", "name", "state", "instance-type", "template", "disk-size", "created-at", "public-ip-assignment"),
        *("labels", "security-groups", "anti-affinity-groups", "private-networks", "elastic-ips", "snapshots"),
    ),
    "instance-password": ("password",),
    "instance-pool": (
        *("id", "name", "state", "size", "instance-type", "template", "disk-size", "instances", "instance-prefix"),
        *("labels", "public-ip-assignment"),
    ),
    "instance-type": ("id", "size", "family", "cpus", "memory", "authorized", "zones"),
    "load-balancer": ("id", "name", "state", "ip", "created-at", "services", "labels"),
    "load-balancer-service": (
        *("id", "name", "state", "protocol", "port", "target-port", "strategy", "instance-pool", "healthcheck"),
        "healthcheck-status",
    ),
    "operation": ("id", "state", "reference"),
    "private-network": ("id", "name", "vni", "leases", "labels"),
    "quota": ("resource", "usage", "limit"),
    "reverse-dns-record": ("domain-name",),
    "security-group": ("id", "name", "visibility", "rules", "external-sources"),
    "snapshot": ("id", "name", "state", "size", "created-at", "instance"),
    "ssh-key": ("name", "fingerprint"),
    "template": ("id", "name", "family", "size", "visibility", "zones", "ssh-key-enabled", "password-enabled"),
    "zone": ("id", "name", "api-endpoint"),
}
LISTED_INSTANCE = tuple(
    f for f in WHOLE["instance"] if f not in ("disk-size", "anti-affinity-groups", "elastic-ips", "snapshots")
)
USAGE = ("from", "to", "product", "variable", "description", "quantity", "unit")


def tighten(document: dict[str, Any]) -> dict[str, Any]:
    """Replace the schemas of the answers in ``document`` by stricter ones, in place."""
    schemas = document["components"]["schemas"]
    for name, schema in list(schemas.items()):
        part = _closed(_renamed(deepcopy(schema)))
        # Within another object a resource is often shown by its id only.
        if "id" in part.get("properties", {}):
            part["required"] = ["id"]
        schemas[f"{name}-part"] = part
        if name in WHOLE:
            schemas[f"{name}-whole"] = {**part, "required": list(WHOLE[name])}
    for item in document["paths"].values():
        for operation in item.values():
            answer = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
            if "schema" in answer:
                answer["schema"] = _answer(answer["schema"])
    _require(document, "list-instances", "instances", LISTED_INSTANCE)
    _require(document, "get-usage-report", "usage", USAGE)
    return document


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    """An answer's schema: one whole object, or a list of them below one key or none."""
    if "$ref" in schema:
        return _whole(schema)
    if schema.get("type") == "array":
        return {**schema, "items": _answer(schema["items"])}
    closed = _closed(schema)
    for name, field in closed.get("properties", {}).items():
        if field.get("type") == "array":
            field["items"] = _whole(field["items"]) if "$ref" in field["items"] else _closed(_renamed(field["items"]))
            closed["required"] = [name]
    return closed


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema["$ref"].removeprefix(REF)
    return {"$ref": f"{REF}{name}-{'whole' if name in WHOLE else 'part'}"}


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    if "properties" in schema:
        schema.setdefault("additionalProperties", False)
    return schema


def _renamed(node: Any) -> Any:
    """Point every reference in ``node`` to the ``-part`` schema of that name, in place; returns ``node``."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            node["$ref"] += "-part"
        for value in node.values():
            _renamed(value)
    elif isinstance(node, list):
        for value in node:
            _renamed(value)
    return node


def _require(document: dict[str, Any], operation: str, key: str, fields: tuple[str, ...]) -> None:
    for item in document["paths"].values():
        for candidate in item.values():
            if candidate["operationId"] == operation:
                answer = candidate["responses"]["200"]["content"]["application/json"]["schema"]
                answer["properties"][key]["items"]["required"] = list(fields)
