"""Helpers of the tours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hcloud import Client
from hcloud.locations import Location

NBG = Location(name="nbg1")
HOUR = {"start": datetime.now(UTC) - timedelta(hours=1), "end": datetime.now(UTC)}


def read_actions(client: Client, path: str, plural: str, ident: int) -> None:
    """Read the actions of one kind of resource in all five ways."""
    listed = client.request("GET", f"/{plural}/actions", params={"sort": "id:desc", "per_page": 2})["actions"]
    action = listed[0]["id"]
    assert client.request("GET", f"/{plural}/actions/{action}")["action"] == listed[0]
    own = client.request("GET", f"/{plural}/{path or ident}/actions")["actions"]
    one = client.request("GET", f"/{plural}/{path or ident}/actions/{own[0]['id']}")["action"]
    assert one["status"] in ("success", "error")
    assert client.actions.get_by_id(action).id == action
    both = client.request("GET", "/actions", params={"id": [action, own[0]["id"]]})["actions"]
    assert {a["id"] for a in both} == {action, own[0]["id"]}
