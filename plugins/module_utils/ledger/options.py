# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that several ledger modules share: the catalog and the nodes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.locations import BadLocation, Locations
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.locations import read as read_locations
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.placement import SHARE, Node, Pool
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.tiers import GIB, CatalogError, Tier, read

# Documented in the fragment sovereign.vdc.ledger.catalog.
CATALOG_OPTIONS: dict[str, Any] = {
    "tiers": {"type": "dict", "default": {}},
    "machines": {"type": "dict", "default": {}},
    "aliases": {"type": "dict", "default": {}},
    "locations": {"type": "dict", "default": {}},
}
# Documented in the fragment sovereign.vdc.ledger.nodes.
NODES_OPTIONS: dict[str, Any] = {
    "nodes": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "cpus": {"type": "float", "required": True},
            "memory_gib": {"type": "float", "required": True},
            "draining": {"type": "bool", "default": False},
            "healthy": {"type": "bool", "default": True},
            "spread_group": {"type": "str", "default": ""},
            "locations": {"type": "list", "elements": "str", "default": [""]},
        },
    },
    "storage_nodes": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "size_gib": {"type": "float", "required": True},
        },
    },
    "compute_share": {"type": "float", "default": SHARE},
    "storage_share": {"type": "float", "default": SHARE},
}


def catalog(params: dict[str, Any]) -> dict[str, Tier]:
    """The tiers of ``CATALOG_OPTIONS``; raises ``ValidationError`` where they make no sense."""
    try:
        return read(params["tiers"], params["machines"], params["aliases"])
    except CatalogError as error:
        raise ValidationError(str(error)) from None


@contextmanager
def locations(params: dict[str, Any]) -> Iterator[Locations]:
    """The locations of ``CATALOG_OPTIONS``; raises ``ValidationError`` where they make no sense, and within for one that is not
    among them."""
    try:
        yield read_locations(params["locations"], params["machines"])
    except BadLocation as error:
        raise ValidationError(f"location: {error}") from None


def nodes(params: dict[str, Any]) -> list[Node]:
    """The compute nodes of ``NODES_OPTIONS``; raises ``ValidationError`` where they make no sense."""
    _unique("nodes", params["nodes"])
    for node in params["nodes"]:
        for key, unit in (("cpus", "cores"), ("memory_gib", "GiB of memory")):
            if node[key] <= 0:
                raise ValidationError(f"nodes: {node['name']!r} has {node[key]:g} {unit}; give more than 0")
    return [
        Node(
            name=node["name"],
            cpu=round(node["cpus"] * 1000),
            memory=round(node["memory_gib"] * GIB),
            draining=node["draining"],
            healthy=node["healthy"],
            spread_group=node["spread_group"],
            locations=tuple(node["locations"]),
        )
        for node in params["nodes"]
    ]


def pools(params: dict[str, Any]) -> list[Pool]:
    """The storage nodes of ``NODES_OPTIONS``; raises ``ValidationError`` where they make no sense."""
    _unique("storage_nodes", params["storage_nodes"])
    for node in params["storage_nodes"]:
        if node["size_gib"] < 0:
            raise ValidationError(f"storage_nodes: {node['name']!r} has {node['size_gib']:g} GiB; give 0 or more")
    return [Pool(node["name"], node["size_gib"]) for node in params["storage_nodes"]]


def shares(params: dict[str, Any]) -> tuple[float, float]:
    """The shares of compute and of storage of ``NODES_OPTIONS``; raises ``ValidationError`` where they are none."""
    for option in ("compute_share", "storage_share"):
        if not 0 < params[option] <= 1:
            raise ValidationError(f"{option}: must be more than 0 and not more than 1, not {params[option]:g}")
    return params["compute_share"], params["storage_share"]


def check_length(params: dict[str, Any], **most: int) -> None:
    """Raise ``ValidationError`` for an option that is longer than the ledger takes."""
    for option, characters in most.items():
        if len(params[option] or "") > characters:
            raise ValidationError(f"{option}: is longer than {characters} characters")


def _unique(option: str, given: list[dict[str, Any]]) -> None:
    names = [node["name"] for node in given]
    for name in names:
        if names.count(name) > 1:
            raise ValidationError(f"{option}: {name!r} is there more than once")
