# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Anti-affinity groups, which Exoscale cannot change after their creation."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.dependents import group_members
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.marker import DESCRIPTION, refuse_unmarked
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.execute import ensure_single
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.kind import Kind
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report

WORD = "anti-affinity group"

KIND = Kind(
    WORD,
    "anti-affinity-group",
    [DESCRIPTION],
    refuse_foreign=lambda item: refuse_unmarked(WORD, item),
    dependents=lambda cloud, item, _items: group_members(cloud, item["id"]),
)


def run(module: AnsibleModule, cloud: Exoscale) -> Report:
    """Converge one anti-affinity group; see the module for the options. Raises ``ValidationError``, ``CloudError``."""
    params = module.params
    spec = Spec(params["name"], params["state"] == "present", {"description": params["description"]})
    return ensure_single(cloud, KIND, spec, module.check_mode)
