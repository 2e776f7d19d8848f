"""Changes of an instance: type, disk, template, protection, labels, password."""

from __future__ import annotations

from concurrent.futures import Future

from ..core.routing import Call, Handler, Reply
from ..machines import futures
from .catalog import GIB, instance_types
from .errors import NEEDS_STOP, invalid, not_found
from .instance_requests import check_disk, check_user_data
from .instances import new_password
from .machine import finish, machine_spec, refresh, require_idle, reserve
from .meters import LOCAL_DISK
from .models import Instance
from .operations import OperationFailed, no_effect
from .zone import Zone, body_of, ref_id

PASSWORD_SECONDS = 24 * 3600.0


class InstanceChanges:
    """The calls that neither start nor stop an instance."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id."""
        return {
            "update-instance": self._update,
            "reset-instance-field": self._reset_field,
            "scale-instance": self._scale,
            "resize-instance-disk": self._resize_disk,
            "reset-instance": self._reset,
            "add-instance-protection": lambda call: self._protect(call, True),
            "remove-instance-protection": lambda call: self._protect(call, False),
            "reset-instance-password": self._reset_password,
            "reveal-instance-password": self._reveal_password,
            "enable-tpm": self._enable_tpm,
            "get-console-proxy-url": self._console,
        }

    def _update(self, call: Call) -> Reply:
        instance, body = self._find(call), body_of(call)
        check_user_data(body.get("user-data"))
        assignment = body.get("public-ip-assignment", instance.assignment)
        if assignment != instance.assignment:
            self._promote(instance, assignment)
        instance.name = body.get("name", instance.name)
        instance.user_data = body.get("user-data", instance.user_data)
        instance.labels = dict(body.get("labels", instance.labels))
        instance.application_consistent = body.get(
            "application-consistent-snapshot-enabled", instance.application_consistent
        )
        return self._done(instance)

    def _promote(self, instance: Instance, assignment: str) -> None:
        """Change the public IP assignment. Exoscale allows inet4 to dual only
        (community.exoscale.com, "Private instances")."""
        if (instance.assignment, assignment) != ("inet4", "dual") or instance.address is None:
            raise invalid(f"public-ip-assignment: {instance.assignment} cannot be changed to {assignment}")
        instance.assignment = assignment
        instance.ipv6 = self._zone.addresses.ipv6_of(instance.address)

    def _reset_field(self, call: Call) -> Reply:
        instance = self._find(call)
        if call.params["field"] != "labels":
            raise invalid(f"field: {call.params['field']!r} cannot be reset; labels can")
        instance.labels = {}
        return self._done(instance)

    def _scale(self, call: Call) -> Reply:
        zone, instance = self._zone, self._find(call)
        wanted, now = zone.type(ref_id(body_of(call), "instance-type")), instance_types()[instance.type_id]
        self._require_stopped(instance)
        # The document allows a change within a family only; a page of Exoscale's also allows changes
        # between standard, memory and cpu. The lab applies the stricter rule.
        if wanted.family != now.family:
            raise invalid(f"Cannot scale from {now.name} to {wanted.name}: the instance family must stay the same")
        if wanted.id == now.id:
            raise invalid(f"The instance already has type {now.name}")
        try:
            zone.take_stock(wanted)
        except OperationFailed as error:
            return zone.operations.fail("get-instance", f"instance/{instance.id}", error)
        reserve(instance, "scaling")
        zone.return_stock(now.id)

        def effect() -> None:
            instance.type_id = wanted.id
            finish(zone, instance, "stopped")

        return self._done(instance, self._rescaled(instance, wanted.id, instance.disk_gib), effect)

    def _resize_disk(self, call: Call) -> Reply:
        zone, instance, size = self._zone, self._find(call), body_of(call)["disk-size"]
        self._require_stopped(instance)
        if size <= instance.disk_gib:
            raise invalid(f"disk-size: the disk has {instance.disk_gib} GiB and can only grow")
        reserve(instance, "resizing")

        def effect() -> None:
            self._set_disk(instance, size)
            finish(zone, instance, "stopped")

        return self._done(instance, self._rescaled(instance, instance.type_id, size), effect)

    def _reset(self, call: Call) -> Reply:
        """Reinstall from a template: the root disk is replaced, everything else stays."""
        zone, instance, body = self._zone, self._find(call), body_of(call)
        self._require_stopped(instance)
        template = zone.template(ref_id(body, "template") if body.get("template") else instance.template_id)
        size = body.get("disk-size", instance.disk_gib)
        check_disk(size, template)
        if size < instance.disk_gib:
            raise invalid(f"disk-size: the disk has {instance.disk_gib} GiB and can only grow")
        reserve(instance, "resetting")
        instance.template_id = template.id
        self._set_disk(instance, size)
        return self._done(instance, reinstall(zone, instance), lambda: finish(zone, instance, "stopped"))

    def _protect(self, call: Call, protected: bool) -> Reply:
        instance = self._find(call)
        instance.protected = protected
        return self._done(instance)

    def _reset_password(self, call: Call) -> Reply:
        instance = self._find(call)
        require_idle(instance)
        if not self._zone.template(instance.template_id).password_enabled:
            raise invalid("The template has no password-based login")
        instance.password = (new_password(), self._zone.now())
        return self._done(instance)

    def _reveal_password(self, call: Call) -> Reply:
        """A password can be revealed for 24 hours (document)."""
        instance = self._find(call)
        if instance.password is None or self._zone.now() - instance.password[1] > PASSWORD_SECONDS:
            raise not_found("Password")
        return Reply(200, {"password": instance.password[0]})

    def _enable_tpm(self, call: Call) -> Reply:
        instance = self._find(call)
        self._require_stopped(instance)
        instance.tpm = True
        return self._done(instance)

    def _console(self, call: Call) -> Reply:
        instance = self._find(call)
        host, path = f"console-{self._zone.name}.exoscale.com", f"/console/{instance.id}"
        return Reply(200, {"url": f"wss://{host}{path}", "host": host, "path": path})

    def _find(self, call: Call) -> Instance:
        return refresh(self._zone, self._zone.instance(call.params["id"]))

    def _require_stopped(self, instance: Instance) -> None:
        require_idle(instance)
        if instance.state != "stopped":
            raise invalid(NEEDS_STOP)

    def _rescaled(self, instance: Instance, type_id: str, disk_gib: int) -> Future:
        kind = instance_types()[type_id]
        return self._zone.machines.rescale(instance.key, kind.cpus, kind.memory, disk_gib * GIB)

    def _set_disk(self, instance: Instance, size: int) -> None:
        instance.disk_gib = size
        self._zone.account.meters.begin(instance.id, LOCAL_DISK, self._zone.now(), size)

    def _done(self, instance: Instance, job: Future | None = None, effect=no_effect) -> Reply:
        failed = (lambda: finish(self._zone, instance, "error")) if job else no_effect
        return self._zone.operations.start("get-instance", f"instance/{instance.id}", effect, job, failed)


def reinstall(zone: Zone, instance: Instance, image: str | None = None) -> Future:
    """Recreate a stopped instance's machine from ``image``, or from its template."""
    spec = machine_spec(zone, instance, image)
    return futures.chain(zone.machines.delete(instance.key), lambda: zone.machines.create(spec, start=False))
