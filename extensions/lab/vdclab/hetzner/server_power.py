"""Power: on, off, reset, reboot, and shutdown, which a guest may ignore."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from ..core.routing import Call, Reply
from .collection import Calls, operation
from .project import Project
from .server import Server
from .servers import Servers


class ServerPower(Calls):
    """The calls that start or stop a server."""

    def __init__(self, project: Project, servers: Servers) -> None:
        super().__init__(project)
        self._servers = servers

    @operation("poweron_server")
    def power_on(self, call: Call) -> Reply:
        server = self._servers.find_unlocked(call)
        if server.status == "running":
            return self.answer_with_action("start_server", [server], seconds=0)
        server.set_status("starting")
        return self._change_power(server, "start_server", self.project.machines.start(server.key), "running", "off")

    @operation("poweroff_server")
    def power_off(self, call: Call) -> Reply:
        server = self._servers.find_unlocked(call)
        before = server.status
        if before == "off":
            return self.answer_with_action("stop_server", [server], seconds=0)
        server.set_status("stopping")
        return self._change_power(server, "stop_server", self.project.machines.power_off(server.key), "off", before)

    @operation("shutdown_server")
    def shutdown(self, call: Call) -> Reply:
        """Ask the guest to shut down. The action succeeds at once; the server is ``off`` when its guest is."""
        server = self._servers.find_unlocked(call)
        if server.status == "running" and not self.project.ignore_shutdown:
            self.project.machines.shutdown(server.key)
            self._servers.shutting_down.add(server.id)
        return self.answer_with_action("shutdown_server", [server], seconds=0)

    @operation("reboot_server")
    def reboot(self, call: Call) -> Reply:
        server = self._servers.find_unlocked(call)
        return self._restart(server, "reboot_server", self.project.machines.reboot)

    @operation("reset_server")
    def reset(self, call: Call) -> Reply:
        server = self._servers.find_unlocked(call)
        return self._restart(server, "reset_server", self.project.machines.reset)

    def _restart(self, server: Server, command: str, restart: Callable[[str], Future]) -> Reply:
        """Restart a running server; one that is off stays off."""
        if server.status != "running":
            return self.answer_with_action(command, [server], locks=[server])
        return self._change_power(server, command, restart(server.key), "running", "running")

    def _change_power(self, server: Server, command: str, job: Future, after: str, otherwise: str) -> Reply:
        """Start an action that ends in status ``after``, or ``otherwise`` if the machine fails."""

        def done() -> None:
            if after == "running" and server.rescue:
                server.rescue = False  # applies to one boot only
                server.invalidate()
            server.set_status(after)

        def failed() -> None:
            server.set_status(otherwise)

        return self.answer_with_action(command, [server], done, locks=[server], job=job, failed=failed)
