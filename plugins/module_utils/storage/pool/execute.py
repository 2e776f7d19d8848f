# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Converge a pool, step by step, and wait for data that LVM moves in the background."""

from __future__ import annotations

import time

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.node import Node
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.pool.plan import next_step
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.pool.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.pool.state import State, read
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.step import Step

POLL_INTERVAL = 2  # seconds between two reads while data moves


def converge(node: Node, spec: Spec, state: State, wait: float) -> tuple[bool, State]:
    """Run every step that is still needed; return whether there was one, and the state afterwards.

    Returns early when data is still moving after ``wait`` seconds.
    """
    end = time.monotonic() + wait
    step, changed, resumed = next_step(spec, state), False, False
    while step:
        # A move in progress is resumed once a run, because it stops when the node restarts.
        if not (resumed and step.background and state.group.moves):
            _run(node, step)
        resumed, changed = step.background, True
        if step.background:
            if time.monotonic() >= end:
                return changed, read(node, spec.name)
            time.sleep(min(POLL_INTERVAL, max(0.0, end - time.monotonic())))
        state = read(node, spec.name)
        step = next_step(spec, state)
    return changed, state


def _run(node: Node, step: Step) -> None:
    try:
        node.run(*step.command)
    except StorageError as error:
        # The move ended after the state was read.
        if not (step.background and "No data to move" in str(error)):
            raise
