# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read quotas, and compare them with what is required."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, ValidationError

UNLIMITED = -1  # in Exoscale's API


def run(module: AnsibleModule, cloud: Exoscale) -> Report:
    """List the quotas; those of which less is free than the option ``require`` says have failed."""
    listed = quotas(cloud.list("list-quotas", "quotas"))
    failed = shortages(listed, module.params["require"] or {})
    return Report(values={"quotas": listed}, failed=failed, kind="quotas")


def quotas(documents: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Quotas sorted by name, with what is available of each; None without a limit."""
    listed = []
    for quota in sorted(documents, key=lambda quota: quota["resource"]):
        usage, limit = quota.get("usage") or 0, quota.get("limit")
        free = None if limit in (None, UNLIMITED) else max(0, limit - usage)
        listed.append(
            {
                "resource": quota["resource"],
                "usage": usage,
                "limit": None if free is None else limit,
                "available": free,
            }
        )
    return listed


def shortages(listed: Iterable[Mapping[str, Any]], required: Mapping[str, Any]) -> dict[str, CloudError]:
    """The error of each resource of which less is free than ``required``; ``ValidationError`` for unknown ones."""
    known = {quota["resource"]: quota for quota in listed}
    short = {}
    for resource, wanted in required.items():
        if resource not in known:
            raise ValidationError(f"require: Exoscale has no quota {resource!r}; choose from {', '.join(known)}")
        try:
            needed = int(wanted)
        except (TypeError, ValueError):
            raise ValidationError(f"require: {resource} must be a whole number, not {wanted!r}") from None
        free, quota = known[resource]["available"], known[resource]
        if free is not None and free < needed:
            short[resource] = CloudError(
                f"{needed} needed, {free} free ({quota['usage']} of {quota['limit']} in use): "
                f"ask Exoscale to raise the quota, or delete what is not needed",
                code="quota_exceeded",
                details={**quota, "required": needed},
            )
    return short
