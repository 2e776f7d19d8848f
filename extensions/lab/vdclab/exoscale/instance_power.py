"""Start, stop and reboot."""

from __future__ import annotations

from ..core.routing import Call, Handler, Reply
from .errors import refused
from .guests import claim, look, settle
from .models import Instance
from .zone import Zone

# A guest that has not powered itself down after so many clock seconds is switched off. Exoscale
# documents no figure; one minute is time enough for a guest under emulation.
GRACE = 60.0
LOOK_EVERY = 0.5


class InstancePower:
    """The verbs that change whether an instance runs."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id."""
        return {
            "start-instance": self._start,
            "stop-instance": self._stop,
            "reboot-instance": self._reboot,
        }

    def _start(self, call: Call) -> Reply:
        zone, instance = self._zone, self._find(call)
        claim(instance, "starting")
        if instance.state == "running":
            instance.doing = None
            raise refused("The instance is already running.")
        instance.state = "starting"
        return zone.operations.start(
            "get-instance",
            f"instance/{instance.id}",
            lambda: settle(zone, instance, "running"),
            zone.machines.start(instance.key),
            lambda: settle(zone, instance, "error"),
        )

    def _reboot(self, call: Call) -> Reply:
        zone, instance = self._find_running(call, "rebooting")
        return zone.operations.start(
            "get-instance",
            f"instance/{instance.id}",
            lambda: settle(zone, instance, "running"),
            zone.machines.reboot(instance.key),
            lambda: settle(zone, instance, "error"),
        )

    def _stop(self, call: Call) -> Reply:
        """Ask the guest to power down, and switch it off when it does not."""
        zone, instance = self._find_running(call, "stopping")
        instance.state = "stopping"
        operation = zone.operations.open("get-instance", f"instance/{instance.id}")
        begun = zone.now()

        def waiting() -> None:
            now = zone.now()
            if not zone.machines.running(instance.key):
                stopped()
            elif now - begun < GRACE:
                zone.lab.agenda.add(now + LOOK_EVERY, waiting, broken)
            else:
                zone.lab.agenda.add(now, stopped, broken, zone.machines.power_off(instance.key))

        def stopped() -> None:
            settle(zone, instance, "stopped")
            zone.operations.close(operation)

        def broken(message: str) -> None:
            settle(zone, instance, "error")
            zone.operations.close(operation, "fault", message)

        due = begun + zone.lab.settings.operation_seconds
        zone.lab.agenda.add(due, waiting, broken, zone.machines.shutdown(instance.key))
        return Reply(200, dict(operation))

    def _find(self, call: Call) -> Instance:
        return look(self._zone, self._zone.instance(call.params["id"]))

    def _find_running(self, call: Call, doing: str) -> tuple[Zone, Instance]:
        instance = self._find(call)
        claim(instance, doing)
        if instance.state != "running":
            instance.doing = None
            raise refused("The instance needs to be running.")
        return self._zone, instance
