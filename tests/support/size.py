"""A platform of a given size in a lab without machines, with every tenant in its desired state, created without playbooks."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import store
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import placement

from support.controller import Controller, node
from support.modules import run_module

# How a fleet is mixed: seven in ten share nodes.
MIX = {"casual": 14, "pro": 5, "enterprise": 1}
# A shared node: a cx53, four fifths of which are for tenants.
NODE = {"cpus": 16, "memory_gib": 32}
A_NODE_TAKES = int(0.8 * 16 / 0.6)


def tier_of(number: int) -> str:
    """Return the tier of the tenant with this number."""
    kinds = [tier for tier, count in MIX.items() for _each in range(count)]
    return kinds[number % len(kinds)]


def create_tenants(url: str, count: int, fleet: str = "lab") -> list[dict[str, Any]]:
    """Create ``count`` tenants in the new ledger at ``url``, and their dedicated servers and shared nodes in the cloud, which
    has the fleet's firewall and key; return the servers."""
    casual = [number for number in range(count) if tier_of(number) == "casual"]
    shared = [f"{fleet}-compute-{number + 2}" for number in range(-(-len(casual) // A_NODE_TAKES))]
    ledger = store.connect(url)
    run = Controller(ledger)
    run.nodes = [placement.Node(name, node(0, **NODE).cpu, node(0, **NODE).memory) for name in shared]
    run.pools = [placement.Pool(f"{fleet}-storage-1", 1_000_000)]
    for number in range(count):
        run.request(f"t{number:04}", tier=tier_of(number))
    started = run.start(kind="create", fleet=fleet)
    run.done(started)
    ledger.close()
    assert len(started["operations"]) == count, started["waiting"]
    role = {"role": "compute"}
    nodes = [{"name": name, "server_type": "cx53", "labels": role, "state": "started"} for name in shared]
    common = {"location": "nbg1", "image": "debian-13", "ssh_keys": [fleet], "firewalls": [fleet]}
    made = run_module("hetzner_servers", servers=nodes + started["servers"], fleet=fleet, concurrency=32, **common)
    assert not made["failed"], made["msg"]
    return made["servers"]
