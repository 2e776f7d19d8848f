"""Snapshots of instances' root disks."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future

from ..core.clock import iso
from ..core.routing import Call, Handler, Reply
from .catalog import GIB
from .errors import NEEDS_STOP, busy, invalid
from .instance_changes import reinstall
from .machine import finish, refresh, require_idle, reserve
from .meters import INSTANCE_SNAPSHOT
from .models import Snapshot, Template
from .operations import no_effect
from .zone import Zone, body_of, find, new_id


class Snapshots:
    """Create, list, get, delete, revert, export, promote."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id."""
        return {
            "create-snapshot": self._create,
            "list-snapshots": lambda _: Reply(200, {"snapshots": [s.view() for s in self._zone.snapshots.values()]}),
            "get-snapshot": lambda call: Reply(200, self._find(call).view()),
            "delete-snapshot": self._delete,
            "revert-instance-to-snapshot": self._revert,
            "export-snapshot": self._export,
            "promote-snapshot-to-template": self._promote,
        }

    def _create(self, call: Call) -> Reply:
        zone, instance = self._zone, refresh(self._zone, self._zone.instance(call.params["id"]))
        zone.account.quotas.require("snapshot")
        before = instance.state
        if before not in ("running", "stopped"):
            raise invalid(f"The instance is {before}; it must be running or stopped")
        reserve(instance, "snapshotting")
        snapshot = Snapshot(
            id=new_id(),
            name=f"{instance.name}-{iso(zone.now())}",
            instance_id=instance.id,
            template_id=instance.template_id,
            size=instance.disk_gib,
            created=zone.now(),
            application_consistent=instance.application_consistent,
        )
        zone.snapshots[snapshot.id] = snapshot
        instance.snapshots.append(snapshot.id)
        zone.account.meters.begin(snapshot.id, INSTANCE_SNAPSHOT, zone.now(), snapshot.size)

        def ended(state: str) -> None:
            snapshot.state = state
            finish(zone, instance, before)

        job = zone.machines.save_image(instance.key, snapshot.image)
        return self._done(snapshot, job, lambda: ended("ready"), lambda: ended("error"))

    def _delete(self, call: Call) -> Reply:
        zone, snapshot = self._zone, self._find(call)
        if snapshot.state not in ("ready", "exported", "error"):
            raise busy("Snapshot", snapshot.state)
        snapshot.state = "deleting"

        def effect() -> None:
            zone.snapshots.pop(snapshot.id, None)
            zone.account.meters.end(snapshot.id, INSTANCE_SNAPSHOT, zone.now())
            if snapshot.instance_id in zone.instances:
                zone.instances[snapshot.instance_id].snapshots.remove(snapshot.id)

        # A template that was promoted from it has the same image and stays.
        used = any(t.image == snapshot.image for t in zone.account.templates.values())
        return self._done(snapshot, None if used else zone.machines.delete_image(snapshot.image), effect)

    def _revert(self, call: Call) -> Reply:
        zone, instance = self._zone, refresh(self._zone, self._zone.instance(call.params["instance_id"]))
        snapshot = find(zone.snapshots, body_of(call)["id"], "Snapshot")
        require_idle(instance)
        if instance.state != "stopped":
            raise invalid(NEEDS_STOP)
        if snapshot.instance_id != instance.id:
            raise invalid("The snapshot is of another instance")
        self._require_ready(snapshot)
        reserve(instance, "reverting")
        return zone.operations.start(
            "get-instance",
            f"instance/{instance.id}",
            lambda: finish(zone, instance, "stopped"),
            reinstall(zone, instance, snapshot.image),
            lambda: finish(zone, instance, "error"),
        )

    def _export(self, call: Call) -> Reply:
        snapshot = self._find(call)
        self._require_ready(snapshot)
        snapshot.state = "exporting"

        def effect() -> None:
            snapshot.state = "exported"
            snapshot.export = {
                "presigned-url": f"https://sos-{self._zone.name}.exo.io/exports/{snapshot.id}.qcow2",
                "md5sum": hashlib.md5(snapshot.id.encode(), usedforsecurity=False).hexdigest(),
            }

        return self._done(snapshot, None, effect)

    def _promote(self, call: Call) -> Reply:
        zone, snapshot, body = self._zone, self._find(call), body_of(call)
        self._require_ready(snapshot)
        zone.account.quotas.require("template")
        origin = zone.account.templates.get(snapshot.template_id)
        template = Template(
            id=new_id(),
            name=body["name"],
            family=origin.family if origin else "other (64-bit)",
            default_user=body.get("default-user") or (origin.default_user if origin else "root"),
            version=origin.version if origin else "",
            build="",
            size=snapshot.size * GIB,
            visibility="private",
            zones=[zone.name],
            created=iso(zone.now()),
            description=body.get("description"),
            ssh_key_enabled=body.get("ssh-key-enabled", True),
            password_enabled=body.get("password-enabled", True),
            image=snapshot.image,
        )
        zone.account.templates[template.id] = template
        return zone.operations.start("get-template", f"template/{template.id}")

    def _find(self, call: Call) -> Snapshot:
        return find(self._zone.snapshots, call.params["id"], "Snapshot")

    def _require_ready(self, snapshot: Snapshot) -> None:
        if snapshot.state not in ("ready", "exported"):
            raise invalid(f"The snapshot is {snapshot.state}")

    def _done(self, snapshot: Snapshot, job: Future | None, effect=no_effect, failed=no_effect) -> Reply:
        return self._zone.operations.start("get-snapshot", f"snapshot/{snapshot.id}", effect, job, failed)
