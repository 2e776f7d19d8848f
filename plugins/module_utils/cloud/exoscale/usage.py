# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the usage report of a month, and sum it up exactly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.templates import matches
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, ValidationError

PERIOD = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
DIGITS = 60  # more than any sum of a month has, so that nothing is rounded


def run(module: AnsibleModule, cloud: Exoscale) -> Report:
    """Read the usage report, filtered by product, with its sums."""
    period = check_period(module.params["period"])
    lines = cloud.list("get-usage-report", "usage", **({"period": period} if period else {}))
    usage = matching_usage(lines, module.params["product"])
    return Report(values={"usage": usage, "totals": totals(usage)})


def check_period(period: str | None) -> str | None:
    """``period``, which is a month; raises ``ValidationError`` for what is none."""
    if period is not None and PERIOD.fullmatch(period) is None:
        raise ValidationError(f"period: {period!r} is not a month; write it like 2026-10")
    return period


def matching_usage(lines: Iterable[Mapping[str, Any]], product: str | None = None) -> list[dict[str, Any]]:
    """The lines of a usage report whose product matches."""
    return [dict(line) for line in lines if product is None or matches(line.get("product"), product)]


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


def _decimal(line: Mapping[str, Any]) -> Decimal:
    try:
        quantity = Decimal(str(line["quantity"]))
    except (KeyError, InvalidOperation):
        quantity = Decimal("NaN")
    if not quantity.is_finite():
        raise CloudError(f"Exoscale reports a quantity that is no number: {dict(line)}", code="unreadable")
    return quantity
