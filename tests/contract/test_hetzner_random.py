"""Whatever is asked in whatever order: no bug, no broken contract, nothing that points nowhere."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pytest
from support.random_requests import Requests
from vdclab.core.gateway import Gateway, Lab
from vdclab.core.routing import Call
from vdclab.hetzner import overlay
from vdclab.hetzner.cloud import HetznerCloud
from vdclab.machines.none import NoMachines

CALLS = 4000


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_calls_leave_a_sound_world(seed: int) -> None:
    path = overlay.path()
    if path is None:
        pytest.skip("the vendor's document is not at hand (VDC_SPECS)")
    lab = Lab()
    lab.settings.rate_limit = 0
    cloud = HetznerCloud(lab, NoMachines(), lab.settings)
    gateway = Gateway(lab, cloud)
    requests = Requests(cloud, overlay.patched(json.loads(Path(path).read_text())), seed)
    chance = random.Random(seed)
    settle(gateway)
    answered: Counter[str] = Counter()
    for _ in range(CALLS):
        lab.settings.action_seconds = chance.choice((0, 0, 0, 5))
        lab.clock.advance(chance.choice((0, 0, 1, 30)))
        call = requests.draw()
        reply = gateway.handle(call).reply
        assert reply.status < 500, (call.method, call.path, call.body, reply.body)
        if reply.status < 300:
            answered[f"{call.method} {call.path.split('/')[1]}"] += 1
    assert lab.violations == []
    # The calls would prove little if hardly any got through.
    assert {"POST servers", "POST volumes", "POST networks", "DELETE servers"} <= answered.keys()
    lab.clock.advance(60)
    assert_sound(cloud)


def settle(gateway: Gateway) -> None:
    """A few servers and volumes, so that there is something to change from the start."""
    headers = {"authorization": f"Bearer {gateway.lab.settings.hetzner_token}"}
    for number in range(6):
        server = {"name": f"s{number}", "server_type": "cx23", "image": "debian-13", "location": "nbg1"}
        gateway.handle(Call("POST", "/servers", {}, server, headers))
        gateway.handle(Call("POST", "/volumes", {}, {"name": f"v{number}", "size": 10, "location": "nbg1"}, headers))


def assert_sound(cloud: HetznerCloud) -> None:
    """Every reference leads to something that knows of it, and nothing is locked for ever."""
    lab = cloud.dump()
    resources = cloud.resources
    servers = {server["id"]: server for server in lab["servers"]}
    for volume in lab["volumes"]:
        if volume["server"] is not None:
            assert volume["id"] in servers[volume["server"]]["volumes"]
    for address in lab["primary_ips"]:
        if address["assignee_id"] is not None:
            own = servers[address["assignee_id"]]["public_net"][address["type"]]
            assert own["id"] == address["id"]
    for group in lab["placement_groups"]:
        assert all(servers[member]["placement_group"]["id"] == group["id"] for member in group["servers"])
    for network in lab["networks"]:
        for member in network["servers"]:
            assert network["id"] in [net["network"] for net in servers[member]["private_net"]]
    walls = {wall["id"]: wall for wall in lab["firewalls"]}
    for server in servers.values():
        assert {wall["id"] for wall in server["public_net"]["firewalls"]} <= walls.keys()
        assert not server["locked"]
    taken = [address.ip for owned in (resources.primary_ips, resources.floating_ips) for address in owned.store]
    assert len(taken) == len(set(taken))
