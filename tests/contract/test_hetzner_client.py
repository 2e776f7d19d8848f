"""Hetzner's official client uses every operation that the lab has built.

The ``lab`` fixture fails a test if an answer broke the vendor's document; without the document, the
client's own parsing of the answers remains as the check.
"""

from __future__ import annotations

from typing import Any

import pytest
from hcloud import Client
from support.hetzner_tours import TOURS
from vdclab.hetzner import overlay

LISTS = (
    "certificates",
    "firewalls",
    "floating_ips",
    "images",
    "isos",
    "load_balancer_types",
    "load_balancers",
    "locations",
    "networks",
    "placement_groups",
    "primary_ips",
    "server_types",
    "servers",
    "ssh_keys",
    "volumes",
    "zones",
)


def test_the_client_uses_every_built_operation(lab, client: Client) -> None:
    for tour in TOURS:
        tour(client)
    assert_lists_have_pages(client)
    built = {route["operation"] for route in lab.routes()["hetzner"] if route["built"]}
    used = {key.partition(".")[2] for key in lab.trace()["counts"] if key.startswith("hetzner.")}
    assert sorted(built - used) == []


def assert_lists_have_pages(client: Client) -> None:
    """Every list is divided into pages, which together have all entries."""
    for kind in LISTS:
        resources: Any = getattr(client, kind)
        page = resources.get_list(page=1, per_page=1)
        assert page.meta.pagination.per_page == 1
        assert len(resources.get_all()) == page.meta.pagination.total_entries


def test_the_lab_knows_every_operation_of_the_document(lab) -> None:
    contract = overlay.contract()
    if contract is None:
        pytest.skip("needs the vendor's document (VDC_SPECS)")
    known = {route["operation"]: (route["method"], route["path"]) for route in lab.routes()["hetzner"]}
    assert contract.paths.items() <= known.items()
