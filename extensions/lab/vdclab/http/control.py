"""The control plane ``/_lab/``: the lab's state, trace and faults, and the settings that tests change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Protocol

from ..core.clock import iso
from ..core.gateway import Cloud, Lab
from ..machines.base import Machines
from ..mail.sink import MailSink

# Set when the lab starts; ``/_lab/settings`` neither shows nor changes them.
FIXED = ("hetzner_token", "exoscale_key", "exoscale_secret", "s3_access_key", "s3_secret_key", "zones")


class ControlledLab(Protocol):
    """The part of a running lab that the control plane shows and changes."""

    lab: Lab
    clouds: dict[str, Cloud]
    mails: MailSink
    machines: Machines
    machines_kind: str

    def dump(self) -> dict[str, Any]:
        """The state of every cloud."""

    def reset(self) -> dict[str, str]:
        """Empty every cloud; raises ``RuntimeError`` where machines are real."""

    def environment(self, public_only: bool = False) -> dict[str, str]:
        """Endpoints and credentials as environment variables."""


class Control:
    """Answers ``(method, path, body)`` with ``(status, body)``; paths are without ``/_lab``."""

    def __init__(self, service: ControlledLab) -> None:
        self._service = service
        self._routes: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", ""): self._index,
            ("GET", "/state"): lambda _: service.dump(),
            ("GET", "/machines"): lambda _: service.machines.describe(),
            ("GET", "/trace"): lambda _: service.lab.trace.dump(),
            ("DELETE", "/trace"): lambda _: service.lab.trace.clear(),
            ("GET", "/violations"): lambda _: service.lab.violations,
            ("DELETE", "/violations"): lambda _: service.lab.violations.clear(),
            ("GET", "/routes"): self._all_routes,
            ("GET", "/faults"): lambda _: service.lab.faults.dump(),
            ("PUT", "/faults"): self._set_faults,
            ("GET", "/mails"): lambda _: service.mails.dump(),
            ("DELETE", "/mails"): lambda _: service.mails.clear(),
            ("GET", "/clock"): self._clock,
            ("POST", "/clock"): self._advance,
            ("GET", "/settings"): lambda _: self._settings(),
            ("PUT", "/settings"): self._set_settings,
            ("PUT", "/clouds"): self._configure,
            ("POST", "/reset"): lambda _: service.reset(),
        }

    def handle(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Answer one call; invalid input is a 422 whose ``error`` says what is wrong."""
        route = self._routes.get((method, path))
        if route is None:
            return 404, {"error": f"{method} /_lab{path} does not exist; GET /_lab lists the calls"}
        try:
            return 200, route(body)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            return 422, {"error": str(error)}

    def _index(self, _: Any) -> Any:
        return {
            "machines": self._service.machines_kind,
            "endpoints": self._service.environment(public_only=True),
            "calls": [f"{method} /_lab{path}" for method, path in self._routes],
        }

    def _all_routes(self, _: Any) -> Any:
        return {
            name: [
                {"method": r.method, "path": r.template, "operation": r.operation, "built": r.handler is not None}
                for r in cloud.routes
            ]
            for name, cloud in self._service.clouds.items()
        }

    def _set_faults(self, body: Any) -> Any:
        self._service.lab.faults.replace(body["rules"], body.get("seed", 1))
        return self._service.lab.faults.dump()

    def _clock(self, _: Any) -> Any:
        now = self._service.lab.clock.now()
        return {"now": now, "iso": iso(now)}

    def _advance(self, body: Any) -> Any:
        lab = self._service.lab
        lab.scheduler.tick(lab.clock.now())  # effects that are due now get the time of now
        lab.clock.advance(float(body["advance"]))
        lab.scheduler.tick(lab.clock.now())
        return self._clock(None)

    def _settings(self) -> Any:
        shown = asdict(self._service.lab.settings)
        return {key: value for key, value in shown.items() if key not in FIXED}

    def _set_settings(self, body: Any) -> Any:
        known = self._settings()
        for key, value in body.items():
            if key not in known:
                raise KeyError(f"settings: {key} is not one of {', '.join(known)}")
            setattr(self._service.lab.settings, key, type(known[key])(value))
        return self._settings()

    def _configure(self, body: Any) -> Any:
        """Change clouds by name: ``hetzner``, an Exoscale zone, or ``exoscale`` for every zone."""
        clouds = self._service.clouds
        for name, change in body.items():
            matching = [cloud for key, cloud in clouds.items() if name in (key, cloud.name)]
            if not matching:
                raise KeyError(f"clouds: {name} is not one of {', '.join([*clouds, 'exoscale'])}")
            for cloud in matching:
                cloud.configure(change)
        return {"configured": sorted(body)}
