"""A tenant's data moves between storage nodes: who waits, what is kept free meanwhile, and what runs are told."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.errors import Refused
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import capacity, volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.placement import Pool
from support.wishing import Controller

ONE, TWO = "acme-storage-1", "acme-storage-2"


@pytest.fixture
def run(ledger) -> Controller:
    made = Controller(ledger)
    made.sign_up("acme")
    made.pools = [Pool(ONE, 100), Pool(TWO, 100)]
    return made


def promised(run: Controller) -> dict[str, float]:
    with run.ledger.reading() as connection:
        pools = capacity.promised_pools(run.pools, volumes.all_volumes(connection).values())
    return {pool.name: pool.promised_gib for pool in pools}


def storage(run: Controller, name: str = "acme") -> tuple[str, str, str]:
    """Where its data is, what it is to leave, and where it shall go."""
    of = run.of(name)
    return of["storage_node"], of["storage_leaving"], of["storage_pin"]


def test_both_have_room_for_it_until_it_has_left(run):
    run.wish("acme", storage_node=TWO, storage_nodes=(ONE, TWO))
    assert storage(run) == (ONE, "", TWO)
    begun = run.begin("acme", verb="migrate")
    [work] = begun["work"]
    assert (work["state"], work["due"], work["node"], work["leaving"]) == ("migrating", True, "acme-compute-1", "")
    assert (work["storage_node"], work["storage_leaving"], work["volume_gib"]) == (TWO, ONE, 10)
    assert promised(run) == {ONE: 10, TWO: 10}
    run.done(begun)
    assert (storage(run), run.of("acme")["state"], promised(run)) == ((TWO, "", ""), "active", {ONE: 0, TWO: 10})
    assert run.begin()["work"] == []
    [again] = run.begin("acme")["work"]
    assert (again["due"], again["storage_leaving"]) == (False, "")


def test_a_run_that_died_or_failed_is_continued_and_both_are_still_told(run):
    run.wish("acme", storage_node=TWO)
    first = run.begin("acme", verb="migrate")["work"]
    assert run.begin()["work"] == first  # the same run, as if it had died
    run.failed(run.begin())
    assert (run.of("acme")["state"], storage(run)) == ("error", (TWO, ONE, ""))
    [work] = run.begin()["work"]
    assert (work["storage_leaving"], work["state"]) == (ONE, "migrating")
    assert promised(run) == {ONE: 10, TWO: 10}


def test_without_room_it_waits_where_it_is(run):
    run.pools = [Pool(ONE, 100), Pool(TWO, 12)]
    run.wish("acme", storage_node=TWO)
    begun = run.begin("acme", verb="migrate")
    assert (begun["work"], begun["waiting"]) == ([], [{**begun["waiting"][0], "tenant": "acme", "lacks": "storage"}])
    assert (run.of("acme")["state"], storage(run)) == ("active", (ONE, "", TWO))
    run.wish("acme", storage_node="")
    assert run.begin()["waiting"] == []
    run.wish("acme", storage_node=TWO)
    run.pools = [Pool(ONE, 100), Pool(TWO, 13)]
    assert [work["storage_leaving"] for work in run.run()["work"]] == [ONE]


def test_it_moves_with_the_stack_and_with_another_size_at_once(run):
    run.nodes += Controller(run.ledger, nodes=2).nodes[1:]
    run.wish("acme", storage_node=TWO, node="acme-compute-2", volume_gib=20, change=True)
    [work] = run.run()["work"]
    assert (work["leaving"], work["storage_leaving"], work["volume_gib"]) == ("acme-compute-1", ONE, 20)
    assert promised(run) == {ONE: 0, TWO: 20}


@pytest.mark.parametrize("how", ["poweroff", "release"])
def test_of_who_is_suspended_the_data_moves_alone(run, how):
    run.wish("acme", wish=how)
    run.run()
    place = run.of("acme")["node"]
    run.wish("acme", storage_node=TWO)
    [work] = run.run()["work"]
    assert (work["storage_leaving"], work["node"], work["wish"]) == (ONE, place, how)
    assert (run.of("acme")["state"], run.of("acme")["node"], storage(run)) == ("suspended", place, (TWO, "", ""))
    assert run.begin()["work"] == []


def test_resumed_and_released_in_the_middle_it_still_comes_to_an_end(run):
    run.wish("acme", wish="release")
    run.run()
    run.wish("acme", storage_node=TWO)
    run.failed(run.begin())
    run.nodes = []
    run.wish("acme", wish="active")
    assert (run.begin()["work"], run.of("acme")["state"]) == ([], "queued")
    run.wish("acme", wish="release")
    [work] = run.run()["work"]
    assert (work["storage_leaving"], run.of("acme")["state"], storage(run)) == (ONE, "suspended", (TWO, "", ""))


def test_nobody_backs_up_what_is_on_its_way(run):
    run.wish("acme", storage_node=TWO)
    run.failed(run.begin())
    with pytest.raises(
        Refused, match=f"'acme' is in the hands of the move of its data from {ONE} to {TWO}, .* nothing to backup"
    ):
        run.begin("acme", verb="backup")
    begun = run.begin(verb="backup")
    assert (begun["work"], [item["tenant"] for item in begun["busy"]]) == ([], ["acme"])
    run.run()
    assert [work["storage_node"] for work in run.begin(verb="backup")["work"]] == [TWO]


def test_who_leaves_meanwhile_leaves_both(run):
    run.wish("acme", storage_node=TWO)
    run.failed(run.begin())
    run.wish("acme", wish="gone", consent="acme")
    [work] = run.run()["work"]
    assert (work["wish"], work["storage_node"], work["storage_leaving"]) == ("gone", TWO, ONE)
    assert promised(run) == {ONE: 0, TWO: 0}


def test_the_way_back_begins_when_the_way_there_has_ended(run):
    run.wish("acme", storage_node=TWO)
    run.begin()
    run.wish("acme", storage_node=ONE)
    assert [work["storage_leaving"] for work in run.run()["work"]] == [ONE]
    assert [work["storage_leaving"] for work in run.run()["work"]] == [TWO]
    assert storage(run) == (ONE, "", "")


def test_an_unknown_storage_node_is_refused_and_the_present_one_is_nothing(run):
    with pytest.raises(Refused, match=f"storage_node: 'x' is no storage node of this fleet; there is {ONE}, {TWO}"):
        run.wish("acme", storage_node="x", storage_nodes=(ONE, TWO))
    run.wish("acme", storage_node=ONE)
    assert (storage(run), run.begin()["work"]) == ((ONE, "", ""), [])


def test_a_new_tenant_goes_where_it_was_told_to(run):
    run.wish("b", tier="casual", storage_node=TWO)
    [work] = run.run("b", verb="create")["work"]
    assert (work["storage_node"], work["storage_leaving"], storage(run, "b")) == (TWO, "", (TWO, "", ""))
