# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Carry out the plan of a block snapshot."""

from __future__ import annotations

from dataclasses import replace

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_snapshots.plan import (
    next_steps,
    predict,
    validate,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_snapshots.result import diff, values
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_snapshots.spec import read_spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_snapshots.state import (
    TRANSITIONAL,
    State,
    find,
    in_transition,
    read,
    resolve_volume,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.execute import ensure
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.unfinished import Ending, ending


def run(module: AnsibleModule, cloud: Exoscale) -> Report:
    """Converge one snapshot; see the module for the options. Raises ``ValidationError``, ``CloudError``."""
    spec = read_spec(module.params)

    def read_at_rest() -> State:
        return cloud.read_at_rest(lambda: read(cloud), lambda current: in_transition(spec, current))

    first = read(cloud) if module.check_mode else read_at_rest()
    spec = replace(spec, volume=resolve_volume(module.params["volume"], spec, first, cloud.zone))
    validate(spec, first)

    def endings(current: State) -> dict[str, Ending]:
        item = find(spec, current)
        return {spec.name: ending(str(item.get("state")), TRANSITIONAL, spec.state == "absent")} if item else {}

    return ensure(
        cloud,
        module.check_mode,
        first,
        read=read_at_rest,
        next_steps=lambda current: next_steps(spec, current),
        predict=lambda current: predict(spec, current),
        at_rest=lambda current: current,
        values=lambda current: values(spec, first, current),
        diff=lambda current: diff(spec, first, current),
        endings=endings,
        kind="snapshots",
    )
