"""A run may die between any two of its transactions: one more run has the result of an undisturbed one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import (
    locks,
    migrations,
    placements,
    store,
    volumes,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.operations import journal
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.placement import Pool
from hypothesis import given, settings
from hypothesis import strategies as st
from support.controller import TIERS, Controller, node
from support.tenants import clear_ledger


def sign_up(run: Controller) -> None:
    run.request("acme", tier="casual")


def suspend(run: Controller) -> None:
    run.request("acme", desired_state="poweroff")


def release(run: Controller) -> None:
    run.request("acme", desired_state="release")


def resume(run: Controller) -> None:
    run.request("acme", desired_state="active")


def upgrade(run: Controller) -> None:
    run.request("acme", tier="pro", change=True)


def downgrade(run: Controller) -> None:
    run.request("acme", volume_gib=20, used_gib=3, change=True)
    run.request("acme", tier="casual", change=True)


def migrate(run: Controller) -> None:
    run.request("acme", node="acme-compute-2")


def migrate_data(run: Controller) -> None:
    run.pools = [*run.pools[:1], Pool("acme-storage-2", 100)]
    run.request("acme", storage_node="acme-storage-2")


def grow(run: Controller) -> None:
    run.request("acme", volume_gib=20, change=True)


def remote_range(run: Controller) -> None:
    run.request("acme", location="ch-dk-2", change=True)


def destroy(run: Controller) -> None:
    run.request("acme", desired_state="absent", confirm="acme")


LIVES: dict[str, list[Callable[[Controller], None]]] = {
    "sign_up": [sign_up],
    "suspend": [sign_up, suspend],
    "release": [sign_up, release],
    "release what is off": [sign_up, suspend, release],
    "resume": [sign_up, suspend, resume],
    "resume what was released": [sign_up, release, resume],
    "upgrade": [sign_up, upgrade],
    "downgrade": [sign_up, upgrade, downgrade],
    "upgrade what is off": [sign_up, suspend, upgrade],
    "migrate": [sign_up, migrate],
    "migrate data": [sign_up, migrate_data],
    "migrate data of what was released": [sign_up, release, migrate_data],
    "migrate all": [sign_up, lambda run: (migrate(run), migrate_data(run))],
    "move to another location": [sign_up, upgrade, remote_range],
    "move to another location and become a bigger one": [sign_up, lambda run: (upgrade(run), remote_range(run))],
    "move to another location while off": [sign_up, upgrade, suspend, remote_range],
    "grow": [sign_up, grow],
    "destroy": [sign_up, destroy],
    "destroy what was released": [sign_up, release, destroy],
}


def live(ledger: store.Ledger, kinds: list[Callable[[Controller], None]], interrupted_after: int) -> dict[str, Any]:
    """Run the operations ``kinds``; the run of the last dies after some transactions, and one more run completes it."""
    run = Controller(ledger, "run 1", nodes=2)
    for kind in kinds[:-1]:
        kind(run)
        run.run("acme")
    steps = [
        lambda: kinds[-1](run),
        lambda: run.__dict__.update(started=run.start("acme")),
        lambda: run.done(run.started),
    ]
    for step in steps[:interrupted_after]:
        step()
    run.holder, run.now = "run 2", run.now + 1000
    kinds[-1](run)
    run.run("acme")
    assert run.start()["operations"] == []
    with ledger.reading() as connection:
        assert journal.running(connection) == {}
        assert locks.held_by_others(connection, run.now, "") == {}
    return run.tenant("acme")


@pytest.mark.parametrize("life", LIVES)
def test_one_more_run_after_an_interrupted_one_has_the_same_result(life, ledger):
    results = []
    for interrupted_after in (3, 0, 1, 2):
        clear_ledger(ledger)
        results.append(live(ledger, LIVES[life], interrupted_after))
    assert results[1:] == results[:1] * 3


NAMES = "abcdef"
ABROAD = {"hel1": "hel1", "ch-dk-2": "ch-dk-2", "home": ""}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(
            [
                "sign_up",
                "pro",
                "casual",
                "active",
                "poweroff",
                "release",
                "absent",
                "target_node",
                "move",
                "grow",
                "heal",
                *ABROAD,
            ]
        ),
        st.sampled_from(["done", "failed", "dies"]),
    ),
    max_size=12,
)


def try_wish(run: Controller, name: str, what: str) -> None:
    """Request one desired state, if it is valid for that tenant."""
    known = run.tenants().get(name)
    if what == "sign_up" or known is None:
        if known is None:
            run.request(name, tier="casual")
        return
    if known["desired_state"] == desired_states.ABSENT:
        return
    if what in TIERS:
        if what == "casual" and known["volume_gib"] > 20:
            run.request(name, volume_gib=20, used_gib=1, change=True)
        run.request(name, tier=what, change=True)
    elif what in desired_states.DESIRED_STATES:
        run.request(name, desired_state=what, confirm=name)
    elif what == "target_node" and known["tier"] == "casual":
        run.request(name, node="acme-compute-2")
    elif what in ABROAD:
        run.request(name, location=ABROAD[what], change=True)
    elif what == "move":
        run.request(name, storage_node=run.pools[known["storage_node"] == run.pools[0].name].name)
    elif what == "grow":
        run.request(name, volume_gib=20 if known["tier"] == "casual" else 100, change=True)


def check(run: Controller) -> None:
    """Assert the invariant of every moment: no slot and no storage is allocated twice."""
    seen = run.tenants().values()
    for place in run.nodes:
        here = [t for t in seen if place.name == t["node"] and t["tier"] == "casual" and t["state"] != "deleted"]
        assert len(here) <= 3, here
    with run.ledger.reading() as connection:
        promised = placements.pools_with_usage(run.pools, volumes.all_volumes(connection).values())
    assert [pool for pool in promised if pool.reserved_gib > 0.8 * pool.size_gib] == []


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Path:
    """A ledger to copy, which is faster than to create one."""
    path = tmp_path_factory.mktemp("empty") / "ledger.db"
    ledger = store.connect(f"sqlite:///{path}")
    with ledger.writing() as connection:
        migrations.upgrade(connection)
    ledger.close()
    return path


@settings(max_examples=25, deadline=None, derandomize=True)
@given(steps=STEPS)
def test_any_sequence_of_requests_and_failures_converges(steps, empty):
    path = empty.with_name("copy.db")
    for old in empty.parent.glob("copy.db*"):
        old.unlink()
    shutil.copy(empty, path)
    ledger = store.connect(f"sqlite:///{path}")
    run = Controller(ledger, nodes=2)
    run.pools = [Pool("acme-storage-1", 250), Pool("acme-storage-2", 60)]
    for number, (name, what, end) in enumerate(steps):
        try_wish(run, name, what)
        run.nodes = [node(1, healthy=what != "heal"), node(2)]
        started = run.start(*([name] if name in run.tenants() else []), kind="heal" if what == "heal" else "converge")
        if end == "dies":
            run.holder, run.now = f"run {number}", run.now + 1000
        else:
            getattr(run, end)(started)
        check(run)
    run.now += 1000
    run.nodes, run.pools = [node(number) for number in range(1, 9)], [Pool(pool.name, 10_000) for pool in run.pools]
    run.nodes += [node(number, locations=("hel1", "ch-dk-2")) for number in range(9, 12)]
    for _time in range(2):  # a desired state that changed during its operation is converged next
        run.run()
    assert run.start()["operations"] == []
    for tenant in run.tenants().values():
        assert tenant["state"] == desired_states.REACHED[tenant["desired_state"]], tenant
        assert tenant["source_node"] == tenant["source_storage_node"] == tenant["target_storage_node"] == ""
        if tenant["desired_state"] == desired_states.ACTIVE and tenant["tier"] == "pro":
            assert re.fullmatch(
                r"acme-tenant-\d+" + f"(-{tenant['location']})" * bool(tenant["location"]), tenant["node"]
            )
        elif tenant["desired_state"] == desired_states.ACTIVE:
            assert (int(tenant["node"][-2:].strip("-")) > 8) == bool(tenant["location"]), tenant
        if tenant["desired_state"] in (desired_states.RELEASE, desired_states.ABSENT):
            assert tenant["node"] == ""
    with ledger.reading() as connection:
        assert journal.running(connection) == {}
    ledger.close()
