"""The next step towards the desired state, by example and over all combinations."""

from __future__ import annotations

from itertools import product

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import desired_states, states
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.desired_states import (
    NextStep,
    TenantStatus,
    next_step,
)


@pytest.mark.parametrize(
    ("at", "comes"),
    [
        (TenantStatus("queued", "active", may_have_resources=False), NextStep("queued", False)),
        (TenantStatus("queued", "active", placed=True), NextStep("provisioning", True)),
        (TenantStatus("provisioning", "active", placed=True), NextStep("provisioning", True)),
        (TenantStatus("active", "active", placed=True, activated=True), NextStep("active", False)),
        (TenantStatus("active", "active", placed=True, activated=True, changed=True), NextStep("provisioning", True)),
        (TenantStatus("active", "active", placed=True, activated=True, has_source=True), NextStep("migrating", True)),
        (TenantStatus("active", "active", placed=True, activated=True, relocated=True), NextStep("migrating", True)),
        (TenantStatus("active", "active", activated=True), NextStep("queued", False)),
        (TenantStatus("error", "active", placed=True), NextStep("provisioning", True)),
        (TenantStatus("error", "active", placed=True, activated=True), NextStep("resuming", True)),
        (TenantStatus("error", "active", placed=True, activated=True, has_source=True), NextStep("migrating", True)),
        (TenantStatus("suspended", "active", placed=True, activated=True), NextStep("resuming", True)),
        (TenantStatus("suspending", "active", placed=True, activated=True), NextStep("resuming", True)),
        (TenantStatus("active", "poweroff", placed=True, activated=True), NextStep("suspending", True)),
        (TenantStatus("suspended", "poweroff", placed=True, activated=True), NextStep("suspended", False)),
        (
            TenantStatus("suspended", "poweroff", placed=True, activated=True, changed=True),
            NextStep("suspending", True),
        ),
        (TenantStatus("suspended", "release", placed=True, activated=True), NextStep("suspending", True)),
        (TenantStatus("suspended", "release", activated=True, changed=True), NextStep("suspended", False)),
        (TenantStatus("suspended", "poweroff", activated=True), NextStep("suspended", False)),
        (TenantStatus("suspended", "release", activated=True, has_source=True), NextStep("suspending", True)),
        (TenantStatus("queued", "release", activated=True, has_source=True), NextStep("suspending", True)),
        (TenantStatus("queued", "poweroff", may_have_resources=False), NextStep("suspended", False)),
        (TenantStatus("queued", "absent", may_have_resources=False), NextStep("deleted", False)),
        (TenantStatus("active", "absent", placed=True, activated=True), NextStep("deleting", True)),
        (TenantStatus("error", "absent", activated=True), NextStep("deleting", True)),
        (TenantStatus("deleted", "absent"), NextStep("deleted", False)),
    ],
)
def test_next_step_by_status(at, comes):
    assert next_step(at) == comes


def everywhere():
    for state, desired, *flags in product(states.STATES, desired_states.DESIRED_STATES, *[[False, True]] * 6):
        if desired != desired_states.ABSENT and state in (states.DELETING, states.DELETED):
            continue  # a deleted tenant does not return
        at = TenantStatus(state, desired, *flags)
        if at.placed and state == states.QUEUED and desired != desired_states.ACTIVE:
            continue  # a queued tenant has no slot
        yield at


def test_every_next_step_is_an_allowed_transition():
    for at in everywhere():
        states.check_transition("acme", at.state, next_step(at).state)


def test_one_successful_operation_reaches_the_desired_state():
    for at in everywhere():
        comes = next_step(at)
        if comes.due:
            states.check_transition("acme", comes.state, desired_states.REACHED[at.desired_state])
        else:
            assert comes.state in (desired_states.REACHED[at.desired_state], states.QUEUED)
