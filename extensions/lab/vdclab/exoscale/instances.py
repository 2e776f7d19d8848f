"""Compute instances: made, listed and deleted. Pools make theirs here too."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from ..core.errors import ApiError
from ..core.routing import Call, Handler, Reply
from . import wishes
from .catalogue import ANTI_AFFINITY_MEMBERS
from .errors import refused
from .guests import claim, look, machine_spec, set_state, settle
from .metering import LOCAL_DISK
from .models import Instance
from .operations import OperationFailed
from .private_networks import PrivateNetworks
from .zone import Zone, body_of, new_id

PASSWORD_LETTERS = string.ascii_letters + string.digits


class Instances:
    """Create, list, get, delete; and ``make``, ``destroy``, ``forget`` for pools."""

    def __init__(self, zone: Zone, networks: PrivateNetworks) -> None:
        self._zone = zone
        self._networks = networks
        # Told of each member of a pool that is deleted by itself; pools listen.
        self.member_gone: Callable[[Instance], None] = lambda _instance: None

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id."""
        return {
            "create-instance": self._create,
            "list-instances": self._list,
            "get-instance": lambda call: Reply(200, look(self._zone, self._zone.instance(call.params["id"])).view()),
            "delete-instance": self._delete,
        }

    def make(self, wish: dict[str, Any], name: str | None = None, pool: str | None = None) -> tuple[Instance, Future]:
        """Make an instance as ``wish`` (the body of a create) says; what comes with it is done
        when its machine is. Raises ``ApiError`` for a bad wish, ``OperationFailed`` without stock.
        """
        zone, quotas = self._zone, self._zone.account.quotas
        order = wishes.read(zone, wish)
        for group in order.apart:
            if zone.account.group_members(group) >= ANTI_AFFINITY_MEMBERS:
                raise refused(f"Anti-affinity Group {group} already has {ANTI_AFFINITY_MEMBERS} instances, its maximum")
        quotas.need("instance")
        if order.kind.gpus:
            quotas.need(order.kind.family)
        zone.take_stock(order.kind)
        identifier = new_id()
        instance = Instance(
            id=identifier,
            name=name or wish.get("name") or f"VM-{identifier}",
            type_id=order.kind.id,
            template_id=order.template.id,
            disk_gib=wish["disk-size"],
            created=zone.now(),
            assignment=order.assignment,
            mac=zone.account.mac(),
            labels=dict(wish.get("labels") or {}),
            ssh_keys=list(order.keys),
            user_data=wish.get("user-data"),
            pool_id=pool,
            secureboot=wish.get("secureboot-enabled", False),
            tpm=wish.get("tpm-enabled", False),
            application_consistent=wish.get("application-consistent-snapshot-enabled", False),
            doing="starting",
        )
        if order.template.password_enabled:
            instance.password = (new_password(), zone.now())
        try:
            self._place(instance, order)
        except ApiError:
            self.forget(instance)
            raise
        zone.account.meters.begin(instance.id, LOCAL_DISK, zone.now(), instance.disk_gib)
        return instance, zone.machines.create(machine_spec(zone, instance), start=wish.get("auto-start", True))

    def broken(self, instance: Instance) -> None:
        """Its machine could not be made or destroyed."""
        settle(self._zone, instance, "error")

    def destroy(self, instance: Instance) -> Future:
        """Begin to destroy an instance; ``forget`` it when what comes back is done."""
        instance.doing = "destroying"
        set_state(self._zone, instance, "destroying")
        return self._zone.machines.delete(instance.key)

    def forget(self, instance: Instance) -> None:
        """Remove a destroyed instance from all that knew it."""
        zone = self._zone
        zone.instances.pop(instance.id, None)
        zone.anti_affinity_counts.subtract(instance.anti_affinity)
        for network in instance.networks:
            zone.networks[network].members.pop(instance.id, None)
        for elastic in instance.elastic_ips:
            zone.elastic_ips[elastic].instances.remove(instance.id)
        for identifier in instance.volumes:
            volume = zone.volumes[identifier]
            volume.instance_id, volume.state = None, "detached"
        zone.addresses.give_back(instance.address)
        zone.give_stock(instance.type_id)
        zone.account.meters.end(instance.id, LOCAL_DISK, zone.now())

    def _place(self, instance: Instance, order: wishes.Order) -> None:
        """Give the instance its addresses and put it where others see it."""
        zone = self._zone
        if order.assignment != "none":
            instance.address = zone.addresses.lend()
            # One that names no group is in the default one (seen with Exoscale's own CLI).
            instance.security_groups = list(order.groups) or [zone.account.default_group.id]
        if order.assignment == "dual" and instance.address:
            instance.ipv6 = zone.addresses.ipv6_of(instance.address)
        zone.instances[instance.id] = instance
        instance.anti_affinity = list(order.apart)
        zone.anti_affinity_counts.update(order.apart)
        for identifier in order.elastic:
            instance.elastic_ips.append(identifier)
            zone.elastic_ips[identifier].instances.append(instance.id)
        for network in order.networks:
            self._networks.join(network, instance, None)

    def _create(self, call: Call) -> Reply:
        zone, body = self._zone, body_of(call)
        try:
            instance, job = self.make(body)
        except OperationFailed as error:
            return zone.operations.fail("get-instance", f"instance/{new_id()}", error)
        state = "running" if body.get("auto-start", True) else "stopped"
        return zone.operations.start(
            "get-instance",
            f"instance/{instance.id}",
            lambda: settle(zone, instance, state),
            job,
            lambda: self.broken(instance),
        )

    def _list(self, call: Call) -> Reply:
        found = [look(self._zone, i) for i in self._zone.instances.values()]
        if manager := call.one("manager-id"):
            found = [i for i in found if i.pool_id == manager]
        if call.one("manager-type"):
            found = [i for i in found if i.pool_id is not None]
        if address := call.one("ip-address"):
            found = [i for i in found if address in (i.address, i.ipv6)]
        if labels := call.one("labels"):
            wanted = _labels(labels)
            found = [i for i in found if wanted.items() <= i.labels.items()]
        return Reply(200, {"instances": [i.listed() for i in found]})

    def _delete(self, call: Call) -> Reply:
        instance = self._zone.instance(call.params["id"])
        if instance.protected:
            raise refused("The instance is protected against destruction.")
        claim(instance, "destroying")

        def effect() -> None:
            self.forget(instance)
            if instance.pool_id is not None:
                self.member_gone(instance)

        return self._zone.operations.start(
            "get-instance",
            f"instance/{instance.id}",
            effect,
            self.destroy(instance),
            lambda: self.broken(instance),
        )


def new_password() -> str:
    """A password for a guest's default user."""
    return "".join(secrets.choice(PASSWORD_LETTERS) for _ in range(20))


def _labels(text: str) -> dict[str, str]:
    """``key=value,key:value``: the document does not say which sign it wants, so both do."""
    pairs = (re.split("[=:]", part, maxsplit=1) for part in text.split(",") if part)
    return {pair[0].strip(): pair[1].strip() if len(pair) == 2 else "" for pair in pairs}
