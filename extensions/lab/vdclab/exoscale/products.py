"""The API routes that show the catalog: zones, instance types, deploy targets."""

from __future__ import annotations

from ..core.routing import Call, Handler, Reply
from .catalog import ZONES, identifier, instance_types
from .zone import Zone, find


class Products:
    """Lists and gets whose answers never change."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def handlers(self) -> dict[str, Handler]:
        """Handlers by operation id."""
        return {
            "list-zones": self._zones,
            "list-instance-types": lambda _: Reply(
                200, {"instance-types": [t.view() for t in instance_types().values()]}
            ),
            "get-instance-type": lambda call: Reply(
                200, find(instance_types(), call.params["id"], "Instance type").view()
            ),
            # Deploy targets are dedicated hypervisors; an ordinary account has none.
            "list-deploy-targets": lambda _: Reply(200, {"deploy-targets": []}),
            "get-deploy-target": lambda call: find({}, call.params["id"], "Deploy Target"),
        }

    def _zones(self, _call: Call) -> Reply:
        """Only the zones that the lab serves: the endpoint of any other zone would be the real one."""
        endpoints = self._zone.lab.settings.zones
        return Reply(
            200,
            {
                "zones": [
                    {
                        "id": identifier("zone", name),
                        "name": name,
                        "api-endpoint": endpoints[name],
                        "sos-endpoint": f"https://sos-{name}.exo.io",
                    }
                    for name in ZONES
                    if name in endpoints
                ]
            },
        )
