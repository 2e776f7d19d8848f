"""From wishes to what comes next, by table and over all there is."""

from __future__ import annotations

from itertools import product

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states, states
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.desired_states import Onward, Standing, onward


@pytest.mark.parametrize(
    ("at", "comes"),
    [
        (Standing("queued", "active", begun=False), Onward("queued", False)),
        (Standing("queued", "active", placed=True), Onward("provisioning", True)),
        (Standing("provisioning", "active", placed=True), Onward("provisioning", True)),
        (Standing("active", "active", placed=True, served=True), Onward("active", False)),
        (Standing("active", "active", placed=True, served=True, changed=True), Onward("provisioning", True)),
        (Standing("active", "active", placed=True, served=True, source_node=True), Onward("migrating", True)),
        (Standing("active", "active", placed=True, served=True, moved=True), Onward("migrating", True)),
        (Standing("active", "active", served=True), Onward("queued", False)),
        (Standing("error", "active", placed=True), Onward("provisioning", True)),
        (Standing("error", "active", placed=True, served=True), Onward("resuming", True)),
        (Standing("error", "active", placed=True, served=True, source_node=True), Onward("migrating", True)),
        (Standing("suspended", "active", placed=True, served=True), Onward("resuming", True)),
        (Standing("suspending", "active", placed=True, served=True), Onward("resuming", True)),
        (Standing("active", "poweroff", placed=True, served=True), Onward("suspending", True)),
        (Standing("suspended", "poweroff", placed=True, served=True), Onward("suspended", False)),
        (Standing("suspended", "poweroff", placed=True, served=True, changed=True), Onward("suspending", True)),
        (Standing("suspended", "release", placed=True, served=True), Onward("suspending", True)),
        (Standing("suspended", "release", served=True, changed=True), Onward("suspended", False)),
        (Standing("suspended", "poweroff", served=True), Onward("suspended", False)),
        (Standing("suspended", "release", served=True, source_node=True), Onward("suspending", True)),
        (Standing("queued", "release", served=True, source_node=True), Onward("suspending", True)),
        (Standing("queued", "poweroff", begun=False), Onward("suspended", False)),
        (Standing("queued", "absent", begun=False), Onward("deleted", False)),
        (Standing("active", "absent", placed=True, served=True), Onward("deleting", True)),
        (Standing("error", "absent", served=True), Onward("deleting", True)),
        (Standing("deleted", "absent"), Onward("deleted", False)),
    ],
)
def test_what_comes_next(at, comes):
    assert onward(at) == comes


def everywhere():
    for state, wish, *flags in product(states.STATES, desired_states.DESIRED_STATES, *[[False, True]] * 6):
        if wish != desired_states.ABSENT and state in (states.DELETING, states.DELETED):
            continue  # who leaves does not come back
        at = Standing(state, wish, *flags)
        if at.placed and state == states.QUEUED and wish != desired_states.ACTIVE:
            continue  # who waits has no place
        yield at


def test_no_wish_asks_for_a_move_that_is_not_allowed():
    for at in everywhere():
        states.check_move("acme", at.state, onward(at).state)


def test_whatever_happens_one_run_that_goes_well_leads_to_the_end():
    for at in everywhere():
        comes = onward(at)
        if comes.due:
            states.check_move("acme", comes.state, desired_states.ENDS[at.desired_state])
        else:
            assert comes.state in (desired_states.ENDS[at.desired_state], states.QUEUED)
