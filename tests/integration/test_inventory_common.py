"""What both inventories have in common: names, addresses, groups, cache, trust and errors, against the lab."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.direct import Direct
from support.hetzner_project import Project
from support.inventory import InventoryFile

FLEET = [
    ("web-1", {"role": "web", "tier": "casual", "tunnel-address": "100.64.0.1"}),
    ("web-2", {"role": "web", "tier": "business"}),
    ("db-1", {"role": "db", "empty": ""}),
]


@pytest.fixture(params=["hetzner", "exoscale"])
def provider(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def create(lab, provider: str) -> Callable[..., Any]:
    """``create(name, labels)`` makes a server with the vendor's own call."""
    made = Project(lab.env).server if provider == "hetzner" else Direct(lab.env).instance
    return lambda name, labels: made(name, labels=labels)


@pytest.fixture
def fleet(create: Callable[..., Any]) -> None:
    for name, labels in FLEET:
        create(name, labels)


@pytest.fixture
def inventory(tmp_path: Path, provider: str) -> InventoryFile:
    return InventoryFile(tmp_path, provider)


def test_hosts_of_both_providers_have_the_same_variables(inventory: InventoryFile, fleet: None, provider: str) -> None:
    seen = inventory.read()
    assert seen.groups[provider] == ["db-1", "web-1", "web-2"]
    host = seen.hosts["web-1"]
    assert host["vdc_provider"] == provider
    assert host["vdc_labels"] == FLEET[0][1]
    assert host["vdc_status"] == "running"
    assert host["ansible_host"] == host["vdc_ipv4"]
    assert "debian" in host["vdc_image"].lower()
    for name in ("id", "name", "location", "type", "created", "ipv6", "private_networks"):
        assert f"vdc_{name}" in host


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"label_selector": "role=web"}, ["web-1", "web-2"]),
        ({"label_selector": "tier in (casual, other)"}, ["web-1"]),
        ({"label_selector": "role,!tier"}, ["db-1"]),
        ({"label_selector": "role!=db,tier!=casual"}, ["web-2"]),
        ({"labels": {"role": "web", "tier": "business"}}, ["web-2"]),
        ({"labels": {"role": "web"}, "label_selector": "tier=casual"}, ["web-1"]),
        ({"status": ["running"]}, ["db-1", "web-1", "web-2"]),
        ({"types": ["nothing.like-it"]}, []),
        ({"types": ["cx23", "standard.small"]}, ["db-1", "web-1", "web-2"]),
    ],
)
def test_hosts_are_filtered(
    inventory: InventoryFile, fleet: None, options: dict[str, Any], expected: list[str]
) -> None:
    assert sorted(inventory.read(**options).hosts) == expected


def test_constructed_options_add_variables_and_groups(inventory: InventoryFile, fleet: None) -> None:
    seen = inventory.read(
        compose={"motto": "vdc_name | upper", "the_role": "vdc_labels.role", "vdc_type": "'composed'"},
        groups={"frontends": "the_role == 'web'", "not valid!": "vdc_status == 'running'"},
        keyed_groups=[
            {"key": "vdc_labels.role", "prefix": "is"},
            {"key": "vdc_labels.tier", "separator": "", "default_value": "none"},
            {"key": "vdc_type", "parent_group": "kinds"},
        ],
        leading_separator=False,
        label_groups=["role", "empty", "tunnel-address"],
    )
    assert seen.hosts["web-1"]["motto"] == "WEB-1"
    assert seen.groups["frontends"] == ["web-1", "web-2"]
    assert seen.groups["not_valid_"] == ["db-1", "web-1", "web-2"]
    assert seen.groups["is_web"] == ["web-1", "web-2"]
    assert seen.groups["casual"] == ["web-1"]
    assert seen.groups["composed"] == seen.groups["kinds"] == ["db-1", "web-1", "web-2"]
    assert seen.groups["role_db"] == seen.groups["empty"] == ["db-1"]
    assert seen.groups["tunnel_address_100_64_0_1"] == ["web-1"]


def test_strict_makes_bad_expressions_an_error(inventory: InventoryFile, fleet: None) -> None:
    bad = {"compose": {"x": "nothing.at_all"}}
    assert "x" not in inventory.read(**bad).hosts["web-1"]
    assert "Could not set x for host" in inventory.read(**bad, strict=True).error


def test_connect_with_selects_the_address(inventory: InventoryFile, fleet: None) -> None:
    def reached(**options: Any) -> dict[str, Any]:
        return {name: host.get("ansible_host") for name, host in inventory.read(**options).hosts.items()}

    assert reached(connect_with="name")["web-2"] == "web-2"
    tunnel = reached(connect_with=["tunnel", "name"])
    assert (tunnel["web-1"], tunnel["web-2"]) == ("100.64.0.1", "web-2")
    assert reached(connect_with="tunnel")["web-2"] is None
    assert reached(connect_with="tunnel", tunnel_label="role")["web-2"] == "web"
    assert reached(connect_with="tunnel", tunnel_address="{{ vdc_name }}.vpn")["db-1"] == "db-1.vpn"
    failed = inventory.read(connect_with="tunnel", strict=True).error
    assert "connect_with" in failed
    assert "has no address by tunnel" in failed


def test_hostname_prefix_and_group_are_configurable(inventory: InventoryFile, fleet: None) -> None:
    seen = inventory.read(hostname="{{ labels.role }}.{{ name }}", hostvars_prefix="", group="all-of it")
    assert sorted(seen.hosts) == ["db.db-1", "web.web-1", "web.web-2"]
    assert seen.hosts["db.db-1"]["labels"]["role"] == "db"
    assert len(seen.groups["all_of_it"]) == 3


def test_ids_are_appended_to_ambiguous_host_names(inventory: InventoryFile, fleet: None) -> None:
    seen = inventory.read(hostname="{{ vdc_labels.role }}")
    ids = {f"web-{host['vdc_id']}" for host in seen.hosts.values() if host["vdc_labels"]["role"] == "web"}
    assert sorted(seen.hosts) == sorted({"db", *ids})
    assert "their ids were appended" in seen.output


def test_extra_variables_fill_templates(inventory: InventoryFile, fleet: None, lab, provider: str) -> None:
    secret = {"hetzner": ("api_token", "HCLOUD_TOKEN"), "exoscale": ("api_secret", "EXOSCALE_API_SECRET")}[provider]
    seen = inventory.read("-e", f"mine={lab.env[secret[1]]}", "-e", "side=prod", **{secret[0]: "{{ mine }}"})
    assert len(seen.hosts) == 3
    assert "prod-db-1" in inventory.read("-e", "side=prod", hostname="{{ side }}-{{ vdc_name }}").hosts


def test_a_cached_inventory_makes_no_call(inventory: InventoryFile, fleet: None, lab, create) -> None:
    cached = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(inventory.cache)}
    first = inventory.read(**cached)
    lab.clear_trace()
    create("late", {"role": "web"})
    made = lab.reads() + lab.writes()
    again = inventory.read(**cached, compose={"x": "vdc_name"})  # options that are applied to cached hosts may change
    assert lab.reads() + lab.writes() == made
    assert sorted(again.hosts) == sorted(first.hosts) == ["db-1", "web-1", "web-2"]
    assert again.hosts["web-1"]["vdc_labels"] == first.hosts["web-1"]["vdc_labels"]
    assert (
        len(inventory.read(**cached, label_selector="role=web").hosts) == 3
    )  # another request has its own cache entry
    assert len(inventory.read().hosts) == 4


def test_a_cache_is_used_with_its_own_credentials_only_and_contains_none(
    inventory: InventoryFile, fleet: None, lab, provider: str
) -> None:
    cached = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(inventory.cache)}
    assert len(inventory.read(**cached).hosts) == 3
    for file in inventory.cache.iterdir():
        for name in ("HCLOUD_TOKEN", "EXOSCALE_API_KEY", "EXOSCALE_API_SECRET"):
            assert lab.env[name] not in file.read_text() + file.name
    other = {"api_token": "another"} if provider == "hetzner" else {"api_secret": "another"}
    assert inventory.read(**cached, **other).error


def test_wrong_credentials_are_reported_in_one_sentence(inventory: InventoryFile, lab, provider: str) -> None:
    option = "api_token" if provider == "hetzner" else "api_secret"
    error = inventory.read(**{option: "wrong-one"}).error
    assert error.startswith(f"sovereign.vdc.{provider}: ")
    assert option in error
    assert "wrong-one" not in error


def test_missing_credentials_are_reported_in_one_sentence(
    inventory: InventoryFile, lab, provider: str, monkeypatch
) -> None:
    name = "HCLOUD_TOKEN" if provider == "hetzner" else "EXOSCALE_API_KEY"
    monkeypatch.delenv(name)
    assert name in inventory.read().error


def test_an_unreachable_endpoint_is_reported_in_one_sentence(inventory: InventoryFile, lab) -> None:
    error = inventory.read(api_endpoint="http://127.0.0.1:9/v1", api_retries=0).error
    assert "http://127.0.0.1:9 cannot be reached: connection refused" in error


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label_selector": "a b"}, "label_selector: 'a b'"),
        ({"labels": {"a b": "c"}}, "labels: a b='c'"),
        ({"connect_with": "carrier-pigeon"}, "carrier-pigeon"),
        ({"concurrency": 0}, "concurrency: 0"),
        ({"hostvars_prefix": "1-"}, "hostvars_prefix: '1-'"),
        ({"hostname": "{{ nothing }}"}, "hostname: "),
        ({"api_endpoint": "nowhere"}, "api_endpoint: 'nowhere'"),
        ({"api_timeout": 0}, "api_timeout: 0"),
    ],
)
def test_invalid_options_are_reported_in_one_sentence(
    inventory: InventoryFile, fleet: None, options: dict, message: str
) -> None:
    assert message in inventory.read(**options).error


def test_a_transient_error_is_retried(inventory: InventoryFile, fleet: None, lab) -> None:
    lab.faults([{"method": "GET", "status": 503, "code": "unavailable", "times": 2}])
    assert len(inventory.read().hosts) == 3


def test_a_provider_error_is_reported_in_one_sentence(
    inventory: InventoryFile, fleet: None, lab, provider: str
) -> None:
    lab.faults([{"method": "GET", "status": 500, "code": "server_error", "message": "out of order"}])
    assert "out of order" in inventory.read(api_retries=1).error


def test_a_timeout_is_reported_in_one_sentence(inventory: InventoryFile, fleet: None, lab) -> None:
    lab.faults([{"method": "GET", "delay": 1.0}])
    assert "no answer within 0.2 s" in inventory.read(api_timeout=0.2, api_retries=0).error


def test_hostile_names_and_labels_are_neither_run_nor_grouped(
    inventory: InventoryFile, create: Callable[..., Any], provider: str, tmp_path: Path
) -> None:
    marker = tmp_path / "executed"
    template = f"{{{{ lookup('ansible.builtin.pipe', 'touch {marker}') }}}}"
    names = ["all", "localhost", "exoscale", "hetzner", "ungrouped", "true", "12", "acme.tenant"]
    if provider == "exoscale":  # Hetzner accepts host names only
        names += [template, "with blank", "two\nlines", "~", "role_web", "{{ x }}"]
        create("labeled", {"role": template, "tier": "a: {b"})
    for name in names:
        create(name, {"role": "web"})
    create("good-1", {"role": "web"})
    labeled = ["labeled"] if provider == "exoscale" else []

    seen = inventory.read(label_groups=["role", "tier"])
    assert sorted(seen.hosts) == ["good-1", *labeled]
    assert seen.groups[provider] == seen.groups["all"] == ["good-1", *labeled]
    assert seen.groups["role_web"] == ["good-1"]
    assert set(seen.groups) - {"ungrouped"} == {"all", provider, "role_web"}
    assert f"{len(names)} servers were not added to the inventory because of their names" in seen.output
    assert inventory.render("good-1", "{{ groups['all'] | map('extract', hostvars) | length }}") in ("1", "2", 1, 2)
    if labeled:
        assert "the label role=" in seen.output
        assert inventory.render("labeled", "{{ vdc_labels.role }}") == template
    assert not marker.exists()


def test_a_fleets_inventory_has_its_servers_only_and_says_what_it_read(
    inventory: InventoryFile, create: Callable[..., Any], lab, provider: str
) -> None:
    for fleet in ("one", "two"):
        create(f"{fleet}-node", {"fleet": fleet, "role": "web"})
    create("nobodys", {"role": "web"})
    seen = inventory.read(fleet="one", label_groups=["role"])
    assert list(seen.hosts) == ["one-node"]
    assert seen.groups["role_web"] == ["one-node"]
    [source] = seen.hosts["one-node"]["vdc_inventory_sources"].values()
    assert (source["provider"], source["fleet"], source["filters"], source["complete"]) == (provider, "one", [], True)
    [narrowed] = inventory.read(fleet="one", status=["running"]).hosts["one-node"]["vdc_inventory_sources"].values()
    assert narrowed["filters"] == ["status"]
    assert "fleet: 'Two!' is not a fleet's name" in inventory.read(fleet="Two!").error
