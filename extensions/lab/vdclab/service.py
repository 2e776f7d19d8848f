"""A complete lab: two clouds, their machines, S3, a mail server and the control plane."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiohttp import web

from .core.gateway import Cloud, Gateway, Lab
from .core.settings import Settings
from .exoscale.account import Account
from .exoscale.cloud import ExoscaleCloud
from .hetzner.cloud import HetznerCloud
from .http.control import Control
from .http.s3 import S3
from .http.serve import bind, listen
from .machines.base import Machines
from .machines.none import NoMachines
from .mail.sink import MailSink

HOST = "127.0.0.1"
GUESTS_S3_PORT = 9000  # the port of S3 at the lab's address in the guests' network
# EXOSCALE_API_ENDPOINT is that of the first zone.
ZONES = ("ch-dk-2", "ch-gva-2", "de-fra-1")


class LabService:
    """Builds, serves, resets and stops one lab, on free ports of the loopback interface."""

    def __init__(
        self, settings: Settings | None = None, machines_kind: str = "none", run_dir: Path | None = None
    ) -> None:
        self.lab = Lab(settings=settings or Settings())
        self.machines_kind = machines_kind
        self._run_dir = run_dir
        self._sockets = {name: bind(HOST) for name in ("hetzner", *ZONES)}
        self._ports = {name: s.getsockname()[1] for name, s in self._sockets.items()}
        self.lab.settings.zones = {zone: f"http://{HOST}:{self._ports[zone]}/v2" for zone in ZONES}
        self.machines = self._make_machines()
        self.clouds = self._make_clouds()
        self.gateways = {name: Gateway(self.lab, cloud) for name, cloud in self.clouds.items()}
        self.s3 = S3(self.lab.settings)
        smtp = bind(HOST)
        self._smtp_port = smtp.getsockname()[1]
        self.mails = MailSink(self.lab, smtp)
        self._runners: list[web.ServerRunner] = []

    async def start(self) -> None:
        """Start to answer on every port."""
        control = Control(self)
        for name, gateway in self.gateways.items():
            self._runners.append(await listen(gateway, control, self._sockets[name]))
        self.s3.start(self.machines.listener(GUESTS_S3_PORT))
        await self.mails.start()

    async def stop(self) -> None:
        """Stop every listener and every machine."""
        for runner in self._runners:
            await runner.cleanup()
        self.s3.stop()
        await self.mails.stop()
        self.machines.stop_all()

    def reset(self) -> dict[str, str]:
        """Empty the clouds, and reset clock, rate limit, faults, trace, mails and buckets. Raises
        ``RuntimeError`` where machines are real, because their guests would be orphaned."""
        if self.machines.real:
            raise RuntimeError("reset: a lab with real machines cannot be reset; run `vdclab down` and `vdclab up`")
        fresh = Lab(settings=self.lab.settings)
        for part in ("clock", "scheduler", "faults", "trace", "violations"):
            setattr(self.lab, part, getattr(fresh, part))
        self.machines = self._make_machines()
        self.clouds = self._make_clouds()
        for name, gateway in self.gateways.items():
            gateway.install(self.clouds[name])
        self.s3.reset()
        self.mails.clear()
        return {"reset": "done"}

    def environment(self, public_only: bool = False) -> dict[str, str]:
        """Endpoints and credentials as environment variables; without credentials if ``public_only``."""
        settings = self.lab.settings
        shown = {
            "HCLOUD_ENDPOINT": f"http://{HOST}:{self._ports['hetzner']}/v1",
            "EXOSCALE_API_ENDPOINT": settings.zones[ZONES[0]],
            "EXOSCALE_ZONE": ZONES[0],
            "S3_ENDPOINT": self.s3.endpoint,
            # The endpoint for nodes; if these are guests, the controller cannot reach it.
            "VDC_S3_ENDPOINT": self.s3.guests_endpoint,
            "SMTP_HOST": HOST,
            "SMTP_PORT": str(self._smtp_port),
            "SMTP_SECURITY": "none",
            "SMTP_FROM": "vdc@lab.vdc.example",
            "VDC_LAB": f"http://{HOST}:{self._ports['hetzner']}/_lab",
        }
        if public_only:
            return shown
        return {
            **shown,
            "HCLOUD_TOKEN": settings.hetzner_token,
            "EXOSCALE_API_KEY": settings.exoscale_key,
            "EXOSCALE_API_SECRET": settings.exoscale_secret,
            "S3_ACCESS_KEY": settings.s3_access_key,
            "S3_SECRET_KEY": settings.s3_secret_key,
            **self.machines.environment(),
        }

    def dump(self) -> dict[str, Any]:
        """The state of every cloud."""
        self.lab.scheduler.tick(self.lab.clock.now())
        return {name: cloud.dump() for name, cloud in self.clouds.items()}

    def _make_machines(self) -> Machines:
        if self.machines_kind == "none":
            return NoMachines()
        from .machines.qemu import QemuMachines  # here, because it needs root or user namespaces

        assert self._run_dir is not None
        return QemuMachines(self._run_dir)

    def _make_clouds(self) -> dict[str, Cloud]:
        settings = self.lab.settings
        account = Account(settings)
        clouds: dict[str, Cloud] = {"hetzner": HetznerCloud(self.lab, self.machines, settings)}
        for zone in ZONES:
            clouds[zone] = ExoscaleCloud(self.lab, self.machines, settings, zone, account)
        return clouds
