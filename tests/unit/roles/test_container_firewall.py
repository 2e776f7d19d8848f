"""The rules of the role container_host for containers, rendered without a node."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

ROLE = Path(__file__).resolve().parents[3] / "roles/container_host"
DEFAULTS = yaml.safe_load((ROLE / "defaults/main.yml").read_text())
# What containers must not reach: metadata services, private and tunnel addresses, other containers.
CLOSED = [
    *(
        "169.254.169.254",
        "10.20.1.1",
        "10.99.0.1",
        "10.99.64.1",
        "172.17.0.1",
        "172.31.1.1",
        "192.168.0.1",
        "100.64.0.1",
    ),
    *("127.0.0.53", "239.0.0.1", "255.255.255.255", "fd00::1", "fe80::a9fe:a9fe", "ff02::1"),
]
OPEN = ["1.1.1.1", "185.12.64.1", "203.0.113.1", "8.8.8.8", "2606:4700::1111"]


def rules(**given: Any) -> str:
    """Render the rules with the role's defaults and these variables."""
    environment = jinja2.Environment(trim_blocks=True, undefined=jinja2.StrictUndefined, autoescape=False)
    environment.tests["search"] = lambda text, pattern: re.search(pattern, text) is not None
    template = environment.from_string((ROLE / "templates/containers.nft.j2").read_text())
    values = {"container_host_resolvers": [], "container_host_bridged_mark": "0x1", **DEFAULTS, **given}
    return template.render(values)


def chain(text: str, name: str) -> list[str]:
    """Return the statements of a chain of the table inet."""
    found = re.findall(rf"chain {name} {{\n(.*?)\n    }}", text, re.DOTALL)[-1]
    return [line.strip() for line in found.splitlines()]


def denied(text: str) -> list[Any]:
    """Return the networks in the sets of denied networks."""
    sets = re.findall(r"elements = {(.*?)}", text, re.DOTALL)
    return [ipaddress.ip_network(word.strip()) for each in sets for word in each.split(",")]


@pytest.mark.parametrize(("addresses", "expected"), [(CLOSED, True), (OPEN, False)])
def test_only_the_internet_is_open_by_default(addresses: list[str], expected: bool) -> None:
    networks = denied(rules())
    for address in addresses:
        one = ipaddress.ip_address(address)
        assert any(one in net for net in networks if net.version == one.version) == expected, address


def test_every_way_from_a_container_is_judged_for_every_bridge() -> None:
    text = rules(container_host_interfaces=["docker0", "br-*"])
    for bridge in ("docker0", "br-*"):
        assert f'iifname "{bridge}" jump container_to_node' in chain(text, "input")
        assert f'iifname "{bridge}" jump container_to_network' in chain(text, "forward")
        assert f'oifname "{bridge}" ct state new ct status & dnat == 0 drop' in chain(text, "forward")


def test_the_node_itself_is_closed_without_exception_for_its_addresses() -> None:
    statements = chain(rules(), "container_to_node")
    assert statements[0] == "ct state established,related accept"
    assert statements[-1] == "reject with icmpx admin-prohibited"
    assert [line for line in statements if line.endswith("accept")] == [
        "ct state established,related accept",
        "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept",
    ]


def test_name_servers_and_exceptions_are_open_for_their_ports_only() -> None:
    allowed = [
        {"network": "10.1.2.3", "ports": [25, 587], "protocol": "tcp"},
        {"network": "fd00::5/128", "ports": [123], "protocol": "udp"},
    ]
    text = rules(container_host_resolvers=["10.0.0.53", "fd00::53"], container_host_allowed=allowed)
    assert chain(text, "exceptions") == [
        "ip daddr 10.0.0.53 meta l4proto { tcp, udp } th dport 53 accept",
        "ip6 daddr fd00::53 meta l4proto { tcp, udp } th dport 53 accept",
        "ip daddr 10.1.2.3 tcp dport { 25, 587 } accept",
        "ip6 daddr fd00::5/128 udp dport { 123 } accept",
    ]
    assert chain(text, "container_to_network").index("jump exceptions") == 1


def test_rules_are_replaced_in_one_transaction() -> None:
    lines = [line for line in rules().splitlines() if line and not line.startswith("#")]
    assert lines[:4] == [
        "table inet vdc_containers",
        "delete table inet vdc_containers",
        "table bridge vdc_containers",
        "delete table bridge vdc_containers",
    ]


def test_docker_starts_after_the_firewall_and_requires_it() -> None:
    unit = (ROLE / "files/vdc-container-firewall.service").read_text()
    assert "Before=docker.service" in unit
    assert "RequiredBy=docker.service" in unit
    assert "docker.service.requires/vdc-container-firewall.service" in (ROLE / "vars/main.yml").read_text()
