# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module exoscale_instance_pool: from options to report."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.catalog import Catalog, read_catalog
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.deeds import bring
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.pool import plan
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.pool.plan import Seen, Wish
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.userdata import fingerprint
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError


def work(module: AnsibleModule, cloud: Exoscale) -> Report:
    """Bring the pool to its wish; see the module for the options."""
    params = module.params
    catalog = Catalog(cloud.zone)
    if params["state"] == "present":
        kinds = [kind for kind in (*plan.REFERENCES, "ssh_keys") if params[kind] is not None]
        templates = [params["template"]] if params["template"] else []
        catalog = read_catalog(cloud, ["instance_types", *kinds], templates)
    wish = plan.wish_of(params, catalog)

    def look() -> Seen:
        return plan.read(cloud, wish)

    def settled() -> Seen:
        return cloud.settle(look, plan.is_moving)

    first = look() if module.check_mode else settled()
    plan.check(wish, first)
    before = _diffed(wish, first, first, catalog)
    if module.check_mode:
        end = plan.foreseen(wish, first)
        rested = Seen(first.pool and {**first.pool, "state": "running"}, first.members)
        changed = plan.next_deed(wish, rested) is not None
        return Report(changed, _values(end, catalog), before, _diffed(wish, first, end, catalog))
    done = bring(cloud, settled, lambda now: {wish.name: plan.next_deed(wish, now)}, first)
    return Report(
        changed=done.changed,
        values=_values(done.seen, catalog),
        before=before,
        after=_diffed(wish, first, done.seen, catalog),
        failed=done.errors or _unfinished(wish, done.seen, cloud),
        kind="pools",
    )


def _diffed(wish: Wish, first: Seen, now: Seen, catalog: Catalog) -> dict[str, Any]:
    """The pool with what the wish speaks of, by name; its members as far as they are evicted."""
    if now.pool is None:
        return {}
    shown = {"size": now.pool.get("size"), **plan.named(wish, now.pool, catalog)}
    if "user_data" in shown:
        shown["user_data"] = fingerprint(shown["user_data"])
    leaving = {member["id"] for member in plan.leavers(wish, first)}
    if leaving:
        shown["evicted_members"] = [member.get("name") for member in now.members if member["id"] in leaving]
    return {wish.name: shown}


def _values(seen: Seen, catalog: Catalog) -> dict[str, Any]:
    pool = seen.pool
    if pool is None:
        return {"instance_pool": None}
    return {
        "instance_pool": {
            "name": pool.get("name"),
            "id": pool.get("id") or None,
            "state": pool.get("state"),
            "size": pool.get("size"),
            "min_available": pool.get("min-available"),
            "description": pool.get("description") or "",
            "instance_prefix": pool.get("instance-prefix"),
            "instance_type": catalog.name("instance_types", (pool.get("instance-type") or {}).get("id", "")),
            "template_id": (pool.get("template") or {}).get("id"),
            "disk_size": pool.get("disk-size"),
            "labels": dict(sorted((pool.get("labels") or {}).items())),
            "members": [
                {
                    "name": member.get("name"),
                    "id": member["id"],
                    "state": member.get("state"),
                    "public_ip": member.get("public-ip"),
                    "ipv6_address": member.get("ipv6-address"),
                }
                for member in seen.members
            ],
            "zone": catalog.zone,
        }
    }


def _unfinished(wish: Wish, seen: Seen, cloud: Exoscale) -> dict[str, CloudError]:
    """The error of a pool with a broken member, or that is still at work though the task waited."""
    if wish.state == "absent" or not seen.pool:
        return {}
    broken = [str(member.get("name")) for member in seen.members if member.get("state") == "error"]
    if broken:
        said = f"members are in the state error: {', '.join(broken)}; replace them with evict and size"
        return {wish.name: CloudError(said, code="error_state", details=broken)}
    if cloud.waits and plan.is_moving(seen):
        running = sum(member.get("state") == "running" for member in seen.members)
        said = (
            f"after {cloud.wait_timeout:g} s (wait_timeout) it is {seen.pool.get('state')}, with {running} "
            f"of {seen.pool.get('size')} members running"
        )
        return {wish.name: CloudError(said, code="timeout")}
    return {}
