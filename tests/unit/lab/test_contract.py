"""Requests and answers are validated against the vendor's document."""

from __future__ import annotations

from vdclab.core.contract import Contract

DOCUMENT = {
    "paths": {
        "/things": {
            "get": {
                "operationId": "list_things",
                "parameters": [
                    {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}},
                    {"name": "sort", "in": "query", "schema": {"type": "array", "items": {"enum": ["id", "name"]}}},
                ],
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/thing"}}}}
                },
            },
            "post": {
                "operationId": "create_thing",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/thing"}}},
                },
                "responses": {"201": {}},
            },
        }
    },
    "components": {
        "schemas": {
            "thing": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "nullable": True},
                    "kind": {"type": "string", "enum": ["a"], "nullable": True},
                    "size": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
                    "when": {"type": "string", "format": "date-time"},
                },
            }
        }
    },
}


def test_requests_are_validated():
    contract = Contract(DOCUMENT)
    assert contract.check_request("create_thing", {}, {"name": None, "kind": None, "size": 1}) == []
    assert contract.check_request("create_thing", {}, None) == ["body is missing"]
    assert "size: 0" in contract.check_request("create_thing", {}, {"name": "x", "size": 0})[0]
    assert contract.check_request("list_things", {"page": ["2"], "sort": ["id", "name"]}, None) == []
    assert contract.check_request("list_things", {"page": ["0"]}, None)
    assert contract.check_request("list_things", {"sort": ["size"]}, None)


def test_answers_are_validated():
    contract = Contract(DOCUMENT)
    assert contract.check_response("list_things", 200, {"name": "x", "when": "2026-01-01T00:00:00Z"}) == []
    assert contract.check_response("list_things", 200, {"name": 4})
    assert contract.check_response("list_things", 200, {"name": "x", "when": "yesterday"})
    assert contract.check_response("list_things", 204, None) == ["status 204 is not documented"]
