"""A Hetzner project and the resources that servers refer to, made by plain API calls."""

from __future__ import annotations

from typing import Any

import requests

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2kYMZ9tvrvkEdo9cWt8RLUXuQhWwOUsMiRVkHLzVvs"

NEW_SERVER = {"server_type": "cx23", "image": "debian-13", "location": "fsn1"}


def steps(result: dict[str, Any]) -> list[str]:
    """Return the steps of a successful run of hetzner_servers, as ``server: step``."""
    assert not result["failed"], result["msg"]
    return [f"{step['server']}: {step['step']}" for step in result["steps"]]


class Project:
    """Plain calls of the lab's Hetzner API, as another tool of the same operator makes them."""

    def __init__(self, env: dict[str, str]) -> None:
        self._url = env["HCLOUD_ENDPOINT"]
        self._headers = {"Authorization": f"Bearer {env['HCLOUD_TOKEN']}"}

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        response = requests.request(method, self._url + path, json=body, headers=self._headers, timeout=10)
        assert response.ok, response.text
        return response.json() if response.content else {}

    def network(self, name: str = "private", cidr: str = "10.0.0.0/16") -> int:
        subnet = {"type": "cloud", "network_zone": "eu-central", "ip_range": cidr.replace("/16", "/24")}
        body = {"name": name, "ip_range": cidr, "subnets": [subnet]}
        return self.call("POST", "/networks", body)["network"]["id"]

    def firewall(self, name: str = "web") -> int:
        return self.call("POST", "/firewalls", {"name": name, "rules": []})["firewall"]["id"]

    def ssh_key(self, name: str = "ops") -> int:
        return self.call("POST", "/ssh_keys", {"name": name, "public_key": f"{KEY} {name}"})["ssh_key"]["id"]

    def group(self, name: str = "spread") -> int:
        body = {"name": name, "type": "spread"}
        return self.call("POST", "/placement_groups", body)["placement_group"]["id"]

    def volume(self, name: str = "data", location: str = "fsn1", size: int = 10) -> int:
        body = {"name": name, "size": size, "location": location, "format": "xfs"}
        return self.call("POST", "/volumes", body)["volume"]["id"]

    def server(self, name: str, **more: Any) -> int:
        """Create a server, which is foreign unless ``more`` has our labels."""
        body = {"name": name, "server_type": "cx23", "image": "debian-13", "location": "fsn1", **more}
        return self.call("POST", "/servers", body)["server"]["id"]

    def servers(self) -> dict[str, dict[str, Any]]:
        """Return all servers by name."""
        return {server["name"]: server for server in self.call("GET", "/servers?per_page=50")["servers"]}
