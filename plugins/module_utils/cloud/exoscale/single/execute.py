# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Carry out the plan of a single resource, in the same way for every kind."""

from __future__ import annotations

from functools import partial

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.converge import converge
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.execute import execute
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.kind import Kind
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.plan import next_steps, predict
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.result import as_result, by_name, view
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.spec import Spec, validate
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.state import read
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report


def ensure_single(cloud: Exoscale, kind: Kind, spec: Spec, check_mode: bool) -> Report:
    """Converge one resource, or predict in check mode what that would change.

    Raises ``ValidationError``, ``CloudError``.
    """
    first = read(cloud, kind, spec)
    validate(cloud, kind, spec, first)
    before, after = view(kind, first), predict(kind, spec, first)
    planned = next_steps(kind, spec, first)
    report = Report(
        bool(planned), before=by_name(spec, before), after=by_name(spec, after), kind=f"parts of {kind.word}"
    )
    if check_mode or not planned:
        report.values = {kind.result: as_result(kind, spec, first.item, after)}
        return report
    end = converge(
        lambda: read(cloud, kind, spec),
        lambda current: next_steps(kind, spec, current),
        partial(execute, cloud),
        cloud.wait if cloud.waits else None,
        first,
    )
    last = view(kind, end.state)
    report.changed = end.changed
    report.failed = end.errors
    if end.errors:
        report.after = by_name(spec, last)
    report.values = {kind.result: as_result(kind, spec, end.state.item, last)}
    return report
