"""Power: on, off, reset, reboot, and the shutdown that a guest may ignore."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from ..core.routing import Call, Reply
from .actions import unlocked
from .project import Calls, operation
from .servers import Server


class ServerPower(Calls):
    def _free(self, call: Call) -> Server:
        server = self.project.servers.find(call.params["id"])
        unlocked(server)
        return server

    @operation("poweron_server")
    def power_on(self, call: Call) -> Reply:
        server = self._free(call)
        if server.status == "running":
            return self.begun("start_server", [server], seconds=0)
        server.set_status("starting")
        return self._turn(server, "start_server", self.project.machines.start(server.key), "running", "off")

    @operation("poweroff_server")
    def power_off(self, call: Call) -> Reply:
        server = self._free(call)
        before = server.status
        if before == "off":
            return self.begun("stop_server", [server], seconds=0)
        server.set_status("stopping")
        return self._turn(server, "stop_server", self.project.machines.power_off(server.key), "off", before)

    @operation("shutdown_server")
    def shutdown(self, call: Call) -> Reply:
        """The action only says that the request was sent: it succeeds at once, and the server is
        ``off`` when its guest is."""
        server = self._free(call)
        if server.status == "running" and not self.project.ignore_shutdown:
            self.project.machines.shutdown(server.key)
            self.project.dying.add(server.id)
        return self.begun("shutdown_server", [server], seconds=0)

    @operation("reboot_server")
    def reboot(self, call: Call) -> Reply:
        server = self._free(call)
        return self._again(server, "reboot_server", self.project.machines.reboot)

    @operation("reset_server")
    def reset(self, call: Call) -> Reply:
        server = self._free(call)
        return self._again(server, "reset_server", self.project.machines.reset)

    def _again(self, server: Server, command: str, deed: Callable[[str], Future]) -> Reply:
        """A restart; a server that is off stays off."""
        if server.status != "running":
            return self.begun(command, [server], holds=[server])
        return self._turn(server, command, deed(server.key), "running", "running")

    def _turn(self, server: Server, command: str, job: Future, after: str, otherwise: str) -> Reply:
        """An action that leads to status ``after``, or ``otherwise`` if the machine fails."""

        def done() -> None:
            if after == "running" and server.rescue:
                server.rescue = False  # used up by this boot
                server.touch()
            server.set_status(after)

        def broken() -> None:
            server.set_status(otherwise)

        return self.begun(command, [server], done, holds=[server], job=job, failed=broken)
