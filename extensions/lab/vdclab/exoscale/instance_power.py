"""Start, stop and reboot."""

from __future__ import annotations

from ..core.routing import Call, Handler, Reply
from .errors import invalid
from .machine import finish, refresh, reserve
from .models import Instance
from .zone import Zone

# Clock seconds after which a guest that does not shut down is powered off. Exoscale documents no
# figure; one minute is enough for a guest under emulation.
SHUTDOWN_TIMEOUT = 60.0
POLL_SECONDS = 0.5


class InstancePower:
    """The calls that start or stop an instance."""

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
        reserve(instance, "starting")
        if instance.state == "running":
            instance.doing = None
            raise invalid("The instance is already running.")
        instance.state = "starting"
        return zone.operations.start(
            "get-instance",
            f"instance/{instance.id}",
            lambda: finish(zone, instance, "running"),
            zone.machines.start(instance.key),
            lambda: finish(zone, instance, "error"),
        )

    def _reboot(self, call: Call) -> Reply:
        zone, instance = self._find_running(call, "rebooting")
        return zone.operations.start(
            "get-instance",
            f"instance/{instance.id}",
            lambda: finish(zone, instance, "running"),
            zone.machines.reboot(instance.key),
            lambda: finish(zone, instance, "error"),
        )

    def _stop(self, call: Call) -> Reply:
        """Ask the guest to shut down, and power it off if it does not."""
        zone, instance = self._find_running(call, "stopping")
        instance.state = "stopping"
        operation = zone.operations.open("get-instance", f"instance/{instance.id}")
        started = zone.now()

        def waiting() -> None:
            now = zone.now()
            if not zone.machines.running(instance.key):
                stopped()
            elif now - started < SHUTDOWN_TIMEOUT:
                zone.lab.scheduler.add(now + POLL_SECONDS, waiting, failed)
            else:
                zone.lab.scheduler.add(now, stopped, failed, zone.machines.power_off(instance.key))

        def stopped() -> None:
            finish(zone, instance, "stopped")
            zone.operations.close(operation)

        def failed(message: str) -> None:
            finish(zone, instance, "error")
            zone.operations.close(operation, "fault", message)

        due = started + zone.lab.settings.operation_seconds
        zone.lab.scheduler.add(due, waiting, failed, zone.machines.shutdown(instance.key))
        return Reply(200, dict(operation))

    def _find(self, call: Call) -> Instance:
        return refresh(self._zone, self._zone.instance(call.params["id"]))

    def _find_running(self, call: Call, doing: str) -> tuple[Zone, Instance]:
        instance = self._find(call)
        reserve(instance, doing)
        if instance.state != "running":
            instance.doing = None
            raise invalid("The instance needs to be running.")
        return self._zone, instance
