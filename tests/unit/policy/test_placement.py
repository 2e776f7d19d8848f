"""Placement, by example and by property."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import states
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.placement import Decision, Node, Pool, Request, place
from hypothesis import given
from hypothesis import strategies as st


def where(nodes, *requests, **more):
    more = {"compute_share": 1, **more}
    return {d.tenant: d.node or d.position for d in place(nodes, requests, **more)}


def test_the_best_fitting_node_is_chosen():
    nodes = [Node("big", 8, 8), Node("small", 2, 2)]
    assert where(nodes, Request("a", 2, 2), Request("b", 8, 8)) == {"a": "small", "b": "big"}


def test_urgent_dedicated_and_priority_requests_come_before_older_ones():
    requests = [
        Request("early", 4, 4, requested_at=1),
        Request("late", 4, 4, requested_at=2, number=4),
        Request("later", 4, 4, requested_at=2, number=5),
        Request("pro", 4, 4, 1, requested_at=3),
        Request("own", 4, 4, dedicated=True, requested_at=4),
        Request("homeless", 4, 4, urgent=True, requested_at=9),
    ]
    assert list(where([Node("n", 4, 4)], *requests).items()) == [
        ("homeless", "n"),
        ("own", 1),
        ("pro", 2),
        ("early", 3),
        ("late", 4),
        ("later", 5),
    ]


def test_a_dedicated_node_needs_no_slot():
    assert where([], Request("a", 9, 9, dedicated_node="fleet-a", dedicated=True)) == {"a": "fleet-a"}


@pytest.mark.parametrize("node", [Node("n", 4, 4, draining=True), Node("n", 4, 4, healthy=False), Node("n", 4, 4)])
def test_a_draining_unhealthy_or_excluded_node_takes_no_tenants(node):
    assert where([node], Request("a", 1, 1, excluded_node="n")) == {"a": 1}


def test_a_tenant_is_placed_on_its_required_node_or_waits():
    nodes = [Node("a", 4, 4), Node("b", 8, 8), Node("full", 1, 1)]
    assert where(nodes, Request("x", 2, 2, required_node="b"), Request("y", 2, 2, required_node="full")) == {
        "x": "b",
        "y": 1,
    }


def test_a_tenant_is_placed_on_its_preferred_node_if_there_is_room():
    nodes = [Node("a", 2, 2), Node("b", 8, 8), Node("full", 1, 1)]
    assert where(nodes, Request("x", 2, 2, preferred_node="b"), Request("y", 2, 2, preferred_node="full")) == {
        "x": "b",
        "y": "a",
    }


def test_a_growing_tenant_stays_on_its_node_if_there_is_room():
    here = Node("here", 4, 4, 3, 3, 2)
    there = Node("there", 4, 4)
    bigger = Request("a", 3, 3, current_node="here", current_cpu=2, current_memory=2)
    assert where([here, there], bigger) == {"a": "here"}
    assert where([Node("here", 4, 4, 4, 4, 2), there], bigger) == {"a": "there"}


def test_two_cores_and_four_gib_have_three_casual_slots():
    requests = [Request(name, 600, 1024) for name in "abcd"]
    assert where([Node("n", 2000, 4096)], *requests, compute_share=0.8) == {"a": "n", "b": "n", "c": "n", "d": 1}


def test_tenants_are_spread_over_placement_groups():
    nodes = [
        Node("a1", 4, 4, spread_group="a"),
        Node("a2", 4, 4, 2, 2, 2, spread_group="a"),
        Node("b1", 4, 4, spread_group="b"),
    ]
    assert where(nodes, Request("big", 4, 4)) == {"big": "b1"}


def test_a_small_request_passes_a_large_one_that_keeps_its_position():
    assert where([Node("n", 2, 2)], Request("big", 4, 4, requested_at=1), Request("small", 1, 1, requested_at=2)) == {
        "big": 1,
        "small": "n",
    }


def test_storage_comes_from_the_emptiest_pool_up_to_its_share():
    pools = [Pool("s1", 100, 50), Pool("s2", 100, 40)]
    requests = [Request(name, 1, 1, storage_gib=20) for name in "abcd"]
    decisions = place([Node("n", 9, 9)], requests, pools, compute_share=1)
    assert [(d.storage_node, d.position, d.lacks) for d in decisions] == [
        ("s2", 0, ""),
        ("s1", 0, ""),
        ("s2", 0, ""),
        ("", 1, "storage"),
    ]


def test_a_storage_only_request_needs_no_node():
    asks = Request("a", 0, 0, storage_gib=10, storage_node="s1", storage_only=True)
    assert place([], [asks], [Pool("s1", 20)]) == [Decision("a", storage_node="s1")]
    assert [d.lacks for d in place([], [asks], [Pool("s1", 12)])] == ["storage"]


def test_a_volume_grows_on_its_own_storage_node_or_not_at_all():
    pools = [Pool("s1", 100, 75), Pool("s2", 100)]
    grows = Request("a", 1, 1, dedicated_node="n", storage_gib=10, storage_node="s1")
    assert [d.lacks for d in place([], [grows], pools)] == ["storage"]
    assert [d.storage_node for d in place([], [grows], pools, storage_share=0.9)] == ["s1"]


NODES = st.lists(
    st.builds(Node, st.sampled_from("abcdef"), st.integers(0, 8), st.integers(0, 8)), unique_by=lambda n: n.name
)
POOLS = st.lists(st.builds(Pool, st.sampled_from("st"), st.integers(0, 50)), unique_by=lambda p: p.name)
REQUESTS = st.lists(
    st.builds(
        Request,
        st.sampled_from("uvwxyz"),
        st.integers(1, 4),
        st.integers(1, 4),
        st.integers(0, 2),
        urgent=st.booleans(),
        storage_gib=st.integers(0, 20),
    ),
    unique_by=lambda r: r.tenant,
)


@given(nodes=NODES, requests=REQUESTS, pools=POOLS)
def test_no_node_or_pool_is_overfilled_and_every_request_is_decided(nodes, requests, pools):
    decisions = place(nodes, requests, pools)
    assert sorted(d.tenant for d in decisions) == sorted(r.tenant for r in requests)
    assert [d.position for d in decisions if not d.node] == list(range(1, sum(not d.node for d in decisions) + 1))
    asked = {r.tenant: r for r in requests}
    for node in nodes:
        here = [asked[d.tenant] for d in decisions if d.node == node.name]
        assert sum(r.cpu for r in here) <= node.cpu
        assert sum(r.memory for r in here) <= node.memory
    for pool in pools:
        here = [asked[d.tenant] for d in decisions if d.storage_node == pool.name]
        assert sum(r.storage_gib for r in here) <= pool.size_gib * 0.8


@given(nodes=NODES, requests=REQUESTS, pools=POOLS)
def test_the_order_of_the_input_does_not_matter(nodes, requests, pools):
    assert place(nodes, requests, pools) == place(reversed(nodes), reversed(requests), reversed(pools))


def test_every_state_leads_to_deleted_and_deleted_is_final():
    for state in states.STATES:
        reached, todo = set(), [state]
        while todo:
            for following in states.TRANSITIONS[todo.pop()]:
                if following not in reached:
                    reached.add(following)
                    todo.append(following)
        assert state == states.DELETED or states.DELETED in reached
    with pytest.raises(states.IllegalTransition, match="deleted and cannot become active"):
        states.check_transition("acme", states.DELETED, states.ACTIVE)
