"""The gateway's steps, with a cloud of two operations."""

from __future__ import annotations

from typing import Any

import pytest
from vdclab.core.contract import Contract
from vdclab.core.errors import ApiError
from vdclab.core.gateway import Cloud, Gateway, Lab
from vdclab.core.routing import Call, Reply, Route

DOCUMENT = {
    "paths": {
        "/things": {
            "post": {
                "operationId": "create_thing",
                "requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["name"]}}}},
                "responses": {
                    "201": {"content": {"application/json": {"schema": {"type": "object", "required": ["id"]}}}}
                },
            },
            "get": {"operationId": "list_things", "responses": {"200": {}}},
        }
    }
}


class Toy(Cloud):
    name = "toy"
    prefix = "/v1"

    def __init__(self) -> None:
        self.contract = Contract(DOCUMENT)
        self.things: list[str] = []
        self.routes = [
            Route("POST", "/things", "create_thing", self.create),
            Route("GET", "/things", "list_things"),
        ]

    def create(self, call: Call) -> Reply:
        self.things.append(call.body["name"])
        return Reply(201, {"id": len(self.things)} if call.body["name"] != "broken" else {})

    def authenticate(self, call: Call) -> None:
        if "authorization" not in call.headers:
            raise ApiError(401, "unauthorized", "no token")

    def render(self, error: ApiError) -> Any:
        return {"error": error.code}

    def dump(self) -> dict[str, Any]:
        return {"things": self.things}

    def configure(self, change: dict[str, Any]) -> None:
        raise KeyError("nothing to configure")


@pytest.fixture
def gateway() -> Gateway:
    return Gateway(Lab(), Toy())


def send(gateway: Gateway, method: str, path: str, body: Any = None, token: bool = True):
    headers = {"authorization": "Bearer x"} if token else {}
    return gateway.handle(Call(method, path, {}, body, headers))


def test_a_valid_call_is_answered_and_traced(gateway):
    answer = send(gateway, "POST", "/things", {"name": "a"})
    assert (answer.reply.status, answer.reply.body) == (201, {"id": 1})
    assert answer.reply.headers["X-Correlation-Id"]
    assert gateway.lab.trace.counts["toy.create_thing"] == 1


@pytest.mark.parametrize(
    ("method", "path", "token", "status", "code"),
    [
        ("GET", "/nowhere", False, 404, "not_found"),
        ("PUT", "/things", False, 401, "unauthorized"),
        ("PUT", "/things", True, 405, "method_not_allowed"),
        ("GET", "/things", True, 501, "not_built"),
    ],
)
def test_checks_are_made_in_the_order_of_the_real_api(gateway, method, path, token, status, code):
    reply = send(gateway, method, path, token=token).reply
    assert (reply.status, reply.body) == (status, {"error": code})


def test_a_request_that_breaks_the_contract_changes_nothing(gateway):
    assert send(gateway, "POST", "/things", {}).reply.status == 422
    assert gateway.cloud.things == []
    assert gateway.lab.violations == []


def test_an_answer_that_breaks_the_contract_is_a_violation(gateway):
    assert send(gateway, "POST", "/things", {"name": "broken"}).reply.status == 500
    [violation] = gateway.lab.violations
    assert violation["operation"] == "create_thing"
    assert "id" in violation["found"][0]


@pytest.mark.parametrize(("when", "done"), [("before", []), ("after", ["a"])])
def test_an_answer_is_lost_before_or_after_the_change(gateway, when, done):
    gateway.lab.faults.replace([{"operation": "create_thing", "when": when, "drop": True}])
    assert send(gateway, "POST", "/things", {"name": "a"}).drop
    assert gateway.cloud.things == done


def test_an_injected_error_has_the_vendors_format(gateway):
    gateway.lab.faults.replace([{"status": 423, "code": "locked", "times": 1}])
    assert send(gateway, "POST", "/things", {"name": "a"}).reply.body == {"error": "locked"}
    assert send(gateway, "POST", "/things", {"name": "a"}).reply.status == 201


def test_answers_have_the_configured_latency_and_the_faults_delay(gateway):
    gateway.lab.settings.call_seconds = 0.03
    gateway.lab.faults.replace([{"delay": 2.0}])
    assert send(gateway, "POST", "/things", {"name": "a"}).delay == pytest.approx(2.03)
