"""Waiting and reading in few calls, against a scripted client."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.actions import Waiter, started
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.lookup import must_find
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.servers.state import Reader
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, ValidationError


class Actions:
    """A client with actions only; each ends at its second, and time is faked."""

    def __init__(self, ends: dict[int, float], failing: tuple[int, ...] = ()) -> None:
        self.ends, self.failing = ends, failing
        self.now = 0.0
        self.calls: list[list[int]] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        assert path == "/actions"
        self.calls.append(query["id"])
        return {"actions": [self._show(id_) for id_ in query["id"]]}

    def _show(self, id_: int) -> dict[str, Any]:
        over = self.ends[id_] <= self.now
        status = "running" if not over else ("error" if id_ in self.failing else "success")
        error = {"code": "action_failed", "message": "no capacity"} if status == "error" else None
        return {"id": id_, "command": "create_server", "status": status, "error": error}

    def wait(self, timeout: float = 600.0) -> dict[int, CloudError]:
        return Waiter(self, timeout, clock=lambda: self.now, sleep=self.sleep)(self.ends)  # type: ignore[arg-type]


def test_two_hundred_actions_are_polled_fifty_at_a_time() -> None:
    world = Actions({id_: 2.0 + id_ / 200 for id_ in range(1, 201)})
    assert world.wait() == {}
    assert max(len(call) for call in world.calls) == 50
    assert len(world.calls) <= 12
    assert world.now <= 3.0 + 1.0


def test_without_actions_no_call_is_made() -> None:
    world = Actions({})
    assert world.wait() == {}
    assert (world.calls, world.now) == ([], 0.0)


def test_a_slow_action_does_not_delay_the_errors_of_others() -> None:
    world = Actions({1: 500.0, **dict.fromkeys(range(2, 100), 1.0)}, failing=(70,))
    errors = world.wait(timeout=10)
    assert set(errors) == {1, 70}
    assert errors[70].message == "create_server: no capacity"
    assert errors[1].code == "wait_timeout"
    assert world.now <= 10.5


def test_pauses_grow_while_nothing_happens() -> None:
    world = Actions({1: 60.0})
    assert world.wait() == {}
    assert len(world.calls) <= 40


def test_an_action_that_failed_at_once_is_raised() -> None:
    action = {"id": 1, "command": "x", "status": "error", "error": {"code": "c", "message": "m"}}
    with pytest.raises(CloudError, match="x: m"):
        started({"action": action})
    running = {"id": 2, "command": "x", "status": "running", "error": None}
    done = {"id": 3, "command": "x", "status": "success", "error": None}
    assert started({"action": running, "next_actions": [done, {**running, "id": 4}]}) == [2, 4]
    assert started({"actions": [running]}) == [2]
    assert started({}) == []


def raw(id_: int, name: str, fleet: str | None = None) -> dict[str, Any]:
    labels = {"managed-by": "sovereign.vdc"} | ({"fleet": fleet} if fleet else {})
    kind = {"id": 1, "name": "cx23", "architecture": "x86"}
    return {
        "id": id_,
        "name": name,
        "status": "running",
        "server_type": kind,
        "location": {"name": "fsn1"},
        "image": None,
        "primary_disk_size": 40,
        "labels": labels,
        "public_net": {},
        "protection": {"delete": False},
        "locked": False,
    }


class Servers:
    """A client with servers only, which counts its calls."""

    connections = 4

    def __init__(self, count: int, fleets: tuple[str, ...] = ("web", "db")) -> None:
        self.all = {id_: raw(id_, f"s{id_}", fleets[id_ % len(fleets)]) for id_ in range(1, count + 1)}
        self.calls: list[str] = []

    def find(self, path: str) -> dict[str, Any] | None:
        self.calls.append(path)
        found = self.all.get(int(path.rsplit("/", 1)[-1]))
        return {"server": found} if found else None

    def page(self, path: str, number: int = 1, **query: Any) -> tuple[list[dict[str, Any]], int]:
        chosen = list(self.all.values())
        if "name" in query:
            chosen = [server for server in chosen if server["name"] == query["name"]]
        if "label_selector" in query:
            fleet = query["label_selector"].rsplit("=", 1)[-1]
            chosen = [server for server in chosen if server["labels"].get("fleet") == fleet]
        self.calls.append(f"{number} {query}")
        return chosen[(number - 1) * 50 : number * 50], len(chosen)

    def list(self, path: str, **query: Any) -> list[dict[str, Any]]:
        items, total = self.page(path, **query)
        return self.following(path, items, total, **query)

    def following(self, path: str, items: list[Any], total: int, **query: Any) -> list[dict[str, Any]]:
        for number in range(2, -(-total // 50) + 1):
            items = items + self.page(path, number, **query)[0]
        return items


def read(client: Servers, reader: Reader) -> tuple[set[str], int]:
    client.calls.clear()
    return {server.name for server in reader.read()}, len(client.calls)


def test_up_to_two_servers_are_looked_up_by_name() -> None:
    client = Servers(1000)
    assert read(client, Reader(client, ["s1", "new"], [])) == ({"s1"}, 2)  # type: ignore[arg-type]


def test_few_servers_are_looked_up_and_many_are_read_in_pages() -> None:
    client = Servers(1000)
    some = [f"s{id_}" for id_ in range(500, 505)]
    found, calls = read(client, Reader(client, some, []))  # type: ignore[arg-type]
    assert found >= set(some)
    assert calls == 1 + 5
    found, calls = read(client, Reader(client, [f"s{id_}" for id_ in range(400, 900)], []))  # type: ignore[arg-type]
    assert len(found) == 1000
    assert calls == 20


def test_a_fleet_is_read_by_its_label() -> None:
    client = Servers(1000, tuple(f"f{n}" for n in range(10)))
    members = [server["name"] for server in client.all.values() if server["labels"]["fleet"] == "f3"]
    assert read(client, Reader(client, members, [], "f3")) == (set(members), 2)  # type: ignore[arg-type]


def test_deleted_members_are_not_looked_up_one_by_one() -> None:
    client = Servers(1000, tuple(f"f{n}" for n in range(10)))
    members = {server["name"]: server["id"] for server in client.all.values() if server["labels"]["fleet"] == "f3"}
    reader = Reader(client, members, [], "f3")  # type: ignore[arg-type]
    read(client, reader)
    for name, id_ in members.items():
        reader.touch(name, id_)
        del client.all[id_]
    assert read(client, reader) == (set(), 1)


def test_later_reads_only_read_servers_that_were_changed() -> None:
    client = Servers(300)
    reader = Reader(client, [f"s{id_}" for id_ in range(1, 301)], [])  # type: ignore[arg-type]
    assert read(client, reader)[1] == 6
    reader.touch("s7", 7)
    del client.all[7]
    reader.touch("new", None)
    client.all[999] = raw(999, "new")
    found, calls = read(client, reader)
    assert calls == 2
    assert "s7" not in found
    assert "new" in found
    for id_ in range(10, 200):
        reader.touch(f"s{id_}", id_)
    assert read(client, reader)[1] == 6


def test_ids_are_looked_up() -> None:
    client = Servers(3)
    assert read(client, Reader(client, [], [2, 77])) == ({"s2"}, 2)  # type: ignore[arg-type]


def test_a_required_resource_is_found_by_name_or_id() -> None:
    items = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}, {"id": 3, "name": "1"}]
    assert must_find("x", "thing", "b", items)["id"] == 2
    assert must_find("x", "thing", "2", items)["id"] == 2
    with pytest.raises(ValidationError, match=r"x: '1' is ambiguous, it means the thing 'a' \(id 1\) and '1' \(id 3\)"):
        must_find("x", "thing", "1", items)
    with pytest.raises(ValidationError, match=r"x: there is no thing 'zz'; there is 1, a, b$"):
        must_find("x", "thing", "zz", items)
    with pytest.raises(ValidationError, match="there is none at all in this project"):
        must_find("x", "thing", "zz", [])
