"""Names from a cloud that may become hosts and groups."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.plugin_utils.inventory.names import may_name_group, refusal_of_host

GROUPS = {"all", "ungrouped", "zone_a"}
PREFIXES = ("role", "fleet")


@pytest.mark.parametrize(
    "name", ["demo-compute-1", "Web.example.org", "a", "db_1", "1-is-first", "roles", "web-tenant"]
)
def test_ordinary_names_are_accepted(name: str) -> None:
    assert refusal_of_host(name, GROUPS, PREFIXES) == ""


@pytest.mark.parametrize(
    "name",
    [
        "{{ lookup('pipe', 'id') }}",
        "{% raw %}",
        "with blank",
        "two\nlines",
        "ends\n",
        "",
        "-x",
        "!web",
        "&web",
        "~web",
        "@file",
        "web[1:3]",
        "a:b",
        "a,b",
        "*",
        "a/../b",
        "\u200bweb",
        "wéb",
        "x" * 300,
    ],
)
def test_templates_patterns_and_other_characters_are_refused(name: str) -> None:
    assert "is not made of letters" in refusal_of_host(name, GROUPS, PREFIXES)


@pytest.mark.parametrize(
    "name",
    [
        *("all", "ALL", "localhost", "ungrouped", "exoscale", "hetzner", "Null", "true", "no", "on", "omit"),
        *("12", "1.5", "1e5", "0x1f", "2026-11-28", "nan", "acme.tenant", "vdc_tenants"),
    ],
)
def test_words_with_another_meaning_are_refused(name: str) -> None:
    assert "means something else to Ansible" in refusal_of_host(name, GROUPS, PREFIXES)


@pytest.mark.parametrize("name", ["zone_a", "role", "role_storage", "fleet_demo"])
def test_names_of_groups_are_refused(name: str) -> None:
    assert refusal_of_host(name, GROUPS, PREFIXES) == "is the name of a group"


@pytest.mark.parametrize(
    ("value", "allowed"), [("storage", True), ("", True), ("a.b_c-1", True), ("{{ x }}", False), ("a b", False)]
)
def test_label_values_that_make_groups(value: str, allowed: bool) -> None:
    assert may_name_group(value) == allowed
