# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Carry out the plans of a set of instances."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.catalog import read_catalog
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.execute import ensure
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.plan import (
    next_step,
    resolve_power,
    validate,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.predict import predict
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.result import diff, values
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.spec import (
    Spec,
    absent,
    read_items,
    read_spec,
    reference_kinds,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.state import (
    TRANSITIONAL,
    Item,
    State,
    at_rest,
    in_transition,
    read,
    unlisted,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Step
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.unfinished import Ending, ending


def run(module: AnsibleModule, cloud: Exoscale) -> Report:
    """Converge a set of instances; see the module for the options. Raises ``ValidationError``, ``CloudError``."""
    params = module.params
    items = read_items(params)
    templates = [item["template"] for item in items if item["template"] and item["state"] != "absent"]
    catalog = read_catalog(cloud, reference_kinds(items), templates)
    specs = [read_spec(item, catalog) for item in items]
    with_leases = any(spec.private_networks for spec in specs)
    listed = cloud.list("list-instances", "instances")
    if params["exact"]:
        specs += _removals(params, specs, listed)

    def read_at_rest() -> State:
        return cloud.read_at_rest(lambda: read(cloud, specs, with_leases, params["concurrency"]), in_transition)

    first = read(cloud, specs, with_leases, params["concurrency"], listed)
    # Reject before the first change, and before waiting for anything.
    specs = [resolve_power(spec, first.instances[spec.key]) for spec in specs]
    for spec in specs:
        validate(spec, first.instances[spec.key], catalog)
    if not module.check_mode and in_transition(first):
        first = read_at_rest()

    def next_steps(current: State) -> list[Step]:
        return [step for spec in specs if (step := next_step(spec, current.instances[spec.key], current))]

    def endings(current: State) -> dict[str, Ending]:
        found = ((spec, current.instances[spec.key]) for spec in specs)
        return {spec.key: ending(item["state"], TRANSITIONAL, spec.state == "absent") for spec, item in found if item}

    return ensure(
        cloud,
        module.check_mode,
        first,
        read=read_at_rest,
        next_steps=next_steps,
        predict=lambda current: predict(specs, current),
        at_rest=at_rest,
        values=lambda current: values(specs, current, catalog),
        diff=lambda current: diff(specs, current, catalog),
        endings=endings,
        kind="instances",
        width=params["concurrency"],
    )


def _removals(params: dict[str, Any], specs: list[Spec], listed: list[Item]) -> list[Spec]:
    """Specs that delete the members of the fleet that the task does not list."""
    surplus = unlisted(params["fleet"], specs, listed)
    names = Counter([spec.key for spec in specs] + [str(item.get("name")) for item in surplus])
    return [
        absent(
            str(item.get("name")) if names[str(item.get("name"))] == 1 else item["id"],
            None,
            item["id"],
            params["delete_protection"],
        )
        for item in surplus
    ]
