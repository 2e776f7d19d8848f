"""Instance pools: a number of instances from one spec; members are ordinary instances."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from ..core.errors import ApiError
from ..core.routing import Call, Handler, Reply
from ..machines import futures
from .catalog import ANTI_AFFINITY_MEMBERS, instance_types
from .errors import busy, invalid
from .instance_requests import parse
from .instances import Instances
from .machine import finish, require_idle, reserve
from .models import Instance, Pool, View, without_none
from .operations import OperationFailed, no_effect
from .zone import Zone, body_of, find, new_id

LETTERS = string.ascii_lowercase + string.digits
# Fields of a request that apply to each member, and those that ``reset-field`` may remove.
MEMBER_FIELDS = (
    *("instance-type", "template", "disk-size", "public-ip-assignment", "ipv6-enabled", "labels", "user-data"),
    *("anti-affinity-groups", "security-groups", "elastic-ips", "private-networks", "ssh-key", "ssh-keys"),
    *("deploy-target", "application-consistent-snapshot-enabled"),
)
RESETTABLE = (
    *("anti-affinity-groups", "deploy-target", "elastic-ips", "ipv6-enabled", "labels", "private-networks"),
    *("security-groups", "ssh-key", "user-data"),
)
LISTS = ("anti-affinity-groups", "security-groups", "elastic-ips", "private-networks", "ssh-keys")


class InstancePools:
    """Create, list, get, update, delete, field reset, scale, evict."""

    def __init__(self, zone: Zone, instances: Instances) -> None:
        self._zone = zone
        self._instances = instances
        instances.on_member_deleted = self._replace_member

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id."""
        return {
            "list-instance-pools": lambda _: Reply(
                200, {"instance-pools": [self._view(p) for p in self._zone.pools.values()]}
            ),
            "get-instance-pool": lambda call: Reply(200, self._view(self._find(call))),
            "create-instance-pool": self._create,
            "update-instance-pool": self._update,
            "delete-instance-pool": self._delete,
            "reset-instance-pool-field": self._reset_field,
            "scale-instance-pool": self._scale,
            "evict-instance-pool-members": self._evict,
        }

    def _create(self, call: Call) -> Reply:
        body = body_of(call)
        if body["size"] < 1:
            raise invalid("size: a pool is created with one instance at least")
        pool = Pool(
            id=new_id(),
            name=body["name"],
            size=0,
            spec={key: body[key] for key in MEMBER_FIELDS if key in body},
            prefix=body.get("instance-prefix") or "pool",
            description=body.get("description") or None,
            min_available=body.get("min-available") or 0,
        )
        self._check(pool, body["size"])
        try:
            made, job = self._grow(pool, body["size"])
        except OperationFailed as error:
            return self._zone.operations.fail("get-instance-pool", f"instance-pool/{pool.id}", error)
        self._zone.pools[pool.id] = pool
        return self._begin(pool, "creating", job, lambda: self._set_running(made), made)

    def _update(self, call: Call) -> Reply:
        """Existing members stay as they are; the new spec applies to new ones."""
        pool, body = self._find(call), body_of(call)
        self._require_idle(pool)
        spec = {**pool.spec, **{key: body[key] for key in MEMBER_FIELDS if key in body}}
        changed = Pool(pool.id, pool.name, pool.size, {k: v for k, v in spec.items() if v is not None})
        parse(self._zone, changed.spec)
        pool.spec = changed.spec
        pool.name = body.get("name", pool.name)
        pool.description = body.get("description", pool.description) or None
        pool.prefix = body.get("instance-prefix", pool.prefix) or "pool"
        pool.min_available = body.get("min-available", pool.min_available) or 0
        return self._begin(pool, "updating", futures.done())

    def _delete(self, call: Call) -> Reply:
        zone, pool = self._zone, self._find(call)
        self._require_idle(pool)
        for balancer in zone.balancers.values():
            if any(service.pool_id == pool.id for service in balancer.services.values()):
                raise invalid(f"Instance Pool is used by Load Balancer {balancer.name}")
        members = self._members(pool.members)
        job = self._remove(members)

        def effect() -> None:
            self._forget(pool, members)
            zone.pools.pop(pool.id, None)

        return self._begin(pool, "destroying", job, effect, members)

    def _reset_field(self, call: Call) -> Reply:
        pool, field = self._find(call), call.params["field"]
        self._require_idle(pool)
        if field == "description":
            pool.description = None
        elif field in RESETTABLE:
            for key in (field, "ssh-keys") if field == "ssh-key" else (field,):
                pool.spec.pop(key, None)
        else:
            raise invalid(f"field: {field!r} cannot be reset")
        return self._begin(pool, "updating", futures.done())

    def _scale(self, call: Call) -> Reply:
        """Grow from the pool's spec, or delete the newest members."""
        pool, size = self._find(call), body_of(call)["size"]
        self._require_idle(pool)
        if size > pool.size:
            self._check(pool, size - pool.size)
            try:
                made, job = self._grow(pool, size - pool.size)
            except OperationFailed as error:
                return self._zone.operations.fail("get-instance-pool", f"instance-pool/{pool.id}", error)
            return self._begin(pool, "scaling-up", job, lambda: self._set_running(made), made)
        return self._shrink(pool, pool.members[size:])

    def _evict(self, call: Call) -> Reply:
        pool = self._find(call)
        self._require_idle(pool)
        wanted = list(dict.fromkeys(body_of(call).get("instances") or []))
        if not wanted:
            raise invalid("instances: name one member at least")
        others = [i for i in wanted if i not in pool.members]
        if others:
            raise invalid(f"instances: {others[0]} is not a member of the Instance Pool")
        return self._shrink(pool, wanted)

    def _shrink(self, pool: Pool, identifiers: list[str]) -> Reply:
        members = self._members(identifiers)
        job = self._remove(members)
        pool.size -= len(members)
        return self._begin(pool, "scaling-down", job, lambda: self._forget(pool, members), members)

    def _check(self, pool: Pool, more: int) -> None:
        """Raise ``ApiError`` if quota or anti-affinity do not allow all ``more`` members."""
        zone = self._zone
        request = parse(zone, pool.spec)
        for group in request.anti_affinity:
            if zone.account.group_members(group) + more > ANTI_AFFINITY_MEMBERS:
                raise invalid(f"Anti-affinity Group {group} cannot have more than {ANTI_AFFINITY_MEMBERS} instances")
        zone.account.quotas.require("instance", more)

    def _grow(self, pool: Pool, more: int) -> tuple[list[Instance], Future]:
        """Create ``more`` members; without stock for all, create none and raise ``OperationFailed``."""
        kind = instance_types()[pool.spec["instance-type"]["id"]]
        left = self._zone.stock.get(kind.name)
        if left is not None and left < more:
            self._zone.take_stock(kind, more)
        made: list[Instance] = []
        jobs: list[Future] = []
        for _ in range(more):
            name = f"{pool.prefix}-{pool.id[:5]}-{''.join(secrets.choice(LETTERS) for _ in range(5))}"
            try:
                instance, job = self._instances.make(pool.spec, name, pool.id)
            except ApiError:  # out of addresses: create all members or none
                for instance in made:
                    self._instances.destroy(instance)
                self._forget(pool, made)
                raise
            pool.members.append(instance.id)
            made.append(instance)
            jobs.append(job)
        pool.size += more
        return made, futures.gather(jobs)

    def _set_running(self, made: list[Instance]) -> None:
        for instance in made:
            finish(self._zone, instance, "running")

    def _replace_member(self, deleted: Instance) -> None:
        """Replace a member that ``delete-instance`` deleted: a pool keeps its size."""
        pool = self._zone.pools.get(deleted.pool_id or "")
        if pool is None or deleted.id not in pool.members:
            return
        pool.members.remove(deleted.id)
        pool.size -= 1
        try:
            made, job = self._grow(pool, 1)
        except (ApiError, OperationFailed):
            return  # the pool stays smaller, as in a zone without capacity
        self._begin(pool, "scaling-up", job, lambda: self._set_running(made), made)

    def _remove(self, members: list[Instance]) -> Future:
        for instance in members:
            require_idle(instance)
            if instance.protected:
                raise invalid(f"Instance {instance.name} is protected against destruction.")
        for instance in members:
            reserve(instance, "destroying")
        return futures.gather([self._instances.destroy(instance) for instance in members])

    def _forget(self, pool: Pool, members: list[Instance]) -> None:
        for instance in members:
            self._instances.forget(instance)
            pool.members.remove(instance.id)

    def _members(self, identifiers: list[str]) -> list[Instance]:
        return [self._zone.instances[i] for i in identifiers]

    def _find(self, call: Call) -> Pool:
        return find(self._zone.pools, call.params["id"], "Instance Pool")

    def _require_idle(self, pool: Pool) -> None:
        if pool.state != "running":
            raise busy("Instance Pool", pool.state)

    def _begin(
        self,
        pool: Pool,
        state: str,
        job: Future,
        effect: Callable[[], None] = no_effect,
        affected: Sequence[Instance] = (),
    ) -> Reply:
        """Start a change of the pool; if its machines fail, the ``affected`` members are in error."""
        pool.state = state
        pool.pending_changes += 1

        def end_change() -> None:
            pool.pending_changes -= 1
            if not pool.pending_changes:
                pool.state = "running"

        def end() -> None:
            effect()
            end_change()

        def failed() -> None:
            for instance in affected:
                self._instances.set_failed(instance)
            end_change()

        return self._zone.operations.start("get-instance-pool", f"instance-pool/{pool.id}", end, job, failed)

    def _view(self, pool: Pool) -> View:
        spec = pool.spec
        keys = spec.get("ssh-keys") or ([spec["ssh-key"]] if spec.get("ssh-key") else [])
        shown: dict[str, Any] = {
            "id": pool.id,
            "name": pool.name,
            "description": pool.description,
            "state": pool.state,
            "size": pool.size,
            "min-available": pool.min_available,
            "instance-prefix": pool.prefix,
            "instance-type": spec["instance-type"],
            "template": spec["template"],
            "disk-size": spec["disk-size"],
            "labels": spec.get("labels") or {},
            "public-ip-assignment": spec.get("public-ip-assignment")
            or ("dual" if spec.get("ipv6-enabled") else "inet4"),
            "user-data": spec.get("user-data"),
            "ssh-key": keys[0] if keys else None,
            "instances": [{"id": member} for member in pool.members],
            "application-consistent-snapshot-enabled": spec.get("application-consistent-snapshot-enabled", False),
        }
        shown["ipv6-enabled"] = shown["public-ip-assignment"] == "dual"
        lists = {key: list(spec.get(key) or []) for key in LISTS}
        return without_none({**shown, **lists, "ssh-keys": list(keys)})
