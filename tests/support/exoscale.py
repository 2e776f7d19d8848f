"""Exoscale's official client, with assertions about the lab's answers."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from exoscale.api.exceptions import ExoscaleAPIException
from exoscale.api.v2 import Client

PUBLIC_KEY = "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + b"k" * 32).decode() + " lab"


class Api:
    """The official client; ``do`` starts a change, waits for its operation and returns the changed resource's id."""

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
        """Run ``operation`` to its successful end; returns the id that its result refers to."""
        pending = getattr(self.client, operation)(**arguments)
        assert pending["state"] == "pending"
        ended = self.client.wait(pending["id"])
        return ended["reference"].get("id", "")

    def spec(self, size: str = "standard.small", **more: Any) -> dict[str, Any]:
        """The arguments to create an instance or a pool."""
        return {"instance_type": self.types[size], "template": self.debian, "disk_size": 20, **more}

    def instance(self, name: str = "one", size: str = "standard.small", **more: Any) -> str:
        """Create an instance; returns its id."""
        return self.do("create_instance", **{"name": name, **self.spec(size), **more})

    def assert_rejected(
        self,
        status: int,
        operation: str,
        *,
        message: str | None = None,
        starting: str = "",
        containing: str = "",
        **arguments: Any,
    ) -> str:
        """The call is answered with error ``status`` and this message; returns the whole message."""
        with pytest.raises(ExoscaleAPIException) as caught:
            getattr(self.client, operation)(**arguments)
        body = caught.value.response.json()
        text = "; ".join([body["message"], *(error["message"] for error in body.get("errors", []))])
        assert caught.value.response.status_code == status, text
        assert message in (None, text)
        assert text.startswith(starting)
        assert containing in text
        return text

    def assert_fails(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """The call is accepted and its operation fails; returns the failed operation."""
        pending = getattr(self.client, operation)(**arguments)
        ended = self.client.get_operation(id=pending["id"])
        assert ended["state"] == "failure"
        return ended


def ref(identifier: str) -> dict[str, str]:
    """A reference by id."""
    return {"id": identifier}
