"""Exoscale's official client, as the contract tests use it."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from exoscale.api.exceptions import ExoscaleAPIException
from exoscale.api.v2 import Client

PUBLIC_KEY = "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + b"k" * 32).decode() + " lab"


class Api:
    """The official client with ``do``: start a change, wait for its operation, return what it is about."""

    def __init__(self, env: dict[str, str], url: str | None = None) -> None:
        url = url or env["EXOSCALE_API_ENDPOINT"]
        self.client = Client(env["EXOSCALE_API_KEY"], env["EXOSCALE_API_SECRET"], url=url)
        types = self.client.list_instance_types()["instance-types"]
        self.types = {f"{t['family']}.{t['size']}": {"id": t["id"]} for t in types}
        self.templates = {t["name"]: {"id": t["id"]} for t in self.client.list_templates()["templates"]}
        self.debian = next(t for name, t in self.templates.items() if "Debian 13" in name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def do(self, operation: str, **arguments: Any) -> str:
        """The id in the reference of the operation that ``operation`` answered."""
        pending = getattr(self.client, operation)(**arguments)
        assert pending["state"] == "pending"
        ended = self.client.wait(pending["id"])
        return ended["reference"].get("id", "")

    def wish(self, size: str = "standard.small", **more: Any) -> dict[str, Any]:
        """The arguments of a create, for an instance or a pool."""
        return {"instance_type": self.types[size], "template": self.debian, "disk_size": 20, **more}

    def instance(self, name: str = "one", size: str = "standard.small", **more: Any) -> str:
        """The id of a new instance that runs."""
        return self.do("create_instance", **{"name": name, **self.wish(size), **more})

    def refusal(self, operation: str, **arguments: Any) -> tuple[int, str]:
        """Status and message of a call that must be refused."""
        with pytest.raises(ExoscaleAPIException) as caught:
            getattr(self.client, operation)(**arguments)
        response = caught.value.response
        body = response.json()
        errors = [error["message"] for error in body.get("errors", [])]
        return response.status_code, "; ".join([body["message"], *errors])

    def failure(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """The failed operation that a call must end in."""
        pending = getattr(self.client, operation)(**arguments)
        ended = self.client.get_operation(id=pending["id"])
        assert ended["state"] == "failure"
        return ended


def ref(identifier: str) -> dict[str, str]:
    """A reference by id."""
    return {"id": identifier}
