"""Validation of every request and response against the vendor's OpenAPI document."""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from typing import Any

import jsonschema_rs

METHODS = ("get", "post", "put", "patch", "delete")


class Contract:
    """Validators for the operations of one OpenAPI 3.0 document, already corrected by the cloud's
    overlay. Each is compiled at its first use."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._components = _to_json_schema(deepcopy(document.get("components", {})))
        self.operations: dict[str, dict[str, Any]] = {}
        self.paths: dict[str, tuple[str, str]] = {}
        for path, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    operation = item[method]
                    parameters = item.get("parameters", []) + operation.get("parameters", [])
                    self.operations[operation["operationId"]] = {**operation, "parameters": parameters}
                    self.paths[operation["operationId"]] = (method.upper(), path)
        self._validator = lru_cache(maxsize=None)(self._compile)

    def check_request(self, operation: str, query: dict[str, list[str]], body: Any) -> list[str]:
        """The faults of a request, one line each; empty if the request is valid."""
        found = []
        for parameter in self.operations[operation]["parameters"]:
            if parameter.get("in") == "query":
                name = parameter["name"]
                if name in query:
                    schema = parameter.get("schema", {})
                    value = _typed(_values(query[name], parameter), schema)
                    found += self._errors(f"{operation}?{name}", schema, value, (name,))
                elif parameter.get("required"):
                    found.append(f"query parameter {name} is missing")
        request_body = self.operations[operation].get("requestBody")
        if request_body:
            schema = request_body.get("content", {}).get("application/json", {}).get("schema")
            if body is None:
                if request_body.get("required"):
                    found.append("body is missing")
            elif schema is not None:
                found += self._errors(f"{operation}<", schema, body)
        return found

    def check_response(self, operation: str, status: int, body: Any) -> list[str]:
        """The faults of an answer, one line each: an undocumented status, a body that breaks its schema."""
        responses = self.operations[operation].get("responses", {})
        answer = responses.get(str(status)) or responses.get(f"{status // 100}XX") or responses.get("default")
        if answer is None:
            return [] if status >= 400 else [f"status {status} is not documented"]
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            return []
        return self._errors(f"{operation}>{status}", schema, body)

    def _errors(self, key: str, schema: dict[str, Any], value: Any, within: tuple[str, ...] = ()) -> list[str]:
        """The faults of ``value``, one line each: its path below ``within``, and the message."""
        validator = self._validator(key, _Uncached(schema))
        if validator.is_valid(value):
            return []
        return [
            f"{'.'.join(str(p) for p in (*within, *error.instance_path)) or '(whole)'}: {error.message}"[:400]
            for error in validator.iter_errors(value)
        ]

    def _compile(self, _key: str, schema: _Uncached) -> Any:
        whole = {**_to_json_schema(deepcopy(schema.schema)), "components": self._components}
        return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


class _Uncached:
    """An argument of a cached function that is not part of the cache key."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Uncached)


def _values(values: list[str], parameter: dict[str, Any]) -> list[str]:
    """The values of a query parameter; with ``explode: false`` they are separated by commas."""
    return values if parameter.get("explode", True) else [v for text in values for v in text.split(",")]


def _typed(values: list[str], schema: dict[str, Any]) -> Any:
    """Query text converted to the type of its schema."""
    if schema.get("type") == "array":
        return [_typed([v], schema.get("items", {})) for v in values]
    value = values[-1]
    kind = schema.get("type")
    if kind == "integer" and value.lstrip("-").isdigit():
        return int(value)
    if kind == "boolean" and value.lower() in ("true", "false"):  # hetzner.hcloud sends "True"
        return value.lower() == "true"
    return value


def _to_json_schema(node: Any) -> Any:
    """Convert OpenAPI 3.0's own keywords to JSON Schema 2020-12, in place."""
    if isinstance(node, list):
        return [_to_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    for key, value in node.items():
        if key == "properties":
            # Keys here are names of properties, which may equal keywords.
            node[key] = {name: _to_json_schema(schema) for name, schema in value.items()}
        elif key not in ("example", "examples", "enum", "default"):
            node[key] = _to_json_schema(value)
    nullable = node.pop("nullable", False)
    if node.pop("exclusiveMinimum", None) is True:
        node["exclusiveMinimum"] = node.pop("minimum")
    if nullable and "type" in node:
        node["type"] = [node["type"], "null"]
        if "enum" in node and None not in node["enum"]:
            node["enum"] = [*node["enum"], None]
    elif nullable:
        return {"anyOf": [node, {"type": "null"}]}
    return node
