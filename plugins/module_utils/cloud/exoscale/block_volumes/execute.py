# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Carry out the plans of a set of block volumes, or list all volumes of a zone."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_volumes import plan, result
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_volumes.spec import (
    read_items,
    read_spec,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.block_volumes.state import (
    TRANSITIONAL,
    State,
    at_rest,
    in_transition,
    read,
    resolve,
    unlisted,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.execute import ensure
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Step
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.unfinished import Ending, ending


def run(module: AnsibleModule, cloud: Exoscale) -> Report:
    """Converge a set of volumes; see the module for the options. Raises ``ValidationError``, ``CloudError``."""
    params = module.params
    confirmation = plan.Confirmation(params["allow_detach"], params["force_detach"])
    items = read_items(params)
    specs = [read_spec(item) for item in items]
    with_snapshots = any(item["snapshot"] and item["state"] != "absent" for item in items)

    def read_once() -> State:
        return read(cloud, specs, with_snapshots)

    def read_at_rest() -> State:
        return cloud.read_at_rest(read_once, in_transition)

    first = read_once() if module.check_mode else read_at_rest()
    specs = [
        plan.resolve_instance(resolve(spec, item, first, cloud.zone), first.items[spec.key])
        for spec, item in zip(specs, items, strict=True)
    ]
    if params["exact"]:
        specs += unlisted(params["fleet"], first)
        first = read_once() if module.check_mode else read_at_rest()
    for spec in specs:
        plan.validate(spec, first, confirmation)
    plan.validate_capacity(specs, first)

    def next_steps(current: State) -> list[Step]:
        return [step for spec in specs if (step := plan.next_step(spec, current))]

    def endings(current: State) -> dict[str, Ending]:
        found = ((spec, current.items[spec.key]) for spec in specs)
        return {spec.key: ending(item["state"], TRANSITIONAL, spec.state == "absent") for spec, item in found if item}

    return ensure(
        cloud,
        module.check_mode,
        first,
        read=read_at_rest,
        next_steps=next_steps,
        predict=lambda current: plan.predict(specs, current),
        at_rest=at_rest,
        values=lambda current: result.values(specs, current, cloud.zone),
        diff=lambda current: result.diff(specs, current),
        endings=endings,
        kind="volumes",
    )


def run_info(module: AnsibleModule, cloud: Exoscale) -> Report:
    """List the volumes of the zone, filtered by labels and instance."""
    wanted = {key: str(value) for key, value in module.params["labels"].items()}
    instance = module.params["instance"]
    current = read(cloud, [], with_snapshots=False)
    volumes = [result.as_result(item, current, cloud.zone) for item in current.volumes]
    chosen = [
        volume
        for volume in volumes
        if wanted.items() <= volume["labels"].items() and instance in (None, volume["instance"])
    ]
    return Report(values={"volumes": sorted(chosen, key=lambda volume: (volume["name"] or "", volume["id"]))})
