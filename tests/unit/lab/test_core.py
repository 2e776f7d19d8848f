"""The lab's core, piece by piece."""

from __future__ import annotations

from concurrent.futures import Future

import pytest
from vdclab.core.clock import Clock, iso
from vdclab.core.contract import Contract
from vdclab.core.faults import Faults
from vdclab.core.routing import Route, Router
from vdclab.core.scheduler import Scheduler
from vdclab.core.trace import Trace
from vdclab.hetzner.rate_limit import Bucket


def test_the_clock_moves_forward_only():
    clock = Clock()
    before = clock.now()
    clock.advance(3600)
    assert clock.now() - before >= 3600
    with pytest.raises(ValueError, match="forward only"):
        clock.advance(-1)


def test_moments_are_written_as_the_clouds_write_them():
    assert iso(0) == "1970-01-01T00:00:00Z"


def test_deeds_end_in_order_of_their_due_time():
    ended: list[str] = []
    scheduler = Scheduler()
    for due, name in ((3, "c"), (1, "a"), (2, "b"), (9, "later")):
        scheduler.add(due, lambda name=name: ended.append(name), ended.append)
    scheduler.tick(5)
    assert ended == ["a", "b", "c"]
    assert len(scheduler) == 1


def test_a_deed_waits_for_its_machine_and_fails_with_it():
    told: list[str] = []
    scheduler = Scheduler()
    job: Future = Future()
    scheduler.add(0, lambda: told.append("done"), told.append, job)
    scheduler.tick(1)
    assert told == []
    job.set_exception(OSError("no such disk"))
    scheduler.tick(1)
    assert told == ["no such disk"]


def test_an_effect_may_plan_the_next_deed():
    ended: list[str] = []
    scheduler = Scheduler()
    scheduler.add(0, lambda: scheduler.add(0, lambda: ended.append("second"), ended.append), ended.append)
    scheduler.tick(1)
    assert ended == []
    scheduler.tick(1)
    assert ended == ["second"]


def test_the_bucket_refills_one_call_a_second_at_3600_an_hour():
    bucket = Bucket(3600, now=0)
    assert all(bucket.take(0) for _ in range(3600))
    assert not bucket.take(0)
    assert not bucket.take(0.5)
    assert bucket.take(1.5)
    assert bucket.headers(1.5) == {
        "RateLimit-Limit": "3600",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": "3601",
    }


def test_a_fault_strikes_from_the_nth_matching_call_and_so_many_times():
    faults = Faults()
    faults.replace([{"operation": "create_*", "nth": 2, "times": 2, "status": 503}])
    struck = [faults.match("hetzner", "create_server", "POST") is not None for _ in range(5)]
    assert struck == [False, True, True, False, False]
    assert faults.match("hetzner", "list_servers", "GET") is None
    assert faults.dump()[0]["struck"] == 2


def test_a_share_of_calls_is_struck_the_same_way_with_the_same_seed():
    def struck(seed: int) -> list[bool]:
        faults = Faults()
        faults.replace([{"share": 0.1, "drop": True}], seed)
        return [faults.match("hetzner", "x", "GET") is not None for _ in range(1000)]

    assert struck(7) == struck(7)
    assert struck(7) != struck(8)
    assert 60 < sum(struck(7)) < 140


@pytest.mark.parametrize("rule", [{"when": "during"}, {"share": 2}])
def test_a_rule_that_makes_no_sense_is_refused(rule):
    with pytest.raises(ValueError, match="must"):
        Faults().replace([rule])


def test_the_trace_counts_reads_and_writes():
    trace = Trace(keep=2)
    for method in ("GET", "POST", "DELETE"):
        trace.add("hetzner", method, "/servers", "op", 200, "")
    assert trace.counts["hetzner.reads"] == 1
    assert trace.counts["hetzner.writes"] == 2
    assert len(trace.dump()["calls"]) == 2


ROUTES = [
    Route("GET", "/servers/{id}", "get_server"),
    Route("GET", "/servers/actions", "list_servers_actions"),
    Route("PUT", "/instance/{id}:reset-field", "reset_field"),
    Route("PUT", "/instance/{id}", "update_instance"),
    Route("PUT", "/pool/{instance-pool-id}", "update_pool"),
]


@pytest.mark.parametrize(
    ("method", "path", "operation", "params"),
    [
        ("GET", "/servers/4", "get_server", {"id": "4"}),
        ("GET", "/servers/actions", "list_servers_actions", {}),
        ("PUT", "/instance/a-b:reset-field", "reset_field", {"id": "a-b"}),
        ("PUT", "/instance/a-b", "update_instance", {"id": "a-b"}),
        ("PUT", "/pool/x", "update_pool", {"instance_pool_id": "x"}),
    ],
)
def test_a_path_finds_its_operation(method, path, operation, params):
    route, found, known = Router(ROUTES).find(method, path)
    assert route is not None
    assert (route.operation, found, known) == (operation, params, True)


def test_a_wrong_method_is_told_from_an_unknown_path():
    router = Router(ROUTES)
    assert router.find("DELETE", "/servers/4") == (None, {}, True)
    assert router.find("GET", "/nowhere") == (None, {}, False)


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


def test_requests_are_judged_by_the_document():
    contract = Contract(DOCUMENT)
    assert contract.check_request("create_thing", {}, {"name": None, "kind": None, "size": 1}) == []
    assert contract.check_request("create_thing", {}, None) == ["body is missing"]
    assert "size: 0" in contract.check_request("create_thing", {}, {"name": "x", "size": 0})[0]
    assert contract.check_request("list_things", {"page": ["2"], "sort": ["id", "name"]}, None) == []
    assert contract.check_request("list_things", {"page": ["0"]}, None)
    assert contract.check_request("list_things", {"sort": ["size"]}, None)


def test_answers_are_judged_by_the_document():
    contract = Contract(DOCUMENT)
    assert contract.check_response("list_things", 200, {"name": "x", "when": "2026-01-01T00:00:00Z"}) == []
    assert contract.check_response("list_things", 200, {"name": 4})
    assert contract.check_response("list_things", 200, {"name": "x", "when": "yesterday"})
    assert contract.check_response("list_things", 204, None) == ["status 204 is not documented"]
