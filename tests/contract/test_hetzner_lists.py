"""Names, labels, selectors and pages work as in Hetzner's API."""

from __future__ import annotations

import pytest
from hcloud import APIException, Client
from support.hetzner import assert_rejected, new_server, public_key, server_request


def test_names_and_fingerprints_are_unique(client: Client) -> None:
    new_server(client, "one")
    twice = assert_rejected(client, "uniqueness_error", "POST", "/servers", server_request())
    assert twice.details["fields"] == [{"name": "name"}]
    client.ssh_keys.create("key", public_key("a"))
    same = assert_rejected(
        client, "uniqueness_error", "POST", "/ssh_keys", {"name": "b", "public_key": public_key("a")}
    )
    assert same.details["fields"] == [{"name": "public_key"}]
    assert_rejected(client, "uniqueness_error", "POST", "/ssh_keys", {"name": "key", "public_key": public_key("b")})
    assert_rejected(client, "invalid_input", "POST", "/ssh_keys", {"name": "c", "public_key": "ssh-ed25519 nonsense"})
    other = client.placement_groups.create("a", "spread").placement_group
    client.placement_groups.create("b", "spread")
    assert_rejected(client, "uniqueness_error", "PUT", f"/placement_groups/{other.id}", {"name": "b"})
    for name in ("-a", "a_b", "a" * 64, "a..b", ""):
        assert_rejected(client, "invalid_input", "POST", "/servers", server_request(name))


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
def test_invalid_labels_are_rejected(client: Client, labels: dict[str, str]) -> None:
    assert_rejected(
        client, "invalid_input", "POST", "/placement_groups", {"name": "a", "type": "spread", "labels": labels}
    )


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
def test_label_selectors_filter_lists(client: Client, selector: str, names: str) -> None:
    for name, labels in {"a": {"env": "prod", "example.com/tier": "1"}, "b": {"env": "test"}, "c": {"x": ""}}.items():
        client.placement_groups.create(name, "spread", labels=labels)
    assert "".join(g.name for g in client.placement_groups.get_all(label_selector=selector)) == names


@pytest.mark.parametrize("selector", ["a=b=c", "a in b", ",", "a,,b", "a in (b", "=b", "!", "a b"])
def test_invalid_label_selectors_are_rejected(client: Client, selector: str) -> None:
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
