"""Both clouds filled by bare calls, as another tool of the same operator would make them."""

from __future__ import annotations

from typing import Any

import requests
from exoscale.api.v2 import Client


class Project:
    """The Hetzner project of the lab's environment."""

    def __init__(self, env: dict[str, str]) -> None:
        self._url = env["HCLOUD_ENDPOINT"]
        self._headers = {"Authorization": f"Bearer {env['HCLOUD_TOKEN']}"}

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The answer to a call that must succeed."""
        response = requests.request(method, self._url + path, json=body, headers=self._headers, timeout=10)
        assert response.ok, response.text
        return response.json() if response.content else {}

    def network(self, name: str, cidr: str = "10.0.0.0/16") -> int:
        """The id of a new network with one subnet."""
        subnet = {"type": "cloud", "network_zone": "eu-central", "ip_range": cidr.replace("/16", "/24")}
        body = {"name": name, "ip_range": cidr, "subnets": [subnet]}
        return self.call("POST", "/networks", body)["network"]["id"]

    def server(self, name: str, **more: Any) -> int:
        """The id of a new server of type cx23 with Debian 13."""
        body = {"name": name, "server_type": "cx23", "image": "debian-13", "location": "fsn1", **more}
        return self.call("POST", "/servers", body)["server"]["id"]


class Zone:
    """The Exoscale zone of the lab's environment, or ``name``."""

    def __init__(self, env: dict[str, str], name: str | None = None) -> None:
        key, secret, url = env["EXOSCALE_API_KEY"], env["EXOSCALE_API_SECRET"], env["EXOSCALE_API_ENDPOINT"]
        self._client = Client(key, secret, url=url)
        if name:
            zones = {zone["name"]: zone["api-endpoint"] for zone in self._client.list_zones()["zones"]}
            self._client = Client(key, secret, url=zones[name])

    def do(self, operation: str, **arguments: Any) -> str:
        """Make a change, wait for it, and return the id of what it was about."""
        pending = getattr(self._client, operation)(**arguments)
        return self._client.wait(pending["id"])["reference"]["id"]

    def instance(self, name: str, **more: Any) -> str:
        """The id of a new instance of type standard.small with Debian 13."""
        templates = self._client.list_templates()["templates"]
        types = self._client.list_instance_types()["instance-types"]
        return self.do(
            "create_instance",
            name=name,
            template={"id": next(t["id"] for t in templates if "Debian 13" in t["name"])},
            instance_type={"id": next(t["id"] for t in types if (t["family"], t["size"]) == ("standard", "small"))},
            disk_size=10,
            **more,
        )
