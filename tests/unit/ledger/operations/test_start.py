"""Operations that runs start, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations import journal
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations.request import Server
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.placement import Pool
from support.controller import Controller, node, without_start


@pytest.fixture
def run(ledger) -> Controller:
    return Controller(ledger)


def test_a_sign_up_returns_a_complete_operation(run):
    run.request("acme", tier="casual")
    [operation] = run.start("acme", kind="create")["operations"]
    assert len(operation.pop("identity")) == 16
    assert operation.pop("started") == run.now
    assert operation == {
        "id": 1,
        "tenant": "acme",
        "number": 1,
        "kind": "create",
        "desired_state": "active",
        "state": "provisioning",
        "due": True,
        "new": True,
        "tier": "casual",
        "stack": "knowledge",
        "slot": {"cpus": 0.6, "memory_mib": 1024},
        "node": "acme-compute-1",
        "source_node": "",
        "lost": "",
        "dedicated": False,
        "location": "",
        "machine": "cx23",
        "storage_node": "acme-storage-1",
        "source_storage_node": "",
        "volume_gib": 10,
        "first_uid": 101000,
        "first_port": 20010,
    }


def test_a_dedicated_tier_gets_a_machine_without_a_slot(run):
    run.nodes = []
    run.request("acme", tier="enterprise")
    started = run.start("acme")
    assert started["operations"][0]["node"] == "acme-tenant-1"
    identity = started["operations"][0]["identity"]
    labels = {"role": "compute", "tenant": "acme", "tier": "enterprise", "tenant-identity": identity}
    assert started["servers"] == [
        {"name": "acme-tenant-1", "state": "started", "server_type": "cx33", "labels": labels}
    ]


def test_slots_are_allocated_in_queue_order_and_a_freed_slot_goes_to_the_first(run):
    for name in "edcba":  # the first request comes first, not the first name
        run.request(name, tier="casual")
    started = run.run()
    assert [item["tenant"] for item in started["operations"]] == ["c", "d", "e"]
    assert started["waiting"] == [
        {"tenant": "b", "position": 1, "lacks": "compute", "location": ""},
        {"tenant": "a", "position": 2, "lacks": "compute", "location": ""},
    ]
    run.request("d", desired_state="release")
    assert [item["tenant"] for item in run.run("d")["operations"]] == ["d"]
    assert run.start("a")["waiting"] == [{"tenant": "a", "position": 1, "lacks": "compute", "location": ""}]
    assert run.tenant("b")["state"] == "provisioning"  # placed by the run for a, and converged by its own run
    assert [item["tenant"] for item in run.run()["operations"]] == ["b"]


def test_a_run_for_all_tenants_finds_those_not_in_their_desired_state(run):
    run.sign_up("acme")
    assert run.start()["operations"] == []
    assert [item["due"] for item in run.run("acme")["operations"]] == [False]
    run.request("acme", desired_state="poweroff")
    assert [item["state"] for item in run.run()["operations"]] == ["suspending"]
    assert run.start("acme")["operations"] == []  # it is off, and no task can run on it
    assert run.tenant("acme")["node"] == "acme-compute-1"
    run.request("acme", desired_state="active")
    assert [(item["state"], item["new"]) for item in run.run()["operations"]] == [("resuming", False)]
    assert run.tenant("acme")["state"] == "active"


def test_a_released_tenant_keeps_its_volume_and_is_queued_when_resumed(run):
    run.sign_up("a", "b", "c")
    run.request("a", desired_state="release")
    run.run()
    assert (run.tenant("a")["node"], run.tenant("a")["storage_node"]) == ("", "acme-storage-1")
    run.sign_up("d")
    run.request("a", desired_state="active")
    assert run.start()["waiting"] == [{"tenant": "a", "position": 1, "lacks": "compute", "location": ""}]
    assert run.tenant("a")["state"] == "queued"
    run.request("b", desired_state="absent", confirm="b")
    run.run()
    assert [(item["tenant"], item["state"], item["new"]) for item in run.run()["operations"]] == [
        ("a", "resuming", False)
    ]
    assert run.tenant("b") == {**run.tenant("b"), "state": "deleted", "node": "", "storage_node": "", "volume_gib": 0}


def test_a_tenant_in_error_continues_towards_its_desired_state(run):
    run.request("acme", tier="casual")
    run.failed(run.start("acme", kind="create"), "no route")
    assert (run.tenant("acme")["state"], run.tenant("acme")["reason"]) == ("error", "no route")
    [operation] = run.start()["operations"]
    assert (operation["state"], operation["new"], operation["id"]) == ("provisioning", True, 2)
    run.request("acme", desired_state="absent", confirm="acme")
    [operation] = run.run()["operations"]
    assert (operation["state"], operation["id"], run.tenant("acme")["state"]) == ("deleting", 3, "deleted")
    with run.ledger.reading() as connection:
        assert [o["state"] for o in journal.newest(connection)] == ["done", "failed", "failed"]
        assert "desired state changed" in journal.newest(connection)[1]["message"]


def test_a_rolled_back_sign_up_releases_its_slot_and_is_queued_again(run):
    run.sign_up("a", "b")
    for name in ("c", "d"):
        run.request(name, tier="casual")
    started = run.start("c", kind="create")
    run.failed(started, "no route", rolled_back=True)
    assert (run.tenant("c")["state"], run.tenant("c")["node"], run.tenant("c")["reason"]) == ("error", "", "no route")
    assert run.tenant("c")["storage_node"] == "acme-storage-1"  # its volume may exist
    assert [item["tenant"] for item in run.run("d", kind="create")["operations"]] == ["d"]
    again = run.start("c", kind="create")
    assert (again["operations"], again["waiting"][0]["position"], run.tenant("c")["state"]) == ([], 1, "queued")
    run.request("a", desired_state="release")
    run.run("a")
    assert [(item["tenant"], item["new"]) for item in run.run()["operations"]] == [("c", True)]
    assert run.tenant("c")["state"] == "active"


def test_a_failed_tenant_keeps_its_slot_unless_it_is_a_rolled_back_sign_up(run):
    run.request("new", tier="casual")
    run.failed(run.start("new"))
    run.sign_up("old")
    run.failed(run.start("old"), rolled_back=True)
    assert [(run.tenant(name)["state"], run.tenant(name)["node"]) for name in ("new", "old")] == [
        ("error", "acme-compute-1")
    ] * 2
    run.failed(run.start("new"), rolled_back=True)
    run.request("new", desired_state="absent", confirm="new")
    assert [(item["state"], item["node"]) for item in run.run("new")["operations"]] == [("deleting", "")]
    assert run.tenant("new")["state"] == "deleted"


def test_a_tier_change_moves_to_a_dedicated_machine_and_back(run):
    run.sign_up("acme")
    run.request("acme", tier="pro", change=True)
    started = run.start()
    [operation] = started["operations"]
    assert (operation["node"], operation["source_node"], operation["volume_gib"]) == (
        "acme-tenant-1",
        "acme-compute-1",
        50,
    )
    assert [(s["name"], s["state"]) for s in started["servers"]] == [("acme-tenant-1", "started")]
    run.done(started)
    assert run.tenant("acme")["source_node"] == ""
    run.request("acme", tier="enterprise", change=True)
    started = run.run()
    assert [(item["node"], item["source_node"], item["machine"]) for item in started["operations"]] == [
        ("acme-tenant-1", "", "cx33")
    ]
    assert [s["server_type"] for s in started["servers"]] == ["cx33"]
    run.request("acme", volume_gib=20, change=True, used_gib=12)
    run.request("acme", tier="casual", change=True)
    started = run.start()
    [operation] = started["operations"]
    assert (operation["node"], operation["source_node"], operation["volume_gib"]) == (
        "acme-compute-1",
        "acme-tenant-1",
        20,
    )
    assert [(s["name"], s["state"]) for s in started["servers"]] == [("acme-tenant-1", "absent")]


@pytest.mark.parametrize(
    ("tier", "has", "becomes", "size"),
    [
        ("casual", 10, "pro", 50),
        ("casual", 20, "pro", 50),
        ("pro", 100, "enterprise", 200),
        ("pro", 15, "casual", 15),
        ("enterprise", 1000, "casual", None),
    ],
)
def test_a_tier_change_never_shrinks_a_volume(run, tier, has, becomes, size):
    run.pools = [Pool("acme-storage-1", 10_000)]
    run.request("acme", tier=tier, volume_gib=has)
    run.run()
    if size is None:
        with pytest.raises(
            ValidationError, match=f"'casual' allows 20 GiB of storage, .* has a volume of {has} GiB; shrink it first"
        ):
            run.request("acme", tier=becomes, change=True, used_gib=0)
    else:
        run.request("acme", tier=becomes, change=True)
    assert run.tenant("acme")["volume_gib"] == (size or has)


def test_a_tenant_without_a_volume_may_change_to_a_smaller_tier(run):
    run.nodes = []
    run.request("acme", tier="pro")
    run.request("acme", tier="casual", change=True)
    assert run.tenant("acme")["volume_gib"] == 10


def test_a_downgrade_without_a_free_slot_waits_on_the_dedicated_machine(run):
    run.sign_up("acme", tier="pro")
    run.sign_up("a", "b", "c")
    run.request("acme", volume_gib=10, change=True, used_gib=1)
    run.request("acme", tier="casual", change=True)
    started = run.start()
    assert started["operations"] == []
    assert started["waiting"] == [{"tenant": "acme", "position": 1, "lacks": "compute", "location": ""}]
    assert (run.tenant("acme")["state"], run.tenant("acme")["node"]) == ("active", "acme-tenant-1")
    run.request("acme", desired_state="poweroff")
    started = run.run()
    assert [(item["node"], item["state"]) for item in started["operations"]] == [("acme-tenant-1", "suspending")]
    assert [(s["state"], "server_type" in s) for s in started["servers"]] == [("stopped", False)]
    run.request("b", desired_state="absent", confirm="b")
    run.run()
    assert [(i["tenant"], i["source_node"]) for i in run.run()["operations"]] == [("acme", "acme-tenant-1")]


def test_the_source_node_stays_reserved_until_the_migration_is_done(run):
    run.nodes = [node(1), node(2)]
    run.sign_up("a", "b", "c", "d", "e")
    assert [run.tenant(name)["node"][-1] for name in "abcde"] == ["1", "1", "1", "2", "2"]
    run.request("a", node="acme-compute-2")
    started = run.start()
    [operation] = started["operations"]
    assert (operation["node"], operation["source_node"], operation["state"]) == (
        "acme-compute-2",
        "acme-compute-1",
        "migrating",
    )
    run.request("f", tier="casual")
    assert [item["lacks"] for item in run.start("f")["waiting"]] == ["compute"]
    run.done(started)
    assert [item["node"] for item in run.run("f")["operations"]] == ["acme-compute-1"]
    assert run.tenant("a")["target_node"] == ""


def test_a_full_target_node_leaves_the_tenant_where_it_is(run):
    run.nodes = [node(1), node(2, cpus=0.5)]
    run.sign_up("a")
    run.request("a", node="acme-compute-2")
    started = run.start("a")
    assert (started["operations"], started["waiting"]) == (
        [],
        [{"tenant": "a", "position": 1, "lacks": "compute", "location": ""}],
    )
    with run.ledger.writing() as connection:
        tenants.set_state(connection, run.now, "a", "error", "its node hung")
    assert [(item["node"], item["state"]) for item in run.run("a")["operations"]] == [("acme-compute-1", "resuming")]
    assert run.tenant("a")["target_node"] == "acme-compute-2"
    run.request("a", node="")
    assert run.start()["waiting"] == []


def test_draining_nodes_are_left_only_by_drain_operations(run):
    run.nodes = [node(1), node(2)]
    run.sign_up("a", "b")
    run.nodes = [node(1, draining=True), node(2)]
    assert run.start()["operations"] == []
    operation = run.run(kind="drain")["operations"]
    assert [(item["node"], item["source_node"]) for item in operation] == [("acme-compute-2", "acme-compute-1")] * 2


def test_tenants_of_a_lost_node_get_new_placements_without_a_source_node(run):
    run.sign_up("a", "b", "c")
    run.request("c", desired_state="poweroff")
    run.run()
    run.request("d", tier="casual")
    run.nodes = [node(1, healthy=False), node(2, cpus=1)]
    started = run.start(kind="heal")
    assert [(i["tenant"], i["node"], i["source_node"], i["lost"]) for i in started["operations"]] == [
        ("a", "acme-compute-2", "", "acme-compute-1")
    ]
    # b is queued before d, which never had a slot, and c is off.
    assert [(item["tenant"], item["position"]) for item in started["waiting"]] == [("b", 1), ("d", 2)]
    assert [run.tenant(name)["state"] for name in "abcd"] == ["migrating", "queued", "suspended", "queued"]
    run.nodes.append(node(3))
    assert [(i["tenant"], i["node"]) for i in run.run()["operations"]] == [
        ("a", "acme-compute-2"),
        ("b", "acme-compute-3"),
        ("d", "acme-compute-3"),
    ]
    assert [item["position"] for item in run.start()["waiting"]] == []


def test_a_lost_source_node_is_dropped(run):
    run.nodes = [node(1), node(2)]
    run.sign_up("a")
    run.request("a", node="acme-compute-2")
    run.failed(run.start())
    run.nodes = [node(1, healthy=False), node(2)]
    [operation] = run.run(kind="heal")["operations"]
    assert (operation["node"], operation["source_node"], operation["due"]) == ("acme-compute-2", "", True)


def test_a_lost_target_node_is_replaced_and_the_source_kept(run):
    run.nodes = [node(1), node(2), node(3)]
    run.sign_up("a")
    run.request("a", node="acme-compute-2")
    run.failed(run.start())
    run.nodes = [node(1, draining=True), node(2, healthy=False), node(3)]
    [operation] = run.run(kind="heal")["operations"]
    assert (operation["node"], operation["source_node"], operation["lost"]) == (
        "acme-compute-3",
        "acme-compute-1",
        "acme-compute-2",
    )


def test_storage_is_reserved_up_to_its_share(run):
    run.nodes, run.pools = [node(1, 16, 32)], [Pool("s1", 40), Pool("s2", 30)]
    for name in ("a", "b", "c", "d", "e", "f"):
        run.request(name, tier="casual")
    started = run.run()
    assert [(item["tenant"], item["storage_node"]) for item in started["operations"]] == [
        ("a", "s1"),
        ("b", "s2"),
        ("c", "s1"),
        ("d", "s2"),
        ("e", "s1"),
    ]
    assert started["waiting"] == [{"tenant": "f", "position": 1, "lacks": "storage", "location": ""}]
    run.request("a", volume_gib=20, change=True)
    started = run.start("a")
    assert (started["operations"], started["waiting"]) == (
        [],
        [{"tenant": "a", "position": 2, "lacks": "storage", "location": ""}],
    )
    run.pools = [Pool("s1", 50), Pool("s2", 30)]
    assert [(item["tenant"], item["volume_gib"]) for item in run.run("a")["operations"]] == []  # f is first
    run.pools = [Pool("s1", 80), Pool("s2", 30)]
    assert [(item["tenant"], item["volume_gib"]) for item in run.run("a")["operations"]] == [("a", 20)]


def test_a_shrunk_volume_releases_storage_when_the_operation_is_done(run):
    run.nodes, run.pools = [node(1, 16, 32)], [Pool("s1", 40)]
    run.request("a", tier="casual", volume_gib=20)
    run.run()
    run.request("a", volume_gib=10, used_gib=3, change=True)
    started = run.start()
    run.request("b", tier="casual", volume_gib=20)
    assert run.start("b")["waiting"] == [{"tenant": "b", "position": 1, "lacks": "storage", "location": ""}]
    run.done(started)
    assert [item["tenant"] for item in run.run()["operations"]] == ["b"]


def test_an_event_starts_operations_once(run):
    run.request("acme", tier="casual")
    first = run.start("acme", kind="create", event="e1")
    assert [item["id"] for item in first["operations"]] == [1]
    other = Controller(run.ledger, "run 2")
    while_busy = other.start("acme", kind="create", event="e1")
    assert (while_busy["operations"], while_busy["busy"]) == ([], [{"tenant": "acme", "holder": "run 1"}])
    run.done(first)
    for _time in range(3):
        again = run.start("acme", kind="create", event="e1")
        assert (again["operations"], again["servers"], again["duplicate_event"]) == ([], [], True)


def test_an_event_whose_run_died_is_continued(run):
    run.request("acme", tier="casual")
    run.start("acme", kind="create", event="e1")
    run.holder, run.now = "run 2", run.now + 1000
    again = run.start("acme", kind="create", event="e1")
    assert ([item["id"] for item in again["operations"]], again["duplicate_event"]) == ([1], False)


def test_a_run_cannot_finish_an_operation_that_was_taken_over(run):
    run.request("acme", tier="casual")
    started = run.start("acme")
    other = Controller(run.ledger, "run 2")
    other.now = run.now + 101
    taken = other.start()
    assert [item["id"] for item in taken["operations"]] == [1]
    for end in (run.done, run.failed):
        with pytest.raises(ValidationError, match=r"operation 1 \(converge of tenant 'acme'\) was taken over by run 2"):
            end(started)
    other.done(taken)
    other.done(taken)  # reported twice, recorded once
    with pytest.raises(ValidationError, match="taken over"):
        run.done(started)
    assert run.tenant("acme")["state"] == "active"


def test_a_change_during_an_operation_is_converged_next(run):
    run.request("acme", tier="casual")
    started = run.start("acme")
    run.request("acme", desired_state="poweroff")
    run.done(started)
    assert run.tenant("acme")["state"] == "active"
    assert [item["state"] for item in run.run()["operations"]] == ["suspending"]
    run.request("acme", desired_state="active")
    started = run.start()
    run.request("acme", volume_gib=20, change=True)
    run.done(started)
    assert [item["volume_gib"] for item in run.run()["operations"]] == [20]
    assert run.start()["operations"] == []


def test_a_backup_does_not_change_the_tenants_state(run):
    run.sign_up("acme")
    started = run.start("acme", kind="backup", event="nightly")
    assert [(i["kind"], i["state"], i["due"]) for i in started["operations"]] == [("backup", "active", False)]
    run.failed(started, "no bucket")
    assert (run.tenant("acme")["state"], run.tenant("acme")["reason"]) == ("active", "")
    assert run.start("acme", kind="backup", event="nightly")["duplicate_event"]
    died = run.start("acme", kind="backup", event="weekly")
    continued = run.start("acme", kind="backup", event="weekly")["operations"]
    assert without_start(continued) == without_start(died["operations"])
    run.request("acme", desired_state="release")
    run.run()
    assert [(i["node"], i["storage_node"]) for i in run.run("acme", kind="backup")["operations"]] == [
        ("", "acme-storage-1")
    ]


def test_a_tenant_without_data_is_not_backed_up(run):
    run.nodes = []
    run.request("acme", tier="casual")
    with pytest.raises(ValidationError, match=r"'acme' has no data \(it is queued\), so there is nothing for backup"):
        run.start("acme", kind="backup")
    assert run.start(kind="backup")["operations"] == []


def test_a_queued_tenant_is_deleted_or_suspended_without_an_operation(run):
    run.nodes = []
    for name in ("a", "b"):
        run.request(name, tier="casual")
    run.start()
    run.request("a", desired_state="absent", confirm="a")
    run.request("b", desired_state="release")
    started = run.start("a", "b")
    assert (started["operations"], started["servers"], started["waiting"]) == ([], [], [])
    assert [run.tenant(name)["state"] for name in "ab"] == ["deleted", "suspended"]
    run.request("b", desired_state="active")
    run.nodes = [node(1)]
    assert [(item["state"], item["new"]) for item in run.run()["operations"]] == [("provisioning", True)]


def test_an_unknown_tenant_or_tier_is_rejected(run):
    with pytest.raises(ValidationError, match="tenants: there is no tenant 'acme' in the ledger"):
        run.start("acme")
    run.sign_up("acme")
    with pytest.raises(
        ValidationError, match="'casual', the tier of tenant 'acme', is not in the catalog, which has pro"
    ):
        run.start("acme", tiers={"pro": None})


RUNS, OFF = Server("cx23", running=True), Server("cx23", running=False)


@pytest.mark.parametrize(
    ("exists", "desired", "expected"),
    [
        (RUNS, "active", ""),
        (OFF, "active", "started"),
        (Server("cx33", running=True), "active", "started"),
        (None, "active", "started"),
        (RUNS, "poweroff", "stopped"),
        (OFF, "poweroff", ""),
        (None, "poweroff", ""),
        (RUNS, "release", "absent"),
        (OFF, "release", "absent"),
        (None, "release", ""),
    ],
)
def test_a_tenant_whose_dedicated_machine_differs_gets_an_operation(run, exists, desired, expected):
    run.sign_up("acme", "other", tier="pro")
    run.sign_up("shares")
    run.request("acme", desired_state=desired)
    run.run("acme")
    before = run.tenants()
    started = run.start(servers={"acme-tenant-2": RUNS, **({"acme-tenant-1": exists} if exists else {})})
    assert [(item["tenant"], item["due"]) for item in started["operations"]] == ([("acme", False)] if expected else [])
    # Another run may change the other tenants' machines, because this one does not hold their locks.
    assert [(s["name"], s["state"]) for s in started["servers"]] == ([("acme-tenant-1", expected)] if expected else [])
    run.done(started)
    assert run.tenants() == before
