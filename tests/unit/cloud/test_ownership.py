"""Ownership of resources, and functions run on many resources at once."""

from __future__ import annotations

import threading

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.concurrently import each
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import (
    find_owned,
    is_ours,
    refuse_foreign,
    refuse_other_tenant,
    with_ownership,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, ValidationError


def test_the_ownership_label_is_added_and_values_become_text() -> None:
    assert with_ownership({"tier": 1}) == {"tier": "1", "managed-by": "sovereign.vdc"}
    assert with_ownership(None) == {"managed-by": "sovereign.vdc"}
    with pytest.raises(ValidationError, match="leave 'terraform' out"):
        with_ownership({"managed-by": "terraform"})


@pytest.mark.parametrize("labels", [None, {}, {"managed-by": "terraform"}, {"tier": "1"}])
def test_foreign_resources_are_rejected_with_advice(labels) -> None:
    assert not is_ours(labels)
    with pytest.raises(
        ValidationError, match=r"server 'a' exists and is not ours .*set that label on it to hand it over"
    ):
        refuse_foreign("server", "a", labels)


ACME = {"tenant": "acme", "tenant-identity": "aa"}


@pytest.mark.parametrize(
    ("labels", "desired"),
    [
        ({"tenant": "beta", "tenant-identity": "bb"}, ACME),
        ({"tenant": "acme", "tenant-identity": "bb"}, ACME),  # a reused name and number
        ({"tenant": "beta"}, ACME),
        ({"tenant": "beta"}, {"tenant": "acme"}),
    ],
)
def test_a_server_of_another_tenant_is_never_relabeled(labels, desired) -> None:
    with pytest.raises(
        ValidationError, match=r"server 'a' belongs to tenant '\w+' .* and is left as it is; .*ledger_restore"
    ):
        refuse_other_tenant("server", "a", labels, desired)


@pytest.mark.parametrize(
    ("labels", "desired"),
    [(ACME, ACME), ({"tenant": "acme"}, ACME), ({}, ACME), (ACME, {"role": "compute"}), (ACME, None), (None, ACME)],
)
def test_a_mark_may_be_added_and_labels_without_a_tenant_are_not_compared(labels, desired) -> None:
    refuse_other_tenant("server", "a", labels, desired)


def test_owned_resources_are_accepted() -> None:
    refuse_foreign("server", "a", with_ownership({}))


def test_resources_of_another_fleet_are_rejected_by_name() -> None:
    own, other = with_ownership({"fleet": "a"}), with_ownership({"fleet": "b"})
    assert (is_ours(own, "a"), is_ours(other, "a"), is_ours(other)) == (True, False, True)
    assert is_ours(with_ownership({}), "a")
    with pytest.raises(ValidationError, match=r"fleet: server 'x' belongs to the fleet 'b', not to 'a'"):
        refuse_foreign("server", "x", other, "a")
    candidates = [{"id": "1", "labels": other}, {"id": "2", "labels": own}, {"id": "3", "labels": None}]
    assert find_owned("name", "server", "x", candidates, fleet="a") is candidates[1]
    with pytest.raises(ValidationError, match="belongs to the fleet 'b'"):
        find_owned("name", "server", "x", [candidates[2], candidates[0]], fleet="a")


def test_outcomes_keep_their_order_and_their_errors() -> None:
    def work(number: int) -> int:
        if number % 3 == 0:
            raise CloudError(f"no {number}")
        return number * 2

    outcomes = each(work, range(1, 8), width=4)
    assert [outcome.item for outcome in outcomes] == list(range(1, 8))
    assert [outcome.result for outcome in outcomes] == [2, 4, None, 8, 10, None, 14]
    assert [str(outcome.error) for outcome in outcomes if outcome.error] == ["no 3", "no 6"]


def test_width_is_how_many_run_at_once() -> None:
    running, most, lock = 0, 0, threading.Lock()
    gate = threading.Barrier(3)

    def work(_item: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        gate.wait(timeout=5)
        with lock:
            running -= 1

    each(work, range(9), width=3)
    assert most == 3


def test_a_bug_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        each(lambda item: 1 // item, [1, 0], width=2)
