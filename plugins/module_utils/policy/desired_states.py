# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Desired states of a tenant, and the next step from its current state towards them. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.sovereign.vdc.plugins.module_utils.policy import states

ACTIVE = "active"
POWEROFF = "poweroff"
RELEASE = "release"
ABSENT = "absent"
DESIRED_STATES = (ACTIVE, POWEROFF, RELEASE, ABSENT)

# Kinds of operations beside the desired state: they leave the tenant's state as it is.
PURGE = "purge"  # deletes the backups of a deleted tenant
SIDE_OPERATIONS = frozenset({"backup", "backup_verify", "restore", "shrink", PURGE})
# Kinds of operations that move tenants off nodes that are draining, or that are lost.
DRAINING = frozenset({"migrate", "drain"})
HEALING = frozenset({"heal"})
# The state of a tenant whose desired state has been reached.
REACHED = {ACTIVE: states.ACTIVE, POWEROFF: states.SUSPENDED, RELEASE: states.SUSPENDED, ABSENT: states.DELETED}


@dataclass(frozen=True)
class TenantStatus:
    """What the next step of a tenant depends on.

    ``placed``: it has a placement on a node. ``has_source``: its stack or its data still has to leave another node.
    ``relocated``: its placement on a lost node was just replaced. ``changed``: its tier, stack or size differs from
    what was last converged. ``activated``: it was active before. ``may_have_resources``: something may have been
    created for it.
    """

    state: str
    desired_state: str
    placed: bool = False
    has_source: bool = False
    relocated: bool = False
    changed: bool = False
    activated: bool = False
    may_have_resources: bool = True


@dataclass(frozen=True)
class NextStep:
    """The state to enter now; ``due``: whether an operation has to run in it."""

    state: str
    due: bool


def next_step(status: TenantStatus) -> NextStep:
    """The next step towards the desired state.

    A tenant that needs a placement and has none is queued; a tenant in error continues.
    """
    if status.desired_state == ABSENT:
        unused = not status.may_have_resources and status.state in (states.QUEUED, states.SUSPENDED)
        if status.state == states.DELETED or unused:
            return NextStep(states.DELETED, False)
        return NextStep(states.DELETING, True)
    if status.desired_state == ACTIVE:
        return _towards_active(status)
    if not (status.placed or status.has_source):  # nothing runs, and the data is on its storage node
        return NextStep(states.SUSPENDED, False)
    converged = not (status.has_source or status.relocated or status.changed)
    if status.state == states.SUSPENDED and status.desired_state == POWEROFF and converged:
        return NextStep(states.SUSPENDED, False)
    return NextStep(states.SUSPENDING, True)


def _towards_active(status: TenantStatus) -> NextStep:
    if not status.placed:
        return NextStep(states.QUEUED, False)
    if status.state == states.ACTIVE:
        if status.has_source or status.relocated:
            return NextStep(states.MIGRATING, True)
        return NextStep(states.PROVISIONING, True) if status.changed else NextStep(states.ACTIVE, False)
    if not status.activated:
        return NextStep(states.PROVISIONING, True)
    if status.state == states.QUEUED:
        return NextStep(states.RESUMING, True)
    if status.has_source or status.relocated:
        return NextStep(states.MIGRATING, True)
    keeps = status.state in (states.PROVISIONING, states.MIGRATING)
    return NextStep(status.state if keeps else states.RESUMING, True)
