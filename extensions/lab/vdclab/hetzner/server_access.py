"""The ways into a server: rescue system, ISO, console, root password, reverse DNS names."""

from __future__ import annotations

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .collection import Calls, operation, required
from .labels import invalid
from .products import Isos
from .project import Project
from .server import Server
from .server_create import new_password
from .servers import Servers
from .ssh_keys import SshKeys


class ServerAccess(Calls):
    """Rescue system and ISO are shown, not booted; a guest keeps its own password."""

    def __init__(self, project: Project, servers: Servers, ssh_keys: SshKeys, isos: Isos) -> None:
        super().__init__(project)
        self._servers = servers
        self._ssh_keys = ssh_keys
        self._isos = isos

    def _find_running(self, call: Call) -> Server:
        server = self._servers.find_unlocked(call)
        if server.status != "running":
            raise ApiError(422, "unsupported_error", "the server is not running")
        return server

    @operation("enable_server_rescue")
    def enable_rescue(self, call: Call) -> Reply:
        server, body = self._servers.find_unlocked(call), call.body or {}
        for key in body.get("ssh_keys") or []:
            self._ssh_keys.lookup(key, "ssh_keys")
        server.rescue = True
        server.invalidate()
        extra = {"root_password": new_password()}
        return self.answer_with_action("enable_rescue", [server], locks=[server], extra=extra)

    @operation("disable_server_rescue")
    def disable_rescue(self, call: Call) -> Reply:
        server = self._servers.find_unlocked(call)
        server.rescue = False
        server.invalidate()
        return self.answer_with_action("disable_rescue", [server], locks=[server])

    @operation("attach_server_iso")
    def attach_iso(self, call: Call) -> Reply:
        server = self._servers.find_unlocked(call)
        iso = self._isos.lookup(required(call.body or {}, "iso"), "iso")
        if iso.architecture != server.type.row.architecture:
            raise invalid("iso", "ISO architecture does not match the server's")
        server.iso = iso
        server.invalidate()
        return self.answer_with_action("attach_iso", [server], locks=[server])

    @operation("detach_server_iso")
    def detach_iso(self, call: Call) -> Reply:
        server = self._servers.find_unlocked(call)
        server.iso = None
        server.invalidate()
        return self.answer_with_action("detach_iso", [server], locks=[server])

    @operation("request_server_console")
    def request_console(self, call: Call) -> Reply:
        """Answer with credentials; the lab opens no console."""
        server = self._find_running(call)
        extra = {"wss_url": f"wss://console.invalid/?server_id={server.id}", "password": new_password()}
        return self.answer_with_action("request_console", [server], extra=extra)

    @operation("reset_server_password")
    def reset_password(self, call: Call) -> Reply:
        """Answer with a new password; the guest keeps its own."""
        server = self._find_running(call)
        extra = {"root_password": new_password()}
        return self.answer_with_action("reset_password", [server], locks=[server], extra=extra)

    @operation("change_server_dns_ptr")
    def change_dns_ptr(self, call: Call) -> Reply:
        server, body = self._servers.find_unlocked(call), call.body or {}
        ip = required(body, "ip")
        address = server.primary_ips.get("ipv6" if ":" in ip else "ipv4")
        if address is None:
            raise invalid("ip", f"{ip} does not belong to this server")
        address.rename(ip, body.get("dns_ptr"))
        return self.answer_with_action("change_dns_ptr", [server])
