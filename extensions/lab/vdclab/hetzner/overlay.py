"""Corrections of the vendor's document (2026-06-14) where it contradicts today's API or itself.

Each correction is one function; the first line of its docstring is the reason."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from ..core.contract import Contract

Document = dict[str, Any]
FILE = "hetzner-cloud.spec.json"
# Fields of a load balancer's service that have defaults.
DEFAULTED = frozenset(
    [
        "listen_port",
        "destination_port",
        "proxyprotocol",
        "health_check",
        "http",
        "port",
        "interval",
        "timeout",
        "retries",
        "domain",
        "path",
        "cookie_name",
        "cookie_lifetime",
        "timeout_idle",
        "sticky_sessions",
        "redirect_http",
    ]
)
ID = {"type": "integer", "format": "int64", "minimum": 1}


def path() -> Path | None:
    """The vendor's document, if there is one: in the directory ``VDC_SPECS``, by default
    ``shared/specs`` beside the checkout."""
    default = Path(__file__).resolve().parents[5] / "shared" / "specs"
    found = Path(os.environ.get("VDC_SPECS") or default) / FILE
    return found if found.is_file() else None


def contract() -> Contract | None:
    """The validators of the corrected document, or ``None`` without the vendor's document."""
    found = path()
    return _read(found) if found else None


@cache
def _read(file: Path) -> Contract:
    return Contract(patched(json.loads(file.read_text())))


def patched(document: Document) -> Document:
    """Apply every correction to ``document`` in place, and return it."""
    for correction in CORRECTIONS:
        correction(document)
    return document


def error_status_keys(document: Document) -> None:
    """OpenAPI requires ``4XX`` where the document has ``4xx``."""
    for operation in _operations(document):
        responses = operation["responses"]
        for key in [key for key in responses if key.endswith("xx")]:
            responses[key.upper()] = responses.pop(key)


def ids_for_names(document: Document) -> None:
    """Fields that accept an id or a name are typed as text, but clients send numbers (hcloud 2.27)."""
    fields = {
        ("/servers", "post"): ("server_type", "image", "location"),
        ("/servers/{id}/actions/change_type", "post"): ("server_type",),
        ("/servers/{id}/actions/rebuild", "post"): ("image",),
        ("/servers/{id}/actions/attach_iso", "post"): ("iso",),
        ("/volumes", "post"): ("location",),
        ("/load_balancers", "post"): ("load_balancer_type", "location"),
        ("/load_balancers/{id}/actions/change_type", "post"): ("load_balancer_type",),
        ("/floating_ips", "post"): ("home_location",),
    }
    for (path, method), names in fields.items():
        properties = _body(document, path, method)["properties"]
        for name in names:
            properties[name] = {"oneOf": [{"type": "string"}, ID]}
    keys = _body(document, "/servers", "post")["properties"]["ssh_keys"]
    keys["items"] = {"oneOf": [{"type": "string"}, ID]}


def nulls_for_defaults(document: Document) -> None:
    """The client sends null for an unset field that has a default (hcloud 2.27, enable_rescue)."""
    kind = _body(document, "/servers/{id}/actions/enable_rescue", "post")["properties"]["type"]
    kind["nullable"] = True


def assignee_type_is_optional(document: Document) -> None:
    """Since 2026-08-01 ``assignee_type`` of primary IPs is optional, and ``unassigned`` is one of its values."""
    _body(document, "/primary_ips", "post")["required"].remove("assignee_type")
    for schema in _schemas(document, "assignee_type"):
        schema["properties"]["assignee_type"]["enum"] = ["server", "unassigned"]


def network_members(document: Document) -> None:
    """``GET /networks/{id}/members`` is newer than the document (fields as in hcloud 2.27)."""
    listing = document["paths"]["/networks/{id}/actions"]["get"]
    meta = listing["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["meta"]
    text = {"type": "string"}
    member = {
        "type": "object",
        "required": ["id", "type", "ip", "alias_ips", "subnet", "status"],
        "properties": {
            "id": ID,
            "type": {"type": "string", "enum": ["server", "load_balancer"]},
            "ip": {"type": "string", "format": "ipv4"},
            "alias_ips": {"type": "array", "items": {"type": "string", "format": "ipv4"}},
            "subnet": {"type": "string", "nullable": True},
            "status": {"type": "string", "enum": ["ok", "attaching", "detaching", "updating", "error"]},
        },
    }
    answer = {
        "type": "object",
        "required": ["members", "meta"],
        "properties": {"members": {"type": "array", "items": member}, "meta": meta},
    }
    filters = [
        {"in": "query", "name": name, "schema": {"type": "array", "items": text}}
        for name in ("type", "status", "subnet", "sort")
    ]
    pages = [p for p in listing["parameters"] if p["name"] in ("id", "page", "per_page")]
    document["paths"]["/networks/{id}/members"] = {
        "get": {
            "operationId": "list_network_members",
            "parameters": [*pages, *filters],
            "responses": {
                "200": {"content": {"application/json": {"schema": answer}}},
                "4XX": listing["responses"]["4XX"],
            },
        }
    }


def load_balancer_services(document: Document) -> None:
    """Fields of a service that have defaults are marked as required in requests."""
    paths = ("/load_balancers", *(f"/load_balancers/{{id}}/actions/{verb}_service" for verb in ("add", "update")))
    for path in paths:
        for schema in _within(_body(document, path, "post")):
            if isinstance(schema.get("required"), list):
                schema["required"] = [name for name in schema["required"] if name not in DEFAULTED]


def load_balancer_deletion(document: Document) -> None:
    """Deleting a load balancer answers with an action (hcloud 2.27), where the document has 204."""
    deletion = document["paths"]["/servers/{id}"]["delete"]["responses"]["200"]
    responses = document["paths"]["/load_balancers/{id}"]["delete"]["responses"]
    del responses["204"]
    responses["200"] = deletion


def datacenter_field_removed(document: Document) -> None:
    """``datacenter`` was removed from servers, primary IPs and requests on 2026-07-01."""
    for schema in _schemas(document, "datacenter"):
        del schema["properties"]["datacenter"]
        if "datacenter" in schema.get("required", []):
            schema["required"].remove("datacenter")


def datacenters_removed(document: Document) -> None:
    """``/datacenters`` answers 410 since 2026-10-01; the success answers are removed."""
    for path in ("/datacenters", "/datacenters/{id}"):
        del document["paths"][path]["get"]["responses"]["200"]


def image_deprecation(document: Document) -> None:
    """An image's date ``deprecated`` became the object ``deprecation`` in September 2026."""
    moment = {"type": "string", "format": "date-time"}
    deprecation = {
        "type": "object",
        "nullable": True,
        "required": ["announced", "unavailable_after"],
        "properties": {"announced": moment, "unavailable_after": moment},
    }
    for schema in _schemas(document, "os_flavor"):
        schema["properties"].pop("deprecated", None)
        schema["properties"]["deprecation"] = deprecation
        schema["required"] = [name for name in schema["required"] if name != "deprecated"] + ["deprecation"]


def comma_joined_metrics(document: Document) -> None:
    """Metric types may be joined by commas according to the description, but not to the schema."""
    for path in ("/servers/{id}/metrics", "/load_balancers/{id}/metrics"):
        for parameter in document["paths"][path]["get"]["parameters"]:
            if parameter["name"] == "type":
                parameter["explode"] = False


CORRECTIONS = (
    error_status_keys,
    ids_for_names,
    nulls_for_defaults,
    assignee_type_is_optional,
    network_members,
    load_balancer_services,
    load_balancer_deletion,
    datacenter_field_removed,
    datacenters_removed,
    image_deprecation,
    comma_joined_metrics,
)


def _operations(document: Document) -> list[Document]:
    return [
        operation
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict) and "operationId" in operation
    ]


def _body(document: Document, path: str, method: str) -> Document:
    return document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]


def _within(root: Any) -> list[Document]:
    """Every object in ``root``, itself included."""
    found: list[Document] = []
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            found.append(node)
            pending.extend(node.values())
    return found


def _schemas(document: Document, field: str) -> list[Document]:
    """Every object schema that has a property ``field``."""
    schemas = _within(document["paths"])
    return [s for s in schemas if isinstance(s.get("properties"), dict) and field in s["properties"]]
