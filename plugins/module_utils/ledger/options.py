# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that several ledger modules share: the catalog and the nodes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import times
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.locations import LocationError, Locations
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
# Documented in the fragment sovereign.vdc.ledger.claims.
CLAIMS_OPTIONS: dict[str, Any] = {
    "claims": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "kind": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "tenant": {"type": "str", "default": ""},
            "number": {"type": "int", "default": 0},
            "identity": {"type": "str", "default": ""},
            "node": {"type": "str", "default": ""},
            "facts": {"type": "dict", "default": {}},
        },
    },
}


def catalog(params: dict[str, Any]) -> dict[str, Tier]:
    """The tiers of ``CATALOG_OPTIONS``, validated; raises ``ValidationError``."""
    try:
        return read(params["tiers"], params["machines"], params["aliases"])
    except CatalogError as error:
        raise ValidationError(str(error)) from None


@contextmanager
def locations(params: dict[str, Any]) -> Iterator[Locations]:
    """The locations of ``CATALOG_OPTIONS``, validated; raises ``ValidationError``.

    A ``LocationError`` within becomes a ``ValidationError`` of the option location.
    """
    try:
        yield read_locations(params["locations"], params["machines"])
    except LocationError as error:
        raise ValidationError(f"location: {error}") from None


def nodes(params: dict[str, Any]) -> list[Node]:
    """The compute nodes of ``NODES_OPTIONS``, validated; raises ``ValidationError``."""
    _reject_duplicates("nodes", params["nodes"])
    for node in params["nodes"]:
        for key, unit in (("cpus", "cores"), ("memory_gib", "GiB of memory")):
            if node[key] <= 0:
                raise ValidationError(f"nodes: {node['name']!r} has {node[key]:g} {unit}; use more than 0")
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
    """The storage pools of ``NODES_OPTIONS``, validated; raises ``ValidationError``."""
    _reject_duplicates("storage_nodes", params["storage_nodes"])
    for node in params["storage_nodes"]:
        if node["size_gib"] < 0:
            raise ValidationError(f"storage_nodes: {node['name']!r} has {node['size_gib']:g} GiB; use 0 or more")
    return [Pool(node["name"], node["size_gib"]) for node in params["storage_nodes"]]


def shares(params: dict[str, Any]) -> tuple[float, float]:
    """The compute share and the storage share of ``NODES_OPTIONS``, validated; raises ``ValidationError``."""
    for option in ("compute_share", "storage_share"):
        if not 0 < params[option] <= 1:
            raise ValidationError(f"{option}: {params[option]:g} is not a share; use more than 0 and at most 1")
    return params["compute_share"], params["storage_share"]


def moment(params: dict[str, Any], option: str, now: int) -> int:
    """The option's time in seconds since the epoch, by default ``now``; raises ``ValidationError``."""
    if params[option] is None:
        return now
    try:
        return times.moment(params[option])
    except ValueError as error:
        raise ValidationError(f"{option}: {error}") from None


def check_length(params: dict[str, Any], **limits: int) -> None:
    """Raise ``ValidationError`` for an option with more characters than its column in the ledger takes."""
    for option, limit in limits.items():
        length = len(params[option] or "")
        if length > limit:
            raise ValidationError(f"{option}: has {length} characters; use at most {limit}")


def _reject_duplicates(option: str, entries: list[dict[str, Any]]) -> None:
    names = [node["name"] for node in entries]
    for name in names:
        if names.count(name) > 1:
            raise ValidationError(f"{option}: {name!r} is listed more than once; list it once")
