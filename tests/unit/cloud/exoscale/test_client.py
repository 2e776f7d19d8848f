"""The adapter to Exoscale's client: converted errors, waiting, zones, lookups."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale import client as adapter
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.errors import operation_error, read_error
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.lookup import find, must_find
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.operations import wait_for
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.transport import Calls
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, ValidationError

PARAMS = {
    "api_key": "EXOkey",
    "api_secret": "secret",
    "zone": None,
    "api_endpoint": None,
    "api_timeout": 30.0,
    "api_retries": 0,
    "wait": True,
    "wait_timeout": 60.0,
}


def answer(status: int, body: Any, **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.reason = "Some Reason"
    made._content = b"" if body is None else json.dumps(body).encode()
    made.headers.update(headers)
    return made


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch):
    """Answer by path instead of the network; return the requests made."""
    made: list[requests.PreparedRequest] = []

    def script(answers: dict[str, requests.Response]) -> list[requests.PreparedRequest]:
        def send(_self: Any, request: requests.PreparedRequest, *_more: Any) -> requests.Response:
            made.append(request)
            return answers[f"{request.method} {request.url}"]

        monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
        return made

    return script


@pytest.mark.parametrize(
    ("status", "sent", "code", "message"),
    [
        (400, "The instance needs to be stopped.", "invalid_request", "The instance needs to be stopped"),
        (404, "Instance not found", "not_found", "Instance not found"),
        (409, "name already exists", "uniqueness_error", "name already exists"),
        (409, "instance is busy", "conflict", "instance is busy"),
        (429, "quota of calls exceeded", "rate_limited", "quota of calls exceeded"),
        (400, "Quota exceeded for instance", "quota_exceeded", "the account's quota does not allow this"),
        (503, "later", "unavailable", "later"),
        (502, "hm", "server_error", "hm"),
        (403, "Forbidden", "forbidden", "Exoscale rejected the API key (403, Forbidden): check api_key"),
    ],
)
def test_error_answers_are_converted(status: int, sent: str, code: str, message: str) -> None:
    error = read_error(answer(status, {"message": sent}, **{"X-Request-Id": "abc"}))
    assert error.code == code
    assert error.message.startswith(message)
    assert error.status == status
    assert error.correlation_id == "abc"


def test_validation_errors_are_part_of_the_sentence() -> None:
    error = read_error(answer(400, {"message": "bad request.", "errors": [{"message": "name: too long"}]}))
    assert error.message == "bad request: name: too long"
    assert error.details == ["name: too long"]


@pytest.mark.parametrize("body", [None, [1], "<html>"])
def test_answers_without_a_message_are_read(body: Any) -> None:
    assert read_error(answer(500, body)).message == "Some Reason"


@pytest.mark.parametrize(
    ("operation", "code", "message"),
    [
        ({"state": "failure"}, "failure", "the operation failed and Exoscale gives no cause"),
        ({"state": "timeout", "message": "too slow"}, "timeout", "too slow"),
        ({"state": "failure", "reason": "unavailable", "message": "none left"}, "no_stock", "Exoscale has no capacity"),
        ({"state": "failure", "reason": "conflict", "message": "busy"}, "conflict", "busy"),
    ],
)
def test_failed_operations_are_converted(operation: dict[str, str], code: str, message: str) -> None:
    error = operation_error(operation)
    assert error.code == code
    assert error.message.startswith(message)


class Time:
    """A clock that only advances during sleep."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.sleeps.append(seconds)


def test_waits_for_many_operations_and_returns_their_failures() -> None:
    time = Time()

    def find(key: str) -> dict[str, str]:
        if key == "lost":
            raise CloudError("gone", code="not_found")
        if time.now < 4:
            return {"state": "pending"}
        return {"state": "failure", "reason": "fault", "message": "broke"} if key == "bad" else {"state": "success"}

    errors = wait_for(find, dict.fromkeys(("good", "bad", "lost"), 60.0), time, time.sleep)
    assert {key: error.code for key, error in errors.items()} == {"bad": "fault", "lost": "not_found"}
    assert time.sleeps[:3] == [0.5, 0.75, 1.125]
    assert max(time.sleeps) <= 3


def test_each_operation_has_its_own_limit() -> None:
    time = Time()
    errors = wait_for(
        lambda key: {"state": "success" if time.now >= 20 else "pending"}, {"short": 5, "long": 60}, time, time.sleep
    )
    assert list(errors) == ["short"]
    assert errors["short"].code == "timeout"
    assert "within 5 s" in errors["short"].message
    assert 20 <= time.now <= 23


def test_without_operations_no_call_is_made() -> None:
    assert wait_for(lambda key: {}, {}) == {}


def test_an_id_wins_over_a_name_and_two_names_are_ambiguous() -> None:
    items = [{"id": "1", "name": "a"}, {"id": "a", "name": "b"}, {"id": "3", "name": "b"}]
    assert find("thing", "a", items) == {"id": "a", "name": "b"}
    with pytest.raises(ValidationError, match=r"thing 'b' is ambiguous: 2 have that name \(3, a\)"):
        find("thing", "b", items)
    with pytest.raises(ValidationError, match="opt: thing 'z' does not exist in zone here; there is a, b"):
        must_find("thing", "z", items, "here", "opt")
    with pytest.raises(ValidationError, match="does not exist in this account; there is none at all"):
        must_find("security group", "z", [], "here")


def test_a_known_zone_needs_no_call(script) -> None:
    made = script({"GET https://api-de-fra-1.exoscale.com/v2/instance": answer(200, {"instances": []})})
    cloud = adapter.connect({**PARAMS, "zone": "de-fra-1"}, Calls())
    assert made == []
    assert cloud.list("list-instances", "instances") == []
    assert cloud.calls.as_result() == {"reads": 1, "writes": 0}
    assert "EXO2-HMAC-SHA256" in made[0].headers["Authorization"]


def test_an_endpoint_leads_to_the_endpoint_of_the_zone(script) -> None:
    zones = {"zones": [{"name": "a-1", "api-endpoint": "http://a/v2"}, {"name": "b-1", "api-endpoint": "http://b/v2/"}]}
    made = script({"GET http://a/v2/zone": answer(200, zones)})
    cloud = adapter.connect({**PARAMS, "api_endpoint": "http://a/v2/", "zone": "b-1"}, Calls())
    assert (cloud.zone, cloud.client.endpoint) == ("b-1", "http://b/v2")
    assert "Authorization" not in made[0].headers
    with pytest.raises(ValidationError, match="zone: 'c-1' does not exist; choose one of a-1, b-1"):
        adapter.connect({**PARAMS, "api_endpoint": "http://a/v2", "zone": "c-1"}, Calls())


def test_the_endpoint_of_an_unknown_zone_is_read_from_the_api(script) -> None:
    zones = {"zones": [{"name": "moon-1", "api-endpoint": "http://moon/v2"}]}
    script({f"GET {adapter.DIRECTORY}/zone": answer(200, zones)})
    assert adapter.connect({**PARAMS, "zone": "moon-1"}, Calls()).client.endpoint == "http://moon/v2"


def test_an_endpoint_without_a_zone_is_used_unchanged(script) -> None:
    script({})
    assert adapter.connect({**PARAMS, "api_endpoint": "http://a/v2"}, Calls()).client.endpoint == "http://a/v2"


@pytest.mark.parametrize(
    ("change", "sent"),
    [
        ({"api_key": None}, "api_key: give it, or set the environment variable EXOSCALE_API_KEY"),
        ({"api_secret": ""}, "api_secret: give it"),
        ({}, "zone: give one"),
        ({"api_endpoint": "a/v2"}, "api_endpoint: 'a/v2' must be a URL"),
    ],
)
def test_missing_options_are_named(change: dict[str, Any], sent: str) -> None:
    with pytest.raises(ValidationError, match=sent):
        adapter.connect({**PARAMS, **change}, Calls())


def test_changes_return_the_operations_to_wait_for(script) -> None:
    url = "http://a/v2/instance/1"
    pending = {"id": "op", "state": "pending", "reference": {"id": "1"}}
    cloud = adapter.connect({**PARAMS, "api_endpoint": "http://a/v2"}, Calls())
    script({f"PUT {url}:stop": answer(200, pending)})
    assert cloud.change("stop-instance", id="1") == ["op"]
    script({f"PUT {url}:stop": answer(200, {**pending, "state": "success"})})
    assert cloud.change("stop-instance", id="1") == []
    script({f"PUT {url}:stop": answer(200, {**pending, "state": "failure", "message": "no"})})
    with pytest.raises(CloudError, match="no"):
        cloud.change("stop-instance", id="1")
    script({f"DELETE {url}": answer(204, None)})
    assert cloud.delete("delete-instance", id="1") == []
    script({f"DELETE {url}": answer(404, {"message": "not found"})})
    assert cloud.delete("delete-instance", id="1") == []
    script({f"GET {url}": answer(404, {"message": "not found"})})
    assert cloud.find("get-instance", id="1") is None


def test_without_wait_no_operation_is_read(script) -> None:
    made = script({})
    cloud = adapter.connect({**PARAMS, "api_endpoint": "http://a/v2", "wait": False}, Calls())
    assert cloud.wait(["op"]) == {}
    assert cloud.read_at_rest(lambda: 1, lambda current: True) == 1
    assert made == []
