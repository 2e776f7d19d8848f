"""Instance pools: so many instances from one wish; members are ordinary instances."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from ..core.errors import ApiError
from ..core.routing import Call, Handler, Reply
from . import wishes
from .catalogue import ANTI_AFFINITY_MEMBERS, instance_types
from .errors import busy, refused
from .guests import claim, need_idle, settle
from .instances import Instances
from .models import Instance, Pool, View, without_none
from .operations import OperationFailed, nothing, together
from .zone import Zone, body_of, find, new_id

LETTERS = string.ascii_lowercase + string.digits
# What of a request is each member's, and what of it resets to nothing.
WISH = (
    *("instance-type", "template", "disk-size", "public-ip-assignment", "ipv6-enabled", "labels", "user-data"),
    *("anti-affinity-groups", "security-groups", "elastic-ips", "private-networks", "ssh-key", "ssh-keys"),
    *("deploy-target", "application-consistent-snapshot-enabled"),
)
RESETTABLE = (
    *("anti-affinity-groups", "deploy-target", "elastic-ips", "ipv6-enabled", "labels", "private-networks"),
    *("security-groups", "ssh-key", "user-data"),
)
LISTS = ("anti-affinity-groups", "security-groups", "elastic-ips", "private-networks", "ssh-keys")


class Pools:
    """CRUD, reset of a field, scale, evict."""

    def __init__(self, zone: Zone, instances: Instances) -> None:
        self._zone = zone
        self._instances = instances
        instances.member_gone = self._heal

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
            raise refused("size: a pool is created with one instance at least")
        pool = Pool(
            id=new_id(),
            name=body["name"],
            size=0,
            wish={key: body[key] for key in WISH if key in body},
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
        return self._begin(pool, "creating", job, lambda: self._run(made), made)

    def _update(self, call: Call) -> Reply:
        """Members are left as they are; only new ones are made by the new wish."""
        pool, body = self._find(call), body_of(call)
        self._need_idle(pool)
        wish = {**pool.wish, **{key: body[key] for key in WISH if key in body}}
        changed = Pool(pool.id, pool.name, pool.size, {k: v for k, v in wish.items() if v is not None})
        wishes.read(self._zone, changed.wish)
        pool.wish = changed.wish
        pool.name = body.get("name", pool.name)
        pool.description = body.get("description", pool.description) or None
        pool.prefix = body.get("instance-prefix", pool.prefix) or "pool"
        pool.min_available = body.get("min-available", pool.min_available) or 0
        return self._begin(pool, "updating", together([]))

    def _delete(self, call: Call) -> Reply:
        zone, pool = self._zone, self._find(call)
        self._need_idle(pool)
        for balancer in zone.balancers.values():
            if any(service.pool_id == pool.id for service in balancer.services.values()):
                raise refused(f"Instance Pool is used by Load Balancer {balancer.name}")
        members = self._members(pool.members)
        job = self._remove(members)

        def effect() -> None:
            self._forget(pool, members)
            zone.pools.pop(pool.id, None)

        return self._begin(pool, "destroying", job, effect, members)

    def _reset_field(self, call: Call) -> Reply:
        pool, field = self._find(call), call.params["field"]
        self._need_idle(pool)
        if field == "description":
            pool.description = None
        elif field in RESETTABLE:
            for key in (field, "ssh-keys") if field == "ssh-key" else (field,):
                pool.wish.pop(key, None)
        else:
            raise refused(f"field: {field!r} cannot be reset")
        return self._begin(pool, "updating", together([]))

    def _scale(self, call: Call) -> Reply:
        """Up by the pool's wish; down from the newest member on."""
        pool, size = self._find(call), body_of(call)["size"]
        self._need_idle(pool)
        if size > pool.size:
            self._check(pool, size - pool.size)
            try:
                made, job = self._grow(pool, size - pool.size)
            except OperationFailed as error:
                return self._zone.operations.fail("get-instance-pool", f"instance-pool/{pool.id}", error)
            return self._begin(pool, "scaling-up", job, lambda: self._run(made), made)
        return self._shrink(pool, pool.members[size:])

    def _evict(self, call: Call) -> Reply:
        pool = self._find(call)
        self._need_idle(pool)
        wanted = list(dict.fromkeys(body_of(call).get("instances") or []))
        if not wanted:
            raise refused("instances: name one member at least")
        strangers = [i for i in wanted if i not in pool.members]
        if strangers:
            raise refused(f"instances: {strangers[0]} is not a member of the Instance Pool")
        return self._shrink(pool, wanted)

    def _shrink(self, pool: Pool, identifiers: list[str]) -> Reply:
        members = self._members(identifiers)
        job = self._remove(members)
        pool.size -= len(members)
        return self._begin(pool, "scaling-down", job, lambda: self._forget(pool, members), members)

    def _check(self, pool: Pool, more: int) -> None:
        """Refuse what would fail half-way: quota and anti-affinity for all ``more`` members."""
        zone = self._zone
        order = wishes.read(zone, pool.wish)
        for group in order.apart:
            if zone.account.group_members(group) + more > ANTI_AFFINITY_MEMBERS:
                raise refused(f"Anti-affinity Group {group} cannot have more than {ANTI_AFFINITY_MEMBERS} instances")
        zone.account.quotas.need("instance", more)

    def _grow(self, pool: Pool, more: int) -> tuple[list[Instance], Future]:
        """Make ``more`` members; raises ``OperationFailed``, and makes none, without stock for all."""
        kind = instance_types()[pool.wish["instance-type"]["id"]]
        left = self._zone.stock.get(kind.name)
        if left is not None and left < more:
            self._zone.take_stock(kind, more)
        made: list[Instance] = []
        jobs: list[Future] = []
        for _ in range(more):
            name = f"{pool.prefix}-{pool.id[:5]}-{''.join(secrets.choice(LETTERS) for _ in range(5))}"
            try:
                instance, job = self._instances.make(pool.wish, name, pool.id)
            except ApiError:  # no address is left: all or none
                for instance in made:
                    self._instances.destroy(instance)
                self._forget(pool, made)
                raise
            pool.members.append(instance.id)
            made.append(instance)
            jobs.append(job)
        pool.size += more
        return made, together(jobs)

    def _run(self, made: list[Instance]) -> None:
        for instance in made:
            settle(self._zone, instance, "running")

    def _heal(self, gone: Instance) -> None:
        """Replace a member that was deleted by itself: a pool keeps its size."""
        pool = self._zone.pools.get(gone.pool_id or "")
        if pool is None or gone.id not in pool.members:
            return
        pool.members.remove(gone.id)
        pool.size -= 1
        try:
            made, job = self._grow(pool, 1)
        except (ApiError, OperationFailed):
            return  # the pool stays short, as it would in a zone without capacity
        self._begin(pool, "scaling-up", job, lambda: self._run(made), made)

    def _remove(self, members: list[Instance]) -> Future:
        for instance in members:
            need_idle(instance)
            if instance.protected:
                raise refused(f"Instance {instance.name} is protected against destruction.")
        for instance in members:
            claim(instance, "destroying")
        return together([self._instances.destroy(instance) for instance in members])

    def _forget(self, pool: Pool, members: list[Instance]) -> None:
        for instance in members:
            self._instances.forget(instance)
            pool.members.remove(instance.id)

    def _members(self, identifiers: list[str]) -> list[Instance]:
        return [self._zone.instances[i] for i in identifiers]

    def _find(self, call: Call) -> Pool:
        return find(self._zone.pools, call.params["id"], "Instance Pool")

    def _need_idle(self, pool: Pool) -> None:
        if pool.state != "running":
            raise busy("Instance Pool", pool.state)

    def _begin(
        self,
        pool: Pool,
        state: str,
        job: Future,
        effect: Callable[[], None] = nothing,
        touched: Sequence[Instance] = (),
    ) -> Reply:
        """Begin a deed on the pool; if its machines fail, the ``touched`` members are in error."""
        pool.state = state
        pool.deeds += 1

        def at_rest() -> None:
            pool.deeds -= 1
            if not pool.deeds:
                pool.state = "running"

        def end() -> None:
            effect()
            at_rest()

        def failed() -> None:
            for instance in touched:
                self._instances.broken(instance)
            at_rest()

        return self._zone.operations.start("get-instance-pool", f"instance-pool/{pool.id}", end, job, failed)

    def _view(self, pool: Pool) -> View:
        wish = pool.wish
        keys = wish.get("ssh-keys") or ([wish["ssh-key"]] if wish.get("ssh-key") else [])
        shown: dict[str, Any] = {
            "id": pool.id,
            "name": pool.name,
            "description": pool.description,
            "state": pool.state,
            "size": pool.size,
            "min-available": pool.min_available,
            "instance-prefix": pool.prefix,
            "instance-type": wish["instance-type"],
            "template": wish["template"],
            "disk-size": wish["disk-size"],
            "labels": wish.get("labels") or {},
            "public-ip-assignment": wish.get("public-ip-assignment")
            or ("dual" if wish.get("ipv6-enabled") else "inet4"),
            "user-data": wish.get("user-data"),
            "ssh-key": keys[0] if keys else None,
            "instances": [{"id": member} for member in pool.members],
            "application-consistent-snapshot-enabled": wish.get("application-consistent-snapshot-enabled", False),
        }
        shown["ipv6-enabled"] = shown["public-ip-assignment"] == "dual"
        lists = {key: list(wish.get(key) or []) for key in LISTS}
        return without_none({**shown, **lists, "ssh-keys": list(keys)})
