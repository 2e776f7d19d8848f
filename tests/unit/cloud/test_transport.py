"""The transport against a scripted server: which calls are retried, how often, after which pauses,
and which are never repeated. Sleep is faked; connections, timeouts and broken answers are real."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import read_error
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.transport import Budget, Calls, Transport
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import AmbiguousResultError, CloudError

SECRET = "very-secret-token"


class Script:
    """A server that gives the scripted answers in order, then 200."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.seen: list[str] = []
        script = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet for each answer: no delayed acknowledgments

            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                script.seen.append(f"{self.command} {self.path}")
                step = script.answers.pop(0) if script.answers else (200, {}, {})
                if step == "break":
                    self.close_connection = True
                    self.connection.close()
                    return
                if step == "half":
                    self.send_response(200)
                    self.send_header("Content-Length", "1000")
                    self.end_headers()
                    self.wfile.write(b"{")
                    self.close_connection = True
                    return
                if step == "slow":
                    time.sleep(1.5)
                    step = (200, {}, {})
                status, body, headers = step
                text = b"" if body is None else (body if isinstance(body, bytes) else json.dumps(body).encode())
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture(scope="module")
def server() -> Iterator[Script]:
    script = Script()
    yield script
    script.server.shutdown()
    script.server.server_close()


class Line:
    """A session that uses our transport."""

    def __init__(self, script: Script, **options: Any) -> None:
        script.answers.clear()
        script.seen.clear()
        self.script = script
        self.calls = Calls()
        self.pauses: list[float] = []
        options = {"timeout": 5.0, "retries": 3, **options}
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount("http://", Transport(read_error, self.calls, sleep=self.pauses.append, **options))

    def call(self, method: str, path: str = "/v1/servers", **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {SECRET}"}
        return self.session.request(method, self.script.url + path, headers=headers, **options)


@pytest.fixture
def line(server: Script) -> Line:
    return Line(server)


def error(status: int, code: str, **headers: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    return status, {"error": {"code": code, "message": f"it is {code}", "details": None}}, headers


@pytest.mark.parametrize(
    "refusal",
    [error(409, "conflict"), error(423, "locked"), error(429, "rate_limit_exceeded"), (429, b"slow down", {})],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_call_rejected_before_the_change_is_retried(line: Line, method: str, refusal: Any) -> None:
    line.script.answers = [refusal, refusal]
    assert line.call(method).status_code == 200
    assert len(line.script.seen) == 3
    assert len(line.pauses) == 2


@pytest.mark.parametrize(
    "refusal",
    [
        error(400, "json_error"),
        error(401, "unauthorized"),
        error(403, "resource_limit_exceeded"),
        error(404, "not_found"),
        error(409, "uniqueness_error"),
        error(412, "resource_unavailable"),
        error(422, "invalid_input"),
        error(423, "protected"),
        error(501, "not_built"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_permanent_error_is_not_retried(line: Line, method: str, refusal: Any) -> None:
    line.script.answers = [refusal]
    with pytest.raises(CloudError) as caught:
        line.call(method)
    assert not isinstance(caught.value, AmbiguousResultError)
    assert (caught.value.code, caught.value.status) == (refusal[1]["error"]["code"], refusal[0])
    assert line.script.seen == [f"{method} /v1/servers"]
    assert line.pauses == []


@pytest.mark.parametrize(
    "broken", [error(500, "server_error"), (502, b"<html>", {}), error(503, "unavailable"), "break", "half"]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_idempotent_calls_are_retried(line: Line, method: str, broken: Any) -> None:
    line.script.answers = [broken, broken]
    assert line.call(method).status_code == 200
    assert len(line.script.seen) == 3


@pytest.mark.parametrize(
    "broken", [error(500, "server_error"), (502, b"<html>", {}), (503, b"", {}), error(504, "timeout"), "break", "half"]
)
def test_a_post_whose_answer_was_lost_is_never_repeated(line: Line, broken: Any) -> None:
    line.script.answers = [broken]
    with pytest.raises(AmbiguousResultError):
        line.call("POST")
    assert line.script.seen == ["POST /v1/servers"]


def test_a_put_that_is_an_action_is_not_repeated(line: Line) -> None:
    line.script.answers = ["break"]
    with pytest.raises(AmbiguousResultError):
        line.call("PUT", "/v2/instance/5:stop")
    assert line.script.seen == ["PUT /v2/instance/5:stop"]


def test_no_change_is_made_after_the_run_has_ended(server: Script) -> None:
    line = Line(server, goes_on=lambda: False)
    assert line.call("GET").status_code == 200
    for method in ("POST", "PUT", "DELETE"):
        with pytest.raises(
            CloudError, match="ansible-playbook that this belongs to has ended; nothing more is changed"
        ):
            line.call(method)
    assert len(server.seen) == 1
    assert line.calls.writes == 0


def test_every_call_has_a_time_limit(server: Script) -> None:
    line = Line(server, timeout=0.5, retries=1)
    server.answers = ["slow"]
    assert line.call("GET").status_code == 200
    server.answers = ["slow", "slow"]
    with pytest.raises(CloudError, match=r"GET /v1/servers: no answer within 0.5 s") as caught:
        line.call("GET")
    assert caught.value.code == "timeout"
    server.answers = ["slow"]
    with pytest.raises(AmbiguousResultError, match=r"no answer within 0.5 s"):
        line.call("POST")


def test_the_number_of_retries_is_limited(server: Script) -> None:
    line = Line(server, retries=2)
    server.answers = [error(423, "locked")] * 5
    with pytest.raises(CloudError) as caught:
        line.call("POST")
    assert caught.value.code == "locked"
    assert len(server.seen) == 3
    assert line.calls.as_result() == {"reads": 0, "writes": 3}


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_pauses_are_jittered_below_a_growing_cap(server: Script, monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    monkeypatch.setattr("random.uniform", lambda least, most: least + share * (most - least))
    line = Line(server, retries=7)
    server.answers = [error(423, "locked")] * 7
    line.call("GET")
    caps = (0.5, 1, 2, 4, 8, 10, 10)
    assert line.pauses == [pytest.approx(0.1 + share * (cap - 0.1)) for cap in caps]


def test_retry_after_is_respected(line: Line) -> None:
    line.script.answers = [error(429, "rate_limit_exceeded", **{"Retry-After": "17"})]
    line.call("GET")
    assert line.pauses == [17.0]
    line.script.answers = [error(429, "rate_limit_exceeded", **{"Retry-After": "86400"})]
    line.call("GET")
    assert line.pauses[1] == 60.0
    line.script.answers = [error(429, "rate_limit_exceeded", **{"Retry-After": "Sat, 21 Nov 2026 07:28:00 GMT"})]
    line.call("GET")
    assert line.pauses[2] <= 0.5


def test_an_unreachable_endpoint_is_reported_in_one_sentence(server: Script) -> None:
    line = Line(server, retries=8)
    for method in ("GET", "POST"):
        with pytest.raises(CloudError) as caught:
            line.session.request(method, "http://user:hunter2@127.0.0.1:1/v1/servers")
        assert not isinstance(caught.value, AmbiguousResultError)
        assert caught.value.code == "unreachable"
        assert caught.value.message == "http://127.0.0.1:1 cannot be reached: connection refused"
    assert len(line.pauses) == 6


def test_an_empty_success_is_json(line: Line) -> None:
    line.script.answers = [(204, None, {})]
    assert line.call("DELETE").json() == {}


@pytest.mark.parametrize("answer", [error(401, "unauthorized"), "break", (500, b"oops", {}), error(423, "protected")])
def test_no_secret_is_in_an_error(line: Line, answer: Any) -> None:
    line.script.answers = [answer] * 4
    with pytest.raises(CloudError) as caught:
        line.call("POST", "/v1/servers?token=also-secret")
    shown = json.dumps(caught.value.as_result()) + str(caught.value)
    assert SECRET not in shown
    assert "also-secret" not in shown


def test_the_correlation_id_is_kept(line: Line) -> None:
    line.script.answers = [error(422, "invalid_input", **{"X-Correlation-Id": "abc123"})]
    with pytest.raises(CloudError) as caught:
        line.call("POST")
    assert caught.value.as_result() == {
        "code": "invalid_input",
        "message": "it is invalid_input",
        "details": None,
        "correlation_id": "abc123",
    }


class Time:
    """A clock that only advances during sleep."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds


def rate(remaining: int, limit: int = 3600, reset: int = 4600) -> dict[str, str]:
    return {"RateLimit-Limit": str(limit), "RateLimit-Remaining": str(remaining), "RateLimit-Reset": str(reset)}


def test_calls_are_not_paced_while_there_is_budget() -> None:
    time_ = Time()
    budget = Budget(time_.clock, time_.sleep)
    for remaining in (3599, 500, 100, 2):
        budget.start()
        budget.end(rate(remaining))
    budget.start()
    assert time_.slept == []


def test_an_empty_bucket_is_waited_for_by_its_refill_and_not_until_its_reset() -> None:
    time_ = Time()
    budget = Budget(time_.clock, time_.sleep)
    for _ in range(3):
        budget.start()
        budget.end(rate(0))  # 3600 an hour: one a second, however far away the reset is
    assert time_.slept == [1.0, 1.0]


def test_the_refill_follows_the_limit() -> None:
    time_ = Time()
    budget = Budget(time_.clock, time_.sleep)
    for _ in range(3):
        budget.start()
        budget.end(rate(0, limit=7200))
    assert time_.slept == [0.5, 0.5]


def test_calls_refilled_in_the_meantime_are_used() -> None:
    time_ = Time()
    budget = Budget(time_.clock, time_.sleep)
    budget.start()
    budget.end(rate(0))
    time_.now += 2.5
    for _ in range(3):
        budget.start()
        budget.end({})
    assert time_.slept == [0.5]


def test_calls_under_way_count_as_used() -> None:
    time_ = Time()
    budget = Budget(time_.clock, time_.sleep)
    budget.start()
    for _ in range(4):
        budget.start()  # four more calls are in progress
    budget.end(rate(4))
    budget.start()
    assert time_.slept == [1.0]


def test_answers_without_the_headers_do_not_pace() -> None:
    time_ = Time()
    budget = Budget(time_.clock, time_.sleep)
    for headers in ({}, None, {"RateLimit-Limit": "x", "RateLimit-Remaining": "0"}):
        budget.start()
        budget.end(headers)
    budget.start()
    assert time_.slept == []


def test_no_call_exceeds_the_rate_limit_of_a_real_bucket() -> None:
    """Two hundred calls with forty tokens in the bucket: no call is rejected, and no second is wasted."""
    time_ = Time()
    budget = Budget(time_.clock, time_.sleep)
    tokens, seen, rejected = 40.0, time_.now, 0
    for _ in range(200):
        budget.start()
        tokens, seen = min(3600.0, tokens + time_.now - seen), time_.now
        rejected += tokens < 1 - 1e-6
        tokens -= 1
        budget.end(rate(int(tokens + 1e-6)))
    assert rejected == 0
    assert time_.now - 1000 == pytest.approx(160, abs=2)
