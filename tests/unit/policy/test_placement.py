"""Placement, by example and by property."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import states
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.placement import Node, Request, place
from hypothesis import given
from hypothesis import strategies as st


def where(nodes, *requests):
    return {d.tenant: d.node or d.queue for d in place(nodes, requests)}


def test_the_tightest_fit_wins_so_that_big_gaps_stay():
    nodes = [Node("big", 8, 8), Node("small", 2, 2)]
    assert where(nodes, Request("a", 2, 2), Request("b", 8, 8)) == {"a": "small", "b": "big"}


def test_dedicated_and_priority_come_before_first_come():
    nodes = [Node("n", 4, 4)]
    early, pro, own = (
        Request("early", 4, 4, asked=1),
        Request("pro", 4, 4, 1, asked=2),
        Request("own", 4, 4, dedicated=True, asked=3),
    )
    assert where(nodes, early, pro, own) == {"own": "n", "pro": 1, "early": 2}


def test_a_dedicated_node_is_shared_with_nobody():
    nodes = [Node("n", 8, 8), Node("used", 8, 8, 1, 1, tenants=1)]
    assert where(nodes, Request("own", 1, 1, dedicated=True), Request("a", 1, 1)) == {"own": "n", "a": "used"}
    assert where([Node("used", 8, 8, 1, 1, tenants=1)], Request("own", 1, 1, dedicated=True)) == {"own": 1}


@pytest.mark.parametrize("node", [Node("n", 4, 4, draining=True), Node("n", 4, 4, healthy=False), Node("n", 4, 4)])
def test_a_node_that_drains_is_sick_or_is_to_be_left_takes_nobody(node):
    assert where([node], Request("a", 1, 1, avoid="n")) == {"a": 1}


def test_tenants_are_spread_over_placement_groups():
    nodes = [
        Node("a1", 4, 4, spread_group="a"),
        Node("a2", 4, 4, 2, 2, 2, spread_group="a"),
        Node("b1", 4, 4, spread_group="b"),
    ]
    assert where(nodes, Request("big", 4, 4)) == {"big": "b1"}


def test_a_small_request_passes_a_big_one_that_keeps_its_place():
    assert where([Node("n", 2, 2)], Request("big", 4, 4, asked=1), Request("small", 1, 1, asked=2)) == {
        "big": 1,
        "small": "n",
    }


NODES = st.lists(
    st.builds(Node, st.sampled_from("abcdef"), st.integers(0, 8), st.integers(0, 8)), unique_by=lambda n: n.name
)
REQUESTS = st.lists(
    st.builds(
        Request, st.sampled_from("uvwxyz"), st.integers(1, 4), st.integers(1, 4), st.integers(0, 2), st.booleans()
    ),
    unique_by=lambda r: r.tenant,
)


@given(nodes=NODES, requests=REQUESTS)
def test_no_node_is_ever_overfilled_and_nobody_is_forgotten(nodes, requests):
    decisions = place(nodes, requests)
    assert sorted(d.tenant for d in decisions) == sorted(r.tenant for r in requests)
    assert [d.queue for d in decisions if not d.node] == list(range(1, sum(not d.node for d in decisions) + 1))
    asked = {r.tenant: r for r in requests}
    for node in nodes:
        here = [asked[d.tenant] for d in decisions if d.node == node.name]
        assert sum(r.cpu for r in here) <= node.cpu
        assert sum(r.memory for r in here) <= node.memory
        assert len(here) == 1 or not any(r.dedicated for r in here)


@given(nodes=NODES, requests=REQUESTS)
def test_the_order_of_the_input_does_not_matter(nodes, requests):
    assert place(nodes, requests) == place(reversed(nodes), reversed(requests))


def test_every_state_leads_to_an_end_and_deleted_to_none():
    for state in states.STATES:
        reached, todo = set(), [state]
        while todo:
            for following in states.MOVES[todo.pop()]:
                if following not in reached:
                    reached.add(following)
                    todo.append(following)
        assert state == states.DELETED or states.DELETED in reached
    with pytest.raises(states.IllegalMove, match="deleted and cannot become active"):
        states.check_move("acme", states.DELETED, states.ACTIVE)
