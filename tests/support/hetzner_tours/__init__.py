"""Tours: together they use every operation of the lab's Hetzner, through the official client."""

from __future__ import annotations

from collections.abc import Callable

from hcloud import Client

from support.hetzner_tours import load_balancers, networks, products, servers, zones

TOURS: list[Callable[[Client], None]] = [
    products.tour_products,
    products.tour_ssh_keys,
    servers.tour_power,
    servers.tour_server_changes,
    servers.tour_server_access,
    servers.tour_volumes,
    networks.tour_networks,
    networks.tour_firewalls,
    networks.tour_primary_ips,
    networks.tour_floating_ips,
    load_balancers.tour_certificates,
    load_balancers.tour_load_balancers,
    zones.tour_zones,
]
