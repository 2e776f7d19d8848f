"""Data moves between storage nodes: waiting tenants, reserved storage, and the operations that runs get."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import placements, volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.placement import Pool
from support.controller import Controller, without_start

ONE, TWO = "acme-storage-1", "acme-storage-2"


@pytest.fixture
def run(ledger) -> Controller:
    made = Controller(ledger)
    made.sign_up("acme")
    made.pools = [Pool(ONE, 100), Pool(TWO, 100)]
    return made


def promised(run: Controller) -> dict[str, float]:
    with run.ledger.reading() as connection:
        pools = placements.pools_with_usage(run.pools, volumes.all_volumes(connection).values())
    return {pool.name: pool.reserved_gib for pool in pools}


def storage(run: Controller, name: str = "acme") -> tuple[str, str, str]:
    """Return the tenant's storage node, source storage node and target storage node."""
    of = run.tenant(name)
    return of["storage_node"], of["source_storage_node"], of["target_storage_node"]


def test_storage_is_reserved_on_both_nodes_until_the_data_has_moved(run):
    run.request("acme", storage_node=TWO, storage_nodes=(ONE, TWO))
    assert storage(run) == (ONE, "", TWO)
    started = run.start("acme", kind="migrate")
    [operation] = started["operations"]
    assert (operation["state"], operation["due"], operation["node"], operation["source_node"]) == (
        "migrating",
        True,
        "acme-compute-1",
        "",
    )
    assert (operation["storage_node"], operation["source_storage_node"], operation["volume_gib"]) == (TWO, ONE, 10)
    assert promised(run) == {ONE: 10, TWO: 10}
    run.done(started)
    assert (storage(run), run.tenant("acme")["state"], promised(run)) == ((TWO, "", ""), "active", {ONE: 0, TWO: 10})
    assert run.start()["operations"] == []
    [again] = run.start("acme")["operations"]
    assert (again["due"], again["source_storage_node"]) == (False, "")


def test_an_interrupted_or_failed_data_move_is_continued(run):
    run.request("acme", storage_node=TWO)
    first = run.start("acme", kind="migrate")["operations"]
    continued = run.start()["operations"]  # the next run, after this one died
    assert without_start(continued) == without_start(first)
    run.failed(run.start())
    assert (run.tenant("acme")["state"], storage(run)) == ("error", (TWO, ONE, ""))
    [operation] = run.start()["operations"]
    assert (operation["source_storage_node"], operation["state"]) == (ONE, "migrating")
    assert promised(run) == {ONE: 10, TWO: 10}


def test_without_room_on_the_target_the_data_stays(run):
    run.pools = [Pool(ONE, 100), Pool(TWO, 12)]
    run.request("acme", storage_node=TWO)
    started = run.start("acme", kind="migrate")
    assert (started["operations"], started["waiting"]) == (
        [],
        [{**started["waiting"][0], "tenant": "acme", "lacks": "storage"}],
    )
    assert (run.tenant("acme")["state"], storage(run)) == ("active", (ONE, "", TWO))
    run.request("acme", storage_node="")
    assert run.start()["waiting"] == []
    run.request("acme", storage_node=TWO)
    run.pools = [Pool(ONE, 100), Pool(TWO, 13)]
    assert [operation["source_storage_node"] for operation in run.run()["operations"]] == [ONE]


def test_data_moves_together_with_the_stack_and_a_new_size(run):
    run.nodes += Controller(run.ledger, nodes=2).nodes[1:]
    run.request("acme", storage_node=TWO, node="acme-compute-2", volume_gib=20, change=True)
    [operation] = run.run()["operations"]
    assert (operation["source_node"], operation["source_storage_node"], operation["volume_gib"]) == (
        "acme-compute-1",
        ONE,
        20,
    )
    assert promised(run) == {ONE: 0, TWO: 20}


@pytest.mark.parametrize("how", ["poweroff", "release"])
def test_the_data_of_a_suspended_tenant_moves_without_its_stack(run, how):
    run.request("acme", desired_state=how)
    run.run()
    node = run.tenant("acme")["node"]
    run.request("acme", storage_node=TWO)
    [operation] = run.run()["operations"]
    assert (operation["source_storage_node"], operation["node"], operation["desired_state"]) == (ONE, node, how)
    assert (run.tenant("acme")["state"], run.tenant("acme")["node"], storage(run)) == (
        "suspended",
        node,
        (TWO, "", ""),
    )
    assert run.start()["operations"] == []


def test_a_data_move_finishes_although_the_desired_state_changes_twice(run):
    run.request("acme", desired_state="release")
    run.run()
    run.request("acme", storage_node=TWO)
    run.failed(run.start())
    run.nodes = []
    run.request("acme", desired_state="active")
    assert (run.start()["operations"], run.tenant("acme")["state"]) == ([], "queued")
    run.request("acme", desired_state="release")
    [operation] = run.run()["operations"]
    assert (operation["source_storage_node"], run.tenant("acme")["state"], storage(run)) == (
        ONE,
        "suspended",
        (TWO, "", ""),
    )


def test_a_tenant_with_an_unfinished_data_move_is_not_backed_up(run):
    run.request("acme", storage_node=TWO)
    run.failed(run.start())
    with pytest.raises(
        ValidationError,
        match=f"'acme' has an unfinished data move from {ONE} to {TWO}; finish it .* before backup",
    ):
        run.start("acme", kind="backup")
    started = run.start(kind="backup")
    assert (started["operations"], [item["tenant"] for item in started["busy"]]) == ([], ["acme"])
    run.run()
    assert [operation["storage_node"] for operation in run.start(kind="backup")["operations"]] == [TWO]


def test_a_deletion_during_a_data_move_releases_both_nodes(run):
    run.request("acme", storage_node=TWO)
    run.failed(run.start())
    run.request("acme", desired_state="absent", confirm="acme")
    [operation] = run.run()["operations"]
    assert (operation["desired_state"], operation["storage_node"], operation["source_storage_node"]) == (
        "absent",
        TWO,
        ONE,
    )
    assert promised(run) == {ONE: 0, TWO: 0}


def test_a_move_back_starts_after_the_first_move_is_finished(run):
    run.request("acme", storage_node=TWO)
    run.start()
    run.request("acme", storage_node=ONE)
    assert [operation["source_storage_node"] for operation in run.run()["operations"]] == [ONE]
    assert [operation["source_storage_node"] for operation in run.run()["operations"]] == [TWO]
    assert storage(run) == (ONE, "", "")


def test_an_unknown_storage_node_is_rejected_and_the_current_one_changes_nothing(run):
    with pytest.raises(
        ValidationError, match=f"storage_node: 'x' is not a storage node of this fleet; choose one of {ONE}, {TWO}"
    ):
        run.request("acme", storage_node="x", storage_nodes=(ONE, TWO))
    run.request("acme", storage_node=ONE)
    assert (storage(run), run.start()["operations"]) == ((ONE, "", ""), [])


def test_a_new_tenant_gets_the_requested_storage_node(run):
    run.request("b", tier="casual", storage_node=TWO)
    [operation] = run.run("b", kind="create")["operations"]
    assert (operation["storage_node"], operation["source_storage_node"], storage(run, "b")) == (TWO, "", (TWO, "", ""))
