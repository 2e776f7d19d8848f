"""The rest of a server's calls: rescue, ISO, console, password, reverse names, metrics."""

from __future__ import annotations

from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .actions import unlocked
from .labels import invalid
from .metrics import SERVER_SERIES, answer
from .project import Calls, need, operation
from .server_create import new_password
from .servers import Server


class ServerExtras(Calls):
    def _free(self, call: Call) -> Server:
        server = self.project.servers.find(call.params["id"])
        unlocked(server)
        return server

    @operation("enable_server_rescue")
    def enable_rescue(self, call: Call) -> Reply:
        server, body = self._free(call), call.body or {}
        for key in body.get("ssh_keys") or []:
            self.project.ssh_keys.referred(key, "ssh_keys")
        server.rescue = True
        server.touch()
        return self.begun("enable_rescue", [server], holds=[server], extra={"root_password": new_password()})

    @operation("disable_server_rescue")
    def disable_rescue(self, call: Call) -> Reply:
        server = self._free(call)
        server.rescue = False
        server.touch()
        return self.begun("disable_rescue", [server], holds=[server])

    @operation("attach_server_iso")
    def attach_iso(self, call: Call) -> Reply:
        server = self._free(call)
        iso = self.project.isos.referred(need(call.body or {}, "iso"), "iso")
        if iso.architecture != server.type.row.architecture:
            raise invalid("iso", "ISO architecture does not match the server's")
        server.iso = iso
        server.touch()
        return self.begun("attach_iso", [server], holds=[server])

    @operation("detach_server_iso")
    def detach_iso(self, call: Call) -> Reply:
        server = self._free(call)
        server.iso = None
        server.touch()
        return self.begun("detach_iso", [server], holds=[server])

    @operation("request_server_console")
    def request_console(self, call: Call) -> Reply:
        """Credentials as the vendor gives them; the lab opens no console behind them."""
        server = self._free(call)
        if server.status != "running":
            raise ApiError(422, "unsupported_error", "the server is not running")
        extra = {"wss_url": f"wss://console.invalid/?server_id={server.id}", "password": new_password()}
        return self.begun("request_console", [server], extra=extra)

    @operation("reset_server_password")
    def reset_password(self, call: Call) -> Reply:
        """A new password as the vendor gives one; the lab's guests keep theirs."""
        server = self._free(call)
        if server.status != "running":
            raise ApiError(422, "unsupported_error", "the server is not running")
        return self.begun("reset_password", [server], holds=[server], extra={"root_password": new_password()})

    @operation("change_server_dns_ptr")
    def change_dns_ptr(self, call: Call) -> Reply:
        server, body = self._free(call), call.body or {}
        ip = need(body, "ip")
        version = "ipv6" if ":" in ip else "ipv4"
        address = server.primary_ips.get(version)
        if address is None:
            raise invalid("ip", f"{ip} does not belong to this server")
        address.rename(ip, body.get("dns_ptr"))
        return self.begun("change_dns_ptr", [server])

    @operation("get_server_metrics")
    def metrics(self, call: Call) -> Reply:
        server = self.project.servers.find(call.params["id"])
        return answer(call, SERVER_SERIES, server.status == "running")
