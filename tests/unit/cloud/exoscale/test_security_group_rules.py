"""Security group rules: spellings, differences of sets, and rejected options."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale import security_group_rules as rules
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.security_group_rules import ANY, Rule
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from hypothesis import given
from hypothesis import strategies as some

WEB = Rule("ingress", "tcp", "10.0.0.0/8", ports=(80, 90))


def spec(group_id=lambda name: f"id-of-{name}", **options: Any) -> Rule:
    return rules.rule_from_options({"flow_direction": "ingress", "protocol": "tcp", **options}, 1, group_id)


@pytest.mark.parametrize(
    "options",
    [
        {"network": "10.0.0.0/8", "port": "80-90"},
        {"network": " 10.1.2.3/8", "port": " 80 - 90 "},
        {"network": "10.0.0.0/255.0.0.0", "port": "90:80"},
        {"network": "10.0.0.0/8", "start_port": 80, "end_port": 90},
        {"network": "10.0.0.0/8", "start_port": 90, "end_port": 80, "description": None},
    ],
)
def test_spellings_of_a_rule_are_one_rule(options: dict[str, Any]) -> None:
    assert spec(**options) == WEB


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"network": "192.0.2.7", "port": 22}, Rule("ingress", "tcp", "192.0.2.7/32", ports=(22, 22))),
        ({"network": "2001:DB8:0::/32", "port": 1}, Rule("ingress", "tcp", "2001:db8::/32", ports=(1, 1))),
        ({"network": "0.0.0.0/0", "end_port": 5}, Rule("ingress", "tcp", "0.0.0.0/0", ports=(5, 5))),
        ({"protocol": "icmp", "network": "0.0.0.0/0"}, Rule("ingress", "icmp", "0.0.0.0/0", icmp=(ANY, ANY))),
        (
            {"protocol": "icmpv6", "network": "::/0", "icmp_type": 128, "icmp_code": 0},
            Rule("ingress", "icmpv6", "::/0", icmp=(128, 0)),
        ),
        ({"protocol": "all", "security_group": "db"}, Rule("ingress", "all", group="id-of-db")),
        (
            {"protocol": "all", "security_group": "public-nlb", "visibility": "public"},
            Rule("ingress", "all", group="public:public-nlb"),
        ),
        (
            {"flow_direction": "egress", "protocol": "esp", "network": "::/0", "description": "out"},
            Rule("egress", "esp", "::/0", description="out"),
        ),
    ],
)
def test_options_become_a_rule(options: dict[str, Any], rule: Rule) -> None:
    assert spec(**options) == rule


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"port": 22}, "rule 1 needs one of network (0.0.0.0/0 for all of IPv4) and security_group"),
        ({"port": 22, "network": "::/0", "security_group": "db"}, "needs one of network"),
        ({"port": 22, "network": "all"}, "network 'all' is not an address or network"),
        ({"network": "::/0"}, "tcp needs port (1-65535 for every port)"),
        ({"network": "::/0", "port": "http"}, "port 'http' is not a port or range"),
        ({"network": "::/0", "port": "0"}, "ports 0-0 are not between 1 and 65535"),
        ({"network": "::/0", "port": "1-70000"}, "not between 1 and 65535"),
        ({"network": "::/0", "port": "1", "end_port": 2}, "give port alone"),
        ({"network": "::/0", "protocol": "all", "port": "1"}, "all has no ports"),
        ({"network": "::/0", "port": "1", "icmp_type": 8}, "tcp has no icmp_type"),
        (
            {"network": "0.0.0.0/0", "protocol": "icmp", "icmp_type": 255},
            "icmp_type 255 is not between -1 (any) and 254",
        ),
        ({"network": "::/0", "protocol": "icmp"}, "is IPv6, for which the protocol is icmpv6"),
        ({"network": "0.0.0.0/0", "protocol": "icmpv6"}, "is IPv4, for which the protocol is icmp"),
        ({"network": "::/0", "port": "1", "description": "x" * 256}, "256 characters, at most 255"),
    ],
)
def test_wrong_rules_are_rejected(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as rejected:
        spec(**options)
    assert message in str(rejected.value)
    assert "rule 1" in str(rejected.value)


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        (
            {"flow-direction": "ingress", "protocol": "tcp", "network": "10.0.0.0/8", "start-port": 80, "end-port": 90},
            WEB,
        ),
        (
            {"flow-direction": "egress", "protocol": "udp", "network": "::/0", "start-port": 53},
            Rule("egress", "udp", "::/0", ports=(53, 53)),
        ),
        (
            {"flow-direction": "ingress", "protocol": "icmp", "network": "0.0.0.0/0", "description": "ping"},
            Rule("ingress", "icmp", "0.0.0.0/0", icmp=(ANY, ANY), description="ping"),
        ),
        (
            {"flow-direction": "ingress", "protocol": "all", "security-group": {"id": "g1", "name": "db"}},
            Rule("ingress", "all", group="g1"),
        ),
        (
            {
                "flow-direction": "ingress",
                "protocol": "all",
                "security-group": {"id": "g9", "name": "public-nlb", "visibility": "public"},
            },
            Rule("ingress", "all", group="public:public-nlb"),
        ),
    ],
)
def test_documents_become_a_rule(document: dict[str, Any], rule: Rule) -> None:
    assert rules.rule_from_api(document) == rule


def test_views_are_in_one_order_and_only_have_what_applies() -> None:
    some_rules = [
        Rule("ingress", "tcp", "0.0.0.0/0", ports=(443, 443)),
        Rule("ingress", "tcp", "0.0.0.0/0", ports=(80, 90), description="web"),
        Rule("ingress", "icmp", "0.0.0.0/0", icmp=(8, 0)),
        Rule("egress", "all", group="g1"),
        Rule("egress", "all", group="public:nlb"),
    ]
    shown = rules.listed(some_rules, {"g1": "db"})
    assert shown == rules.listed(reversed(some_rules), {"g1": "db"})
    assert shown == [
        {"flow_direction": "egress", "protocol": "all", "security_group": "db"},
        {"flow_direction": "egress", "protocol": "all", "security_group": "nlb", "visibility": "public"},
        {"flow_direction": "ingress", "protocol": "icmp", "network": "0.0.0.0/0", "icmp_type": 8, "icmp_code": 0},
        {"flow_direction": "ingress", "protocol": "tcp", "network": "0.0.0.0/0", "port": "80-90", "description": "web"},
        {"flow_direction": "ingress", "protocol": "tcp", "network": "0.0.0.0/0", "port": "443"},
    ]


def test_label() -> None:
    assert rules.label(WEB, {}) == "ingress tcp 80-90 from 10.0.0.0/8"
    ping = Rule("egress", "icmp", group="g1", icmp=(8, 0), description="ping")
    assert rules.label(ping, {"g1": "db"}) == "egress icmp type 8 code 0 to db (ping)"


def test_difference_keeps_what_fits_and_counts_a_copy_as_surplus() -> None:
    other = Rule("ingress", "all", "::/0")
    there = [("1", WEB), ("2", other), ("3", WEB)]
    assert rules.difference([WEB, WEB], there, exact=True) == ([], [("2", other), ("3", WEB)])
    assert rules.difference([WEB], there, exact=False) == ([], [])
    assert rules.difference([other, WEB], [("1", WEB)], exact=True) == ([other], [])


PORTS = some.tuples(some.integers(1, 65535), some.integers(1, 65535)).map(lambda pair: (min(pair), max(pair)))
NETWORKS = some.one_of(some.ip_addresses(v=4), some.ip_addresses(v=6)).map(lambda a: f"{a}/{a.max_prefixlen}")
TARGETS = some.one_of(
    some.builds(lambda network: {"network": network}, NETWORKS),
    some.builds(lambda group: {"group": group}, some.sampled_from(["g1", "public:nlb"])),
)
RULES = some.one_of(
    some.builds(
        lambda target, **rest: Rule(**target, **rest),
        TARGETS,
        flow_direction=some.sampled_from(["ingress", "egress"]),
        protocol=some.sampled_from(["tcp", "udp"]),
        ports=PORTS,
        description=some.text("ab", max_size=3),
    ),
    some.builds(
        lambda target, **rest: Rule(**target, **rest),
        TARGETS,
        flow_direction=some.sampled_from(["ingress", "egress"]),
        protocol=some.sampled_from(["all", "esp"]),
    ),
)


@given(RULES)
def test_a_sent_rule_is_read_back_unchanged(rule: Rule) -> None:
    document = {key.replace("_", "-"): value for key, value in rules.body(rule).items()}
    assert rules.rule_from_api(document) == rule


@given(RULES)
def test_a_shown_rule_is_valid_input(rule: Rule) -> None:
    assert rules.rule_from_options(rules.shown(rule, {"g1": "db"}), 1, {"db": "g1"}.__getitem__) == rule


@given(some.lists(RULES, max_size=6), some.lists(RULES, max_size=6))
def test_applying_the_difference_gives_the_desired_rules(spec: list[Rule], there: list[Rule]) -> None:
    existing = [(str(number), rule) for number, rule in enumerate(there)]
    missing, surplus = rules.difference(spec, existing, exact=True)
    gone = {rule_id for rule_id, _rule in surplus}
    end = [rule for rule_id, rule in existing if rule_id not in gone] + missing
    assert sorted(map(repr, end)) == sorted(map(repr, set(spec)))
