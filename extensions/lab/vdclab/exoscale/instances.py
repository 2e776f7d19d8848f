"""Compute instances: made, listed and deleted. InstancePools make theirs here too."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from ..core.errors import ApiError
from ..core.routing import Call, Handler, Reply
from .catalog import ANTI_AFFINITY_MEMBERS
from .errors import invalid
from .instance_requests import InstanceRequest, parse
from .machine import finish, machine_spec, refresh, reserve, set_state
from .meters import LOCAL_DISK
from .models import Instance
from .operations import OperationFailed
from .private_networks import PrivateNetworks
from .zone import Zone, body_of, new_id

PASSWORD_LETTERS = string.ascii_letters + string.digits


class Instances:
    """The calls, and ``make``, ``destroy`` and ``forget`` for pools."""

    def __init__(self, zone: Zone, networks: PrivateNetworks) -> None:
        self._zone = zone
        self._networks = networks
        # Called with each pool member that was deleted by ``delete-instance``.
        self.on_member_deleted: Callable[[Instance], None] = lambda _instance: None

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id."""
        return {
            "create-instance": self._create,
            "list-instances": self._list,
            "get-instance": lambda call: Reply(200, refresh(self._zone, self._zone.instance(call.params["id"])).view()),
            "delete-instance": self._delete,
        }

    def make(self, spec: dict[str, Any], name: str | None = None, pool: str | None = None) -> tuple[Instance, Future]:
        """Create an instance from ``spec``, the body of a create; the future ends when its machine
        runs. Raises ``ApiError`` for an invalid spec, ``OperationFailed`` without stock.
        """
        zone, quotas = self._zone, self._zone.account.quotas
        request = parse(zone, spec)
        for group in request.anti_affinity:
            if zone.account.group_members(group) >= ANTI_AFFINITY_MEMBERS:
                raise invalid(f"Anti-affinity Group {group} already has {ANTI_AFFINITY_MEMBERS} instances, its maximum")
        quotas.require("instance")
        if request.kind.gpus:
            quotas.require(request.kind.family)
        zone.take_stock(request.kind)
        identifier = new_id()
        instance = Instance(
            id=identifier,
            name=name or spec.get("name") or f"VM-{identifier}",
            type_id=request.kind.id,
            template_id=request.template.id,
            disk_gib=spec["disk-size"],
            created=zone.now(),
            assignment=request.assignment,
            mac=zone.account.mac(),
            labels=dict(spec.get("labels") or {}),
            ssh_keys=list(request.ssh_keys),
            user_data=spec.get("user-data"),
            pool_id=pool,
            secureboot=spec.get("secureboot-enabled", False),
            tpm=spec.get("tpm-enabled", False),
            application_consistent=spec.get("application-consistent-snapshot-enabled", False),
            doing="starting",
        )
        if request.template.password_enabled:
            instance.password = (new_password(), zone.now())
        try:
            self._connect(instance, request)
        except ApiError:
            self.forget(instance)
            raise
        zone.account.meters.begin(instance.id, LOCAL_DISK, zone.now(), instance.disk_gib)
        return instance, zone.machines.create(machine_spec(zone, instance), start=spec.get("auto-start", True))

    def set_failed(self, instance: Instance) -> None:
        """Set the state ``error``: the machine could not be created or deleted."""
        finish(self._zone, instance, "error")

    def destroy(self, instance: Instance) -> Future:
        """Start to delete the instance's machine; call ``forget`` when the future has ended."""
        instance.doing = "destroying"
        set_state(self._zone, instance, "destroying")
        return self._zone.machines.delete(instance.key)

    def forget(self, instance: Instance) -> None:
        """Remove a deleted instance, its attachments and its addresses."""
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
        zone.addresses.release(instance.address)
        zone.return_stock(instance.type_id)
        zone.account.meters.end(instance.id, LOCAL_DISK, zone.now())

    def _connect(self, instance: Instance, request: InstanceRequest) -> None:
        """Allocate the instance's addresses, store it and attach it to its groups and networks."""
        zone = self._zone
        if request.assignment != "none":
            instance.address = zone.addresses.allocate()
            # Without a group it is in the default one, as Exoscale's own CLI shows.
            instance.security_groups = list(request.security_groups) or [zone.account.default_group.id]
        if request.assignment == "dual" and instance.address:
            instance.ipv6 = zone.addresses.ipv6_of(instance.address)
        zone.instances[instance.id] = instance
        instance.anti_affinity = list(request.anti_affinity)
        zone.anti_affinity_counts.update(request.anti_affinity)
        for identifier in request.elastic_ips:
            instance.elastic_ips.append(identifier)
            zone.elastic_ips[identifier].instances.append(instance.id)
        for network in request.networks:
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
            lambda: finish(zone, instance, state),
            job,
            lambda: self.set_failed(instance),
        )

    def _list(self, call: Call) -> Reply:
        found = [refresh(self._zone, i) for i in self._zone.instances.values()]
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
            raise invalid("The instance is protected against destruction.")
        reserve(instance, "destroying")

        def effect() -> None:
            self.forget(instance)
            if instance.pool_id is not None:
                self.on_member_deleted(instance)

        return self._zone.operations.start(
            "get-instance",
            f"instance/{instance.id}",
            effect,
            self.destroy(instance),
            lambda: self.set_failed(instance),
        )


def new_password() -> str:
    """A random password for a guest's default user."""
    return "".join(secrets.choice(PASSWORD_LETTERS) for _ in range(20))


def _labels(text: str) -> dict[str, str]:
    """``key=value,key:value``: the document does not say which separator it wants, so both are accepted."""
    pairs = (re.split("[=:]", part, maxsplit=1) for part in text.split(",") if part)
    return {pair[0].strip(): pair[1].strip() if len(pair) == 2 else "" for pair in pairs}
