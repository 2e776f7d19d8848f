# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module exoscale_instances: from options to report."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.catalog import Catalog, read_catalog
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.deeds import Deed, bring
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances import plan, seen, view, wish
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError


def work(module: AnsibleModule, cloud: Exoscale) -> Report:
    """Bring a set of instances to the wish; see the module for the options."""
    params = module.params
    items = wish.items_of(params)
    templates = [item["template"] for item in items if item["template"] and item["state"] != "absent"]
    catalog = read_catalog(cloud, wish.kinds_of(items), templates)
    wishes = [wish.wish_of(item, catalog) for item in items]
    with_leases = any(w.private_networks for w in wishes)
    listed = cloud.list("list-instances", "instances")
    if params["exact"]:
        wishes += _removals(params, wishes, listed)

    def look() -> seen.Seen:
        return seen.read(cloud, wishes, with_leases, params["concurrency"])

    def settled() -> seen.Seen:
        return cloud.settle(look, seen.is_moving)

    first = seen.read(cloud, wishes, with_leases, params["concurrency"], listed)
    # Refuse before the first change, and before waiting for anything.
    wishes = [plan.settle_power(w, first.instances[w.key]) for w in wishes]
    for w in wishes:
        plan.check(w, first.instances[w.key], catalog)
    before = _diffs(wishes, first, catalog)
    if module.check_mode:
        return _foreseen(wishes, first, before, catalog)
    if seen.is_moving(first):
        first = settled()

    def deeds(now: seen.Seen) -> dict[str, Deed | None]:
        return {w.key: plan.next_deed(w, now.instances[w.key], now) for w in wishes}

    end = bring(cloud, settled, deeds, first, params["concurrency"])
    failed = end.errors | _unfinished(wishes, end.seen, cloud, end.errors)
    return Report(
        changed=end.changed,
        values=_values(wishes, end.seen, catalog),
        before=before,
        after=_diffs(wishes, end.seen, catalog),
        failed=failed,
        kind="instances",
    )


def _removals(params: dict[str, Any], wishes: list[wish.Wish], listed: list[seen.Item]) -> list[wish.Wish]:
    """Wishes that the unlisted members of the fleet be gone."""
    leaving = seen.unlisted(params["fleet"], wishes, listed)
    names = Counter([w.key for w in wishes] + [str(item.get("name")) for item in leaving])
    return [
        wish.absent(
            str(item.get("name")) if names[str(item.get("name"))] == 1 else item["id"],
            None,
            item["id"],
            params["delete_protection"],
        )
        for item in leaving
    ]


def _foreseen(wishes: list[wish.Wish], now: seen.Seen, before: Any, catalog: Catalog) -> Report:
    resting = {
        key: item and {**item, "state": view.RESTING.get(item["state"], item["state"])}
        for key, item in now.instances.items()
    }
    end = view.foreseen(wishes, now)
    return Report(
        changed=any(plan.next_deed(w, resting[w.key], now) for w in wishes),
        values=_values(wishes, end, catalog),
        before=before,
        after=_diffs(wishes, end, catalog),
    )


def _diffs(wishes: list[wish.Wish], now: seen.Seen, catalog: Catalog) -> dict[str, Any]:
    shown = {w.key: view.diffed(w, now.instances[w.key], now, catalog) for w in wishes}
    return {key: value for key, value in shown.items() if value is not None}


def _values(wishes: list[wish.Wish], now: seen.Seen, catalog: Catalog) -> dict[str, Any]:
    items = [now.instances[w.key] for w in wishes]
    return {"instances": [view.result(item, now, catalog) for item in items if item]}


def _unfinished(
    wishes: list[wish.Wish], now: seen.Seen, cloud: Exoscale, known: dict[str, CloudError]
) -> dict[str, CloudError]:
    """The errors of instances that ended in the state ``error``, or are still on their way
    though the task waited."""
    errors: dict[str, CloudError] = {}
    for w in wishes:
        item = now.instances[w.key]
        if w.key in known or item is None:
            continue
        if item["state"] == "error" and w.state != "absent":
            errors[w.key] = CloudError("it is in the state error: delete it with state: absent", code="error_state")
        elif cloud.waits and item["state"] in seen.MOVING:
            errors[w.key] = CloudError(
                f"it is still {item['state']} after {cloud.wait_timeout:g} s (wait_timeout)", code="timeout"
            )
    return errors
