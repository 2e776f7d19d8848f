"""Whether a run sees the whole fleet."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.inventory import (
    foreign_nodes,
    inventory_problem,
    missing_nodes,
    placement_zones,
    run_problem,
)

NOW = 1_795_900_000.0
SOURCE = {"fleet": "demo", "zones": [], "filters": [], "complete": True, "read_at": NOW - 5, "error": ""}
HETZNER = {**SOURCE, "provider": "hetzner"}
EXOSCALE = {**SOURCE, "provider": "exoscale", "zones": ["ch-dk-2"]}
LOCATIONS = {"fsn1": "hetzner", "ch-dk-2": "exoscale", "ch-gva-2": "exoscale"}


def problem(hetzner: dict[str, Any] | None = None, exoscale: dict[str, Any] | None = None, **more: Any) -> str:
    sources = {
        "h.yml": {**HETZNER, **(hetzner or {})},
        "e.yml": {**EXOSCALE, **(exoscale or {})},
        **more.pop("sources", {}),
    }
    given = {"fleet": "demo", "zones": ["ch-dk-2"], "now": NOW, "max_age": 900, **more}
    return inventory_problem({path: one for path, one in sources.items() if one}, **given)


def test_a_complete_and_fresh_inventory_is_accepted() -> None:
    assert problem() == ""
    assert problem(exoscale={"zones": []}, zones=["ch-dk-2", "ch-gva-2"]) == ""


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"hetzner": {"complete": False, "error": "GET /v1/servers: forbidden"}},
            "h.yml could not be read (GET /v1/servers: forb",
        ),
        ({"exoscale": {"complete": False}}, "e.yml could not be read (it was not finished)"),
        ({"hetzner": {"fleet": ""}}, "h.yml reads all fleets, and vdc_fleet is 'demo'; set fleet: demo there"),
        ({"hetzner": {"fleet": "other"}}, "h.yml reads the fleet 'other'"),
        ({"hetzner": {"filters": ["status", "types"]}}, "h.yml leaves servers out by status and types"),
        (
            {"exoscale": {"read_at": NOW - 1860}},
            "e.yml was read 31 minutes ago, and vdc_inventory_max_age_seconds is 900",
        ),
        ({"exoscale": {"read_at": 0}}, "e.yml was read"),
        ({"exoscale": {"read_at": NOW + 3600}}, "e.yml was read 60 minutes in the future"),
        ({"zones": ["ch-dk-2", "ch-gva-2"]}, "machines in the Exoscale zone ch-gva-2, which e.yml does not read"),
        (
            {"sources": {"second.yml": {**HETZNER, "complete": False, "error": "timeout"}}},
            "second.yml could not be read (timeout)",
        ),
    ],
)
def test_an_inventory_that_may_lack_machines_is_refused(changes: dict[str, Any], sentence: str) -> None:
    assert problem(**changes).startswith("inventory: ")
    assert sentence in problem(**changes)


def test_a_provider_without_a_source_is_refused() -> None:
    assert "nothing shows that Hetzner Cloud was read" in inventory_problem({}, "demo", [], NOW, 900)
    assert "nothing shows that Exoscale was read" in inventory_problem({"h": HETZNER}, "demo", [], NOW, 900)


def test_a_providers_text_is_never_a_template() -> None:
    assert "{{" not in problem(hetzner={"complete": False, "error": "{{ lookup('pipe', 'id') }}"})


@pytest.mark.parametrize(
    ("limit", "run", "skip", "sentence"),
    [
        ("web-1", ["all"], [], "--limit: 'web-1' leaves out hosts"),
        ("localhost", ["all"], [], "--limit: 'localhost'"),
        ("", ["nodes", "cloud"], [], "--tags: 'cloud,nodes' leaves out tasks"),
        ("", ["all"], ["nodes"], "--skip-tags: 'nodes' leaves out tasks"),
        ("", ["all"], ["always"], "--skip-tags: 'always'"),
    ],
)
def test_options_that_leave_something_out_are_refused(
    limit: str, run: list[str], skip: list[str], sentence: str
) -> None:
    assert run_problem(limit, run, skip).startswith(sentence)


@pytest.mark.parametrize("limit", ["", "all", "*"])
def test_a_whole_run_is_accepted(limit: str) -> None:
    assert run_problem(limit, ["all"], []) == ""


def test_missing_nodes_are_looked_up_where_they_would_be() -> None:
    nodes = [
        {"name": "demo-compute-1", "role": "compute", "location": ""},
        {"name": "demo-tenant-7-ch-gva-2", "role": "compute", "location": "ch-gva-2"},
        {"name": "demo-tenant-8", "role": "compute", "location": "fsn1"},
        {"name": "demo-storage-1", "role": "storage", "location": ""},
    ]
    assert missing_nodes(nodes, ["demo-tenant-8", "localhost"], LOCATIONS, "ch-dk-2") == [
        {"name": "demo-compute-1", "provider": "hetzner", "zone": ""},
        {"name": "demo-tenant-7-ch-gva-2", "provider": "exoscale", "zone": "ch-gva-2"},
        {"name": "demo-storage-1", "provider": "exoscale", "zone": "ch-dk-2"},
    ]
    assert placement_zones(nodes, LOCATIONS) == ["ch-gva-2"]
    assert foreign_nodes(nodes, "demo") == []
    assert foreign_nodes(nodes, "dem") == sorted(node["name"] for node in nodes)
