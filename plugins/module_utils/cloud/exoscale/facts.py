# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the info modules make of Exoscale's answers: templates, quotas, usage."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, ValidationError

PERIOD = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
UNLIMITED = -1  # Exoscale's word for it
DIGITS = 60  # more than any sum of a month has, so that nothing is rounded


def newest_templates(
    templates: Iterable[Mapping[str, Any]],
    name: str | None = None,
    family: str | None = None,
    default_user: str | None = None,
    required: bool = False,
) -> list[dict[str, Any]]:
    """The templates that fit all that is given, the newest first; ``ValidationError`` if ``required`` and none does."""
    templates = list(templates)
    fitting = [
        template
        for template in templates
        if (name is None or template.get("id") == name or _matches(template.get("name"), name))
        and (family is None or (template.get("family") or "").lower() == family.lower())
        and (default_user is None or template.get("default-user") == default_user)
    ]
    if required and not fitting:
        asked = {"name": name, "family": family, "default_user": default_user}
        said = ", ".join(f"{option} {value!r}" for option, value in asked.items() if value is not None)
        known = ", ".join(sorted({str(template.get("name")) for template in templates})[:8])
        raise ValidationError(f"no template has {said or 'that visibility'}; there is {known or 'none at all'}")
    newest = sorted(fitting, key=lambda template: (template.get("created-at") or "", template["id"]), reverse=True)
    return [underscored(template) for template in newest]


def quotas(documents: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Quotas by name in order, with what is left of each; None for no limit."""
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


def check_period(period: str | None) -> str | None:
    """``period``, which is a month; raises ``ValidationError`` for what is none."""
    if period is not None and PERIOD.fullmatch(period) is None:
        raise ValidationError(f"period: {period!r} is not a month; write it like 2026-10")
    return period


def matching_usage(lines: Iterable[Mapping[str, Any]], product: str | None = None) -> list[dict[str, Any]]:
    """The lines of a usage report whose product matches."""
    return [dict(line) for line in lines if product is None or _matches(line.get("product"), product)]


def totals(lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Exact sums by product, variable and unit; raises ``CloudError`` for a quantity that is no number."""
    sums: dict[tuple[str, str, str], Decimal] = {}
    with localcontext() as context:
        context.prec = DIGITS
        for line in lines:
            key = (line.get("product") or "", line.get("variable") or "", line.get("unit") or "")
            sums[key] = sums.get(key, Decimal(0)) + _decimal(line)
    return [
        {"product": product, "variable": variable, "unit": unit, "quantity": format(quantity, "f")}
        for (product, variable, unit), quantity in sorted(sums.items())
    ]


def underscored(document: Mapping[str, Any]) -> dict[str, Any]:
    """``document`` with ``_`` for ``-`` in its keys, as templates of playbooks need them."""
    return {key.replace("-", "_"): value for key, value in document.items()}


def _matches(name: str | None, pattern: str) -> bool:
    name, pattern = (name or "").lower(), pattern.lower()
    return name == pattern or fnmatch.fnmatchcase(name, pattern)


def _decimal(line: Mapping[str, Any]) -> Decimal:
    try:
        quantity = Decimal(str(line["quantity"]))
    except (KeyError, InvalidOperation):
        quantity = Decimal("NaN")
    if not quantity.is_finite():
        raise CloudError(f"Exoscale reports a quantity that is no number: {dict(line)}", code="unreadable")
    return quantity
