"""Random calls in random order: no error of the lab, no broken contract, no dangling reference."""

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
def test_random_calls_leave_a_consistent_state(seed: int) -> None:
    path = overlay.path()
    if path is None:
        pytest.skip("needs the vendor's document (VDC_SPECS)")
    lab = Lab()
    lab.settings.rate_limit = 0
    cloud = HetznerCloud(lab, NoMachines(), lab.settings)
    gateway = Gateway(lab, cloud)
    requests = Requests(cloud, overlay.patched(json.loads(Path(path).read_text())), seed)
    chance = random.Random(seed)
    create_some(gateway)
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
    # The test is meaningful only if enough calls succeed.
    assert {"POST servers", "POST volumes", "POST networks", "DELETE servers"} <= answered.keys()
    lab.clock.advance(60)
    assert_consistent(cloud)


def create_some(gateway: Gateway) -> None:
    """Create a few servers and volumes, so that there is something to change from the start."""
    headers = {"authorization": f"Bearer {gateway.lab.settings.hetzner_token}"}
    for number in range(6):
        server = {"name": f"s{number}", "server_type": "cx23", "image": "debian-13", "location": "nbg1"}
        gateway.handle(Call("POST", "/servers", {}, server, headers))
        gateway.handle(Call("POST", "/volumes", {}, {"name": f"v{number}", "size": 10, "location": "nbg1"}, headers))


def assert_consistent(cloud: HetznerCloud) -> None:
    """Every reference has its counterpart, no resource stays locked, and no address is used twice."""
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
    firewalls = {firewall["id"]: firewall for firewall in lab["firewalls"]}
    for server in servers.values():
        assert {firewall["id"] for firewall in server["public_net"]["firewalls"]} <= firewalls.keys()
        assert not server["locked"]
    used = [address.ip for owned in (resources.primary_ips, resources.floating_ips) for address in owned.store]
    assert len(used) == len(set(used))
