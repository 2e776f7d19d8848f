"""The reports of the playbooks that only read."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.policy.reports import (
    capacity_report,
    history_report,
    tenants_report,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.summary import summary

HOUR = 3600
TENANT: dict[str, Any] = {
    "name": "acme",
    "tier": "casual",
    "state": "active",
    "desired_state": "active",
    "node": "c-1",
    "storage_node": "s-1",
    "volume_gib": 10,
    "paid_until": None,
    "last_backup": 20 * HOUR,
    "last_verified": None,
    "reason": "",
    "created": 0,
}


def test_tenants_are_a_table_and_one_sentence():
    failed = {**TENANT, "name": "beta", "state": "error", "node": "", "paid_until": 0, "reason": "Mount:\n no route"}
    report = summary([tenants_report([TENANT, failed])])
    assert report["lines"] == [
        "TENANT  TIER    STATE                 NODE  STORAGE  GIB  PAID UNTIL        LAST BACKUP       LAST VERIFIED  REASON",
        "acme    casual  active                c-1   s-1      10   -                 1970-01-01 20:00  never",
        "beta    casual  error (to be active)  -     s-1      10   1970-01-01 00:00  1970-01-01 20:00  never          "
        "Mount: no route",
        "Summary: 2 tenants: 1 active, 1 error",
    ]
    assert (report["status"], report["items"][0]["data"]) == ("ok", [TENANT, failed])
    assert summary([tenants_report([])])["lines"] == ["Summary: no tenant matches"]


def test_capacity_names_the_room_on_each_node_and_the_queue():
    node = {"name": "c-1", "cpus_promised": 1.2, "cpus_free": 0.8, "memory_gib_promised": 2.0, "memory_gib_free": 2.0}
    nodes = [
        {**node, "schedulable": True, "slots": {"casual": 1}, "tenants": ["a", "b"]},
        {**node, "name": "c-2", "schedulable": False, "slots": {"casual": 0}, "tenants": []},
    ]
    pool = {"name": "s-1", "size_gib": 100.0, "reserved_gib": 20, "free_gib": 60.0, "tenants": ["a", "b"]}
    queue = [{"tenant": "late", "tier": "casual", "position": 1, "since": HOUR}]
    given = {
        "nodes": nodes,
        "storage_nodes": [{**pool, "volumes": {"casual": 6, "pro": 1}}],
        "waiting": queue,
        "unknown_nodes": ["c-9"],
    }
    assert summary([capacity_report(given)])["lines"] == [
        "NODE     RESERVED          FREE              ROOM FOR                TENANTS",
        "c-1      1.2 cores, 2 GiB  0.8 cores, 2 GiB  1 casual                2",
        "c-2      1.2 cores, 2 GiB  0.8 cores, 2 GiB  none                    0",
        "s-1      20 of 100 GiB     60 GiB            6 casual, 1 pro         2",
        "queue 1  late              casual            since 1970-01-01 01:00",
        "Summary: room for 1 casual, 1 pro (each alone); 1 in the queue; not in the inventory: c-9",
    ]
    empty = capacity_report({"nodes": [], "storage_nodes": [], "waiting": [], "unknown_nodes": []})
    assert empty["message"] == "room for no tenant, because there are no storage nodes; 0 in the queue"


def test_the_history_of_a_tenant_says_when_who_and_what():
    done = {"id": 7, "kind": "create", "started": 0, "finished": 90, "state": "done", "holder": "ctl:1", "message": ""}
    running = {**done, "id": 8, "kind": "backup", "finished": None, "state": "running"}
    assert summary([history_report({**TENANT, "operations": [running, done]})])["lines"] == [
        "OPERATION  KIND    STARTED           SECONDS  RESULT   BY     MESSAGE",
        "8          backup  1970-01-01 00:00  -        running  ctl:1",
        "7          create  1970-01-01 00:00  90       done     ctl:1",
        "Summary: acme (casual) is active; signed up 1970-01-01 00:00; 2 operations",
    ]
