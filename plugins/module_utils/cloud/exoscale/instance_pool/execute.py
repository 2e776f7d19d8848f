# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Carry out the plan of an instance pool."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.catalog import Catalog, read_catalog
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.execute import ensure
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instance_pool.plan import (
    next_step,
    predict,
    validate,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instance_pool.result import diff, values
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instance_pool.spec import (
    REFERENCES,
    Spec,
    read_spec,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instance_pool.state import (
    State,
    at_rest,
    in_transition,
    read,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Step
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.unfinished import Ending


def run(module: AnsibleModule, cloud: Exoscale) -> Report:
    """Converge one pool; see the module for the options. Raises ``ValidationError``, ``CloudError``."""
    params = module.params
    catalog = Catalog(cloud.zone)
    if params["state"] == "present":
        kinds = [kind for kind in (*REFERENCES, "ssh_keys") if params[kind] is not None]
        templates = [params["template"]] if params["template"] else []
        catalog = read_catalog(cloud, ["instance_types", *kinds], templates)
    spec = read_spec(params, catalog)

    def read_once() -> State:
        return read(cloud, spec)

    def read_at_rest() -> State:
        return cloud.read_at_rest(read_once, in_transition)

    first = read_once() if module.check_mode else read_at_rest()
    validate(spec, first)

    def next_steps(current: State) -> list[Step]:
        step = next_step(spec, current)
        return [step] if step else []

    return ensure(
        cloud,
        module.check_mode,
        first,
        read=read_at_rest,
        next_steps=next_steps,
        predict=lambda current: predict(spec, current),
        at_rest=at_rest,
        values=lambda current: values(current, catalog),
        diff=lambda current: diff(spec, first, current, catalog),
        endings=lambda current: endings(spec, current),
        kind="pools",
    )


def endings(spec: Spec, current: State) -> dict[str, Ending]:
    """Whether the pool has a broken member, or is still in transition."""
    if spec.state == "absent" or not current.pool:
        return {}
    broken = [str(member.get("name")) for member in current.members if member.get("state") == "error"]
    if broken:
        text = f"members are in the state error: {', '.join(broken)}; replace them with evict and size"
        return {spec.name: Ending(broken=text, details=broken)}
    if not in_transition(current):
        return {}
    running = sum(member.get("state") == "running" for member in current.members)
    text = f"{current.pool.get('state')}, with {running} of {current.pool.get('size')} members running,"
    return {spec.name: Ending(pending=text)}
