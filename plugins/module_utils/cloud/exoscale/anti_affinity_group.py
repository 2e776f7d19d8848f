# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an anti-affinity group is made of. Exoscale has no call that changes one."""

from __future__ import annotations

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.kind import Kind
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.marker import DESCRIPTION, refuse_unmarked
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.users import members

WORD = "anti-affinity group"

KIND = Kind(
    WORD,
    "anti-affinity-group",
    [DESCRIPTION],
    refuse_foreign=lambda item: refuse_unmarked(WORD, item),
    users=lambda cloud, item, _items: members(cloud, item["id"]),
)
