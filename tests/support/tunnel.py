"""Configuration of a tunnel node, for tests of its programs."""

from __future__ import annotations

from typing import Any

ACME = {"tenant": "acme", "side": "client", "client": "10.99.64.1", "server": "10.99.128.1", "peer": "f-storage-1"}


def peer(public_key: str) -> dict[str, str]:
    """Return a storage node with this public key, as a peer."""
    return {
        "name": "f-storage-1",
        "address": "10.99.0.1",
        "endpoint": "198.51.100.10:51820",
        "public_key": public_key,
    }


def compute_node(backend: str, peers: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    """Return the configuration of a compute node with these peers."""
    return {
        "backend": backend,
        "name": "f-compute-1",
        "interface": "vdc0",
        "network": "10.99.0.0/16",
        "address": "10.99.16.1",
        "port": 51820,
        "mtu": 1420,
        "keepalive": 5,
        "ports": [],
        "peers": peers,
        **more,
    }
