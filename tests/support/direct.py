"""Exoscale's own client against the lab: creates what a test needs and reads what it left."""

from __future__ import annotations

from typing import Any

from exoscale.api.v2 import Client

DEBIAN = "Linux Debian 13 (Trixie) 64-bit"
OURS = {"managed-by": "sovereign.vdc"}


class Direct:
    """The zone whose endpoint is in the lab's environment, or ``zone``, used without our modules."""

    def __init__(self, env: dict[str, str], zone: str | None = None) -> None:
        key, secret, url = env["EXOSCALE_API_KEY"], env["EXOSCALE_API_SECRET"], env["EXOSCALE_API_ENDPOINT"]
        self.client = Client(key, secret, url=url)
        if zone:
            there = next(z["api-endpoint"] for z in self.list("list_zones") if z["name"] == zone)
            self.client = Client(key, secret, url=there)

    def list(self, method: str, **arguments: Any) -> list[dict[str, Any]]:
        """Return the items of a list call of the client (``list_instances``)."""
        (items,) = getattr(self.client, method)(**arguments).values()
        return items

    def do(self, method: str, **arguments: Any) -> str | None:
        """Make a change and wait for it; return the id of the changed resource, if it has one."""
        answer = getattr(self.client, method)(**arguments)
        if "state" in answer and "reference" in answer:
            answer = self.client.wait(answer["id"])
            return answer["reference"].get("id")
        return answer.get("id")

    def instance(self, name: str, **more: Any) -> str:
        """Create a small instance; return its id."""
        template = next(t["id"] for t in self.list("list_templates") if t["name"] == DEBIAN)
        small = next(
            t["id"] for t in self.list("list_instance_types") if (t["family"], t["size"]) == ("standard", "small")
        )
        made = self.do(
            "create_instance",
            name=name,
            template={"id": template},
            instance_type={"id": small},
            disk_size=10,
            **more,
        )
        assert made
        return made
