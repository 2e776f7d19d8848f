"""Corrections of Exoscale's document, each with its reason."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def _optional_bodies(document: Document) -> None:
    for item in document["paths"].values():
        for operation in item.values():
            body = operation.get("requestBody", {})
            if body and not _body_schema(operation).get("required"):
                body["required"] = False


def _known_fields_only(document: Document) -> None:
    for item in document["paths"].values():
        for operation in item.values():
            schema = _body_schema(operation)
            if "properties" in schema:
                schema.setdefault("additionalProperties", False)


def _booleans(document: Document) -> None:
    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("exclusiveMaximum") is False:
                del node["exclusiveMaximum"]
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(document)


def _zone_id(document: Document) -> None:
    document["components"]["schemas"]["zone"]["properties"]["id"] = {"type": "string", "format": "uuid"}


def _visibility(document: Document) -> None:
    group = document["components"]["schemas"]["security-group"]["properties"]
    group["visibility"] = {"type": "string", "enum": ["private", "public"]}


def _pool_sizes(document: Document) -> None:
    del document["components"]["schemas"]["instance-pool"]["properties"]["size"]["exclusiveMinimum"]


def _body_schema(operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {})
    return body.get("content", {}).get("application/json", {}).get("schema", {})


OVERLAY = (
    (
        "the official client sends no body when all fields are optional, so such a body is not required",
        _optional_bodies,
    ),
    ("a misspelt field must be an error; the document allows unknown fields", _known_fields_only),
    ("`exclusiveMaximum: false` has no effect and is not JSON Schema 2020-12", _booleans),
    ("every zone has an id (recorded from the real API); the document has none", _zone_id),
    ("every security group has a visibility (recorded from the real API); the document has none", _visibility),
    ("scale-instance-pool accepts size 0, but the document wants a pool's size above 0", _pool_sizes),
)


def patch(document: Document) -> Document:
    """Apply every entry to ``document``, in place."""
    for _reason, change in OVERLAY:
        change(document)
    return document
