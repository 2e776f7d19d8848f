# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what a customer shall have and how far that is to what comes next. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.sovereign.vdc.plugins.module_utils.policy import states

ACTIVE = "active"
POWEROFF = "poweroff"
RELEASE = "release"
ABSENT = "absent"
DESIRED_STATES = (ACTIVE, POWEROFF, RELEASE, ABSENT)

# Verbs that do something for a tenant beside its wish: its state stays as it is.
PURGE = "purge"  # of the backups of a tenant who has left
DEEDS = frozenset({"backup", "backup_verify", "restore", "shrink", PURGE})
# Verbs that bring tenants away from nodes that are to be emptied, or are lost.
DRAINING = frozenset({"migrate", "drain"})
HEALING = frozenset({"heal"})
# What a tenant has become when its wish was carried out.
ENDS = {ACTIVE: states.ACTIVE, POWEROFF: states.SUSPENDED, RELEASE: states.SUSPENDED, ABSENT: states.DELETED}


@dataclass(frozen=True)
class Standing:
    """Where a tenant stands. ``placed``: it has a place on a node; ``source_node``: it is still to leave
    another, or its data is; ``moved``: its place was exchanged for that of a lost node just now; ``changed``: it is to
    have something else than was last brought about; ``served``: it was active once; ``begun``: something
    may have been made for it."""

    state: str
    desired_state: str
    placed: bool = False
    source_node: bool = False
    moved: bool = False
    changed: bool = False
    served: bool = False
    begun: bool = True


@dataclass(frozen=True)
class Onward:
    """The state that the tenant is in while it is worked on, and whether there is anything to do."""

    state: str
    due: bool


def onward(at: Standing) -> Onward:
    """What comes next. A tenant without a place that wishes for one waits; one in error goes on."""
    if at.desired_state == ABSENT:
        if at.state == states.DELETED or (not at.begun and at.state in (states.QUEUED, states.SUSPENDED)):
            return Onward(states.DELETED, False)
        return Onward(states.DELETING, True)
    if at.desired_state == ACTIVE:
        return _towards_active(at)
    if not (at.placed or at.source_node):  # nothing runs, and its data is where it shall be
        return Onward(states.SUSPENDED, False)
    if at.state == states.SUSPENDED and at.desired_state == POWEROFF and not (at.source_node or at.moved or at.changed):
        return Onward(states.SUSPENDED, False)
    return Onward(states.SUSPENDING, True)


def _towards_active(at: Standing) -> Onward:
    if not at.placed:
        return Onward(states.QUEUED, False)
    if at.state == states.ACTIVE:
        if at.source_node or at.moved:
            return Onward(states.MIGRATING, True)
        return Onward(states.PROVISIONING, True) if at.changed else Onward(states.ACTIVE, False)
    if not at.served:
        return Onward(states.PROVISIONING, True)
    if at.state == states.QUEUED:
        return Onward(states.RESUMING, True)
    if at.source_node or at.moved:
        return Onward(states.MIGRATING, True)
    return Onward(at.state if at.state in (states.PROVISIONING, states.MIGRATING) else states.RESUMING, True)
