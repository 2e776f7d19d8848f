"""The vendor's rules of all calls hold in the lab: each refused in the vendor's terms."""

from __future__ import annotations

import pytest
import requests
from hcloud import APIException, Client
from support.hetzner import done, new_server, order, public_key, refused
from vdclab.hetzner import overlay

# -- credentials, limits, errors -----------------------------------------------------------


def test_credentials(lab) -> None:
    url = lab.env["HCLOUD_ENDPOINT"]
    none = requests.get(f"{url}/servers", timeout=10)
    assert (none.status_code, none.json()["error"]["message"]) == (401, "token is required")
    bad = requests.get(f"{url}/servers", headers={"Authorization": "Bearer x"}, timeout=10)
    assert (bad.status_code, bad.json()["error"]["message"]) == (401, "the token you have provided is invalid")
    assert requests.get(f"{url}/nowhere", timeout=10).status_code == 404
    assert requests.patch(f"{url}/servers", timeout=10).status_code == 401


def test_rate_limit_tells_its_state(lab) -> None:
    lab.settings(rate_limit=2)
    url, token = f"{lab.env['HCLOUD_ENDPOINT']}/locations", {"Authorization": f"Bearer {lab.env['HCLOUD_TOKEN']}"}
    first = requests.get(url, headers=token, timeout=10)
    assert (first.headers["RateLimit-Limit"], first.headers["RateLimit-Remaining"]) == ("2", "1")
    requests.get(url, headers=token, timeout=10)
    over = requests.get(url, headers=token, timeout=10)
    assert (over.status_code, over.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    assert over.headers["RateLimit-Remaining"] == "0"
    assert int(over.headers["RateLimit-Reset"]) > 1_700_000_000
    lab.clock(1800)
    assert requests.get(url, headers=token, timeout=10).status_code == 200


def test_a_request_that_breaks_the_document_names_its_field(client: Client) -> None:
    if overlay.path() is None:
        pytest.skip("the vendor's document is not at hand (VDC_SPECS)")
    wrong = refused(client, "invalid_input", "POST", "/servers", order(labels={"a": "b"}, volumes="x"))
    assert wrong.details["fields"][0]["name"] == "volumes"
    refused(client, "invalid_input", "POST", "/servers", {"name": "a"})
    with pytest.raises(APIException, match=r"'sort\.0'"):
        client.request("GET", "/servers", params={"sort": "labels"})


def test_what_is_not_there(client: Client) -> None:
    refused(client, "not_found", "GET", "/servers/999")
    refused(client, "not_found", "GET", "/servers/one")
    refused(client, "not_built", "GET", "/storage_boxes")


def test_quota_and_stock(lab, client: Client) -> None:
    lab.configure("hetzner", {"quota": {"servers": 1}, "stock": {"cx23": {"fsn1": 0, "nbg1": 1}}})
    gone = refused(client, "resource_unavailable", "POST", "/servers", order(location="fsn1"))
    assert "cx23" in gone.message
    assert not client.server_types.get_by_name("cx23").locations[0].available
    server = new_server(client, "one")
    limit = refused(client, "resource_limit_exceeded", "POST", "/servers", order("two"))
    assert limit.details == {"limits": [{"name": "server_limit"}]}
    lab.configure("hetzner", {"quota": {"servers": None}})
    refused(client, "resource_unavailable", "POST", "/servers", order("two"))
    done(server.delete())
    new_server(client, "two")
    assert len(client.primary_ips.get_all()) == 2


@pytest.mark.parametrize("name", ["cx11", "cx21", "cx22", "cx52", "cpx11", "nonsense"])
def test_types_that_are_gone(client: Client, name: str) -> None:
    assert "not found" in refused(client, "invalid_input", "POST", "/servers", order(server_type=name)).message


def test_a_type_that_retires(lab, client: Client) -> None:
    lab.configure("hetzner", {"retire": {"cx23": "2100-01-01T00:00:00Z"}})
    assert client.server_types.get_by_name("cx23").locations[0].deprecation.unavailable_after.year == 2100
    server = new_server(client, "one")
    lab.configure("hetzner", {"retire": {"cx23": "2020-01-01T00:00:00Z", "cx33": "2020-01-01T00:00:00Z"}})
    assert "deprecated" in refused(client, "invalid_input", "POST", "/servers", order("two")).message
    done(server.power_off())
    path = f"/servers/{server.id}/actions/change_type"
    refused(client, "invalid_server_type", "POST", path, {"server_type": "cx33", "upgrade_disk": False})


def test_types_and_places_that_do_not_meet(client: Client) -> None:
    refused(client, "invalid_input", "POST", "/servers", order(location="ash"))
    refused(client, "invalid_input", "POST", "/servers", order(location="mars"))
    refused(client, "invalid_input", "POST", "/servers", order(image="debian-1"))
    arm = client.images.get_by_name_and_architecture("debian-13", "arm")
    refused(client, "invalid_input", "POST", "/servers", order(image=arm.id))


# -- names, labels, lists ------------------------------------------------------------------


def test_names_and_fingerprints_are_unique(client: Client) -> None:
    new_server(client, "one")
    twice = refused(client, "uniqueness_error", "POST", "/servers", order())
    assert twice.details["fields"] == [{"name": "name"}]
    client.ssh_keys.create("key", public_key("a"))
    same = refused(client, "uniqueness_error", "POST", "/ssh_keys", {"name": "b", "public_key": public_key("a")})
    assert same.details["fields"] == [{"name": "public_key"}]
    refused(client, "uniqueness_error", "POST", "/ssh_keys", {"name": "key", "public_key": public_key("b")})
    refused(client, "invalid_input", "POST", "/ssh_keys", {"name": "c", "public_key": "ssh-ed25519 nonsense"})
    other = client.placement_groups.create("a", "spread").placement_group
    client.placement_groups.create("b", "spread")
    refused(client, "uniqueness_error", "PUT", f"/placement_groups/{other.id}", {"name": "b"})
    for name in ("-a", "a_b", "a" * 64, "a..b", ""):
        refused(client, "invalid_input", "POST", "/servers", order(name))


@pytest.mark.parametrize(
    "labels",
    [
        {"-a": "b"},
        {"a": "b c"},
        {"a" * 64: ""},
        {"a": "b" * 64},
        {"/a": ""},
        {"UPPER/a": ""},
        {"hetzner.cloud/a": "b"},
        {"a": "-"},
    ],
)
def test_labels_that_are_not_valid(client: Client, labels: dict[str, str]) -> None:
    refused(client, "invalid_input", "POST", "/placement_groups", {"name": "a", "type": "spread", "labels": labels})


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("env", "ab"),
        ("!env", "c"),
        ("env=prod", "a"),
        ("env==prod", "a"),
        ("env!=prod", "bc"),
        ("env in (prod,test)", "ab"),
        ("env notin (prod, test)", "c"),
        ("env,example.com/tier=1", "a"),
        ("env in (prod),!example.com/tier", ""),
        ("env=prod,env!=prod", ""),
    ],
)
def test_label_selectors(client: Client, selector: str, names: str) -> None:
    for name, labels in {"a": {"env": "prod", "example.com/tier": "1"}, "b": {"env": "test"}, "c": {"x": ""}}.items():
        client.placement_groups.create(name, "spread", labels=labels)
    assert "".join(g.name for g in client.placement_groups.get_all(label_selector=selector)) == names


@pytest.mark.parametrize("selector", ["a=b=c", "a in b", ",", "a,,b", "a in (b", "=b", "!", "a b"])
def test_label_selectors_that_are_not_valid(client: Client, selector: str) -> None:
    with pytest.raises(APIException, match="label_selector"):
        client.placement_groups.get_all(label_selector=selector)


def test_lists_are_paged_and_sorted(client: Client) -> None:
    for number in range(55):
        client.placement_groups.create(f"g{number:02}", "spread")
    usual = client.placement_groups.get_list()
    assert (len(usual.placement_groups), usual.meta.pagination.next_page) == (25, 2)
    largest = client.placement_groups.get_list(per_page=999, page=2)
    assert (len(largest.placement_groups), largest.meta.pagination.per_page) == (5, 50)
    assert (largest.meta.pagination.previous_page, largest.meta.pagination.next_page) == (1, None)
    assert largest.meta.pagination.total_entries == 55
    backwards = client.placement_groups.get_list(sort=["name:desc"], per_page=1)
    assert backwards.placement_groups[0].name == "g54"
    assert client.placement_groups.get_list(page=99).placement_groups == []
    for query in ({"page": 0}, {"sort": "labels"}, {"per_page": "x"}):
        with pytest.raises(APIException):
            client.request("GET", "/placement_groups", params=query)
