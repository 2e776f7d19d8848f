# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compare security group rules by meaning: spellings of the same rule are equal.

Exoscale's rules have no update call: a rule exists or not, and any difference in it makes
it another rule.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

WITH_PORTS = ("tcp", "udp")
WITH_ICMP = ("icmp", "icmpv6")
ANY = -1  # ICMP type or code: Exoscale's word for every one
PUBLIC = "public:"
OWN = "own"  # the group itself, while it does not exist and so has no id
DESCRIPTION_LENGTH = 255
PORT = re.compile(r"(\d+)(?:\s*[-:]\s*(\d+))?")


@dataclass(frozen=True)
class Rule:
    """What one rule lets through.

    ``network`` is a canonical CIDR; ``group`` the id of a security group, ``public:<name>``
    for one of Exoscale's public ones, or ``OWN``; one of the two is set. ``ports`` are first
    and last, for TCP and UDP; ``icmp`` type and code, for ICMP.
    """

    flow_direction: str
    protocol: str
    network: str | None = None
    group: str | None = None
    ports: tuple[int, int] | None = None
    icmp: tuple[int, int] | None = None
    description: str = ""


def rule_from_options(options: Mapping[str, Any], number: int, group_id: Callable[[str], str]) -> Rule:
    """Return the rule that an item of the option ``rules`` specifies.

    ``number`` counts from 1, for messages; ``group_id`` gives the id of a group by name or id
    (it may raise ``ValidationError``). Raises ``ValidationError`` for what cannot be.
    """
    where = f"rules: rule {number}"
    protocol = options["protocol"]
    network, group = options.get("network"), options.get("security_group")
    if bool(network) == bool(group):
        raise ValidationError(f"{where} needs one of network (0.0.0.0/0 for all of IPv4) and security_group")
    if options.get("visibility") == "public" and group:
        group = PUBLIC + group
    elif group:
        group = group_id(group)
    description = options.get("description") or ""
    if len(description) > DESCRIPTION_LENGTH:
        raise ValidationError(
            f"{where}: its description has {len(description)} characters, at most {DESCRIPTION_LENGTH} fit"
        )
    return Rule(
        options["flow_direction"],
        protocol,
        canonical(network, f"{where}: network", protocol) if network else None,
        group,
        _ports(options, where, protocol),
        _icmp(options, where, protocol),
        description,
    )


def rule_from_api(document: Mapping[str, Any]) -> Rule:
    """The rule that Exoscale shows as ``document``."""
    protocol = document.get("protocol", "all")
    group = document.get("security-group") or {}
    ports = icmp = None
    if protocol in WITH_PORTS and (document.get("start-port") or document.get("end-port")):
        start = document.get("start-port") or document["end-port"]
        ports = (start, document.get("end-port") or start)
    if protocol in WITH_ICMP:
        shown = document.get("icmp") or {}
        icmp = (_or_any(shown.get("type")), _or_any(shown.get("code")))
    network = document.get("network")
    return Rule(
        document.get("flow-direction", "ingress"),
        protocol,
        str(ipaddress.ip_network(network, strict=False)) if network else None,
        PUBLIC + group["name"] if group.get("visibility") == "public" else group.get("id"),
        ports,
        icmp,
        document.get("description") or "",
    )


def body(rule: Rule) -> dict[str, Any]:
    """The arguments of ``add-rule-to-security-group``, without the group that gets the rule."""
    arguments: dict[str, Any] = {"flow_direction": rule.flow_direction, "protocol": rule.protocol}
    if rule.network:
        arguments["network"] = rule.network
    elif rule.group and rule.group.startswith(PUBLIC):
        arguments["security_group"] = {"name": rule.group.removeprefix(PUBLIC), "visibility": "public"}
    elif rule.group:
        arguments["security_group"] = {"id": rule.group}
    if rule.ports:
        arguments["start_port"], arguments["end_port"] = rule.ports
    if rule.icmp:
        arguments["icmp"] = {"type": rule.icmp[0], "code": rule.icmp[1]}
    if rule.description:
        arguments["description"] = rule.description
    return arguments


def shown(rule: Rule, names: Mapping[str, str]) -> dict[str, Any]:
    """The rule as users see it: what does not apply is omitted; ``names`` are the groups' by id."""
    view: dict[str, Any] = {"flow_direction": rule.flow_direction, "protocol": rule.protocol}
    if rule.network:
        view["network"] = rule.network
    elif rule.group and rule.group.startswith(PUBLIC):
        view |= {"security_group": rule.group.removeprefix(PUBLIC), "visibility": "public"}
    elif rule.group:
        view["security_group"] = names.get(rule.group, rule.group)
    if rule.ports:
        view["port"] = str(rule.ports[0]) if rule.ports[0] == rule.ports[1] else f"{rule.ports[0]}-{rule.ports[1]}"
    if rule.icmp:
        view |= {"icmp_type": rule.icmp[0], "icmp_code": rule.icmp[1]}
    if rule.description:
        view["description"] = rule.description
    return view


def listed(rules: Iterable[Rule], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the views of ``rules`` in an order that does not depend on theirs."""
    return sorted((shown(rule, names) for rule in rules), key=_order)


def label(rule: Rule, names: Mapping[str, str]) -> str:
    """The rule in a few words (``ingress tcp 80-90 from 10.0.0.0/8``), for messages."""
    view = shown(rule, names)
    words = [view["flow_direction"], view["protocol"], view.get("port")]
    if rule.icmp and rule.icmp != (ANY, ANY):
        words.append(f"type {rule.icmp[0]} code {rule.icmp[1]}")
    words += ["from" if rule.flow_direction == "ingress" else "to", rule.network or view.get("security_group")]
    if rule.description:
        words.append(f"({rule.description})")
    return " ".join(str(word) for word in words if word)


def difference(
    desired: Iterable[Rule], existing: Iterable[tuple[str, Rule]], exact: bool
) -> tuple[list[Rule], list[tuple[str, Rule]]]:
    """What to add, and what to remove (id and rule) once all is added.

    ``existing`` are the current rules, by id. Without ``exact`` nothing is removed. Of a rule
    that exists twice one is surplus.
    """
    desired, existing = list(dict.fromkeys(desired)), list(existing)
    missing = [rule for rule in desired if rule not in {known for _rule_id, known in existing}]
    kept: set[Rule] = set()
    surplus = []
    for rule_id, rule in existing:
        if rule in desired and rule not in kept:
            kept.add(rule)
        else:
            surplus.append((rule_id, rule))
    return missing, surplus if exact else []


def canonical(network: str, where: str, protocol: str | None = None) -> str:
    """``network`` as one CIDR (``10.0.0.5/8`` is ``10.0.0.0/8``, ``192.0.2.1`` is ``192.0.2.1/32``)."""
    try:
        parsed = ipaddress.ip_network(network.strip(), strict=False)
    except ValueError:
        raise ValidationError(f"{where} {network!r} is not an address or network; write it like 192.0.2.0/24") from None
    fitting = {"icmp": 4, "icmpv6": 6}.get(protocol or "", parsed.version)
    if parsed.version != fitting:
        other = "icmpv6" if protocol == "icmp" else "icmp"
        raise ValidationError(
            f"{where} {network!r} is IPv{parsed.version}, for which the protocol is {other}, not {protocol}"
        )
    return str(parsed)


def _ports(options: Mapping[str, Any], where: str, protocol: str) -> tuple[int, int] | None:
    port, start, end = options.get("port"), options.get("start_port"), options.get("end_port")
    if protocol not in WITH_PORTS:
        if port is not None or start is not None or end is not None:
            raise ValidationError(f"{where}: {protocol} has no ports; remove port, start_port and end_port")
        return None
    if port is not None:
        if start is not None or end is not None:
            raise ValidationError(f"{where} has both port and start_port or end_port; give port alone")
        match = PORT.fullmatch(str(port).strip())
        if match is None:
            raise ValidationError(f"{where}: port {port!r} is not a port or range; write 443 or 8000-8100")
        start, end = int(match[1]), int(match[2] or match[1])
    start = end if start is None else start
    end = start if end is None else end
    if start is None or end is None:
        raise ValidationError(f"{where}: {protocol} needs port (1-65535 for every port)")
    if not (1 <= start <= 65535 and 1 <= end <= 65535):
        raise ValidationError(f"{where}: ports {start}-{end} are not between 1 and 65535")
    return min(start, end), max(start, end)


def _icmp(options: Mapping[str, Any], where: str, protocol: str) -> tuple[int, int] | None:
    kind, code = options.get("icmp_type"), options.get("icmp_code")
    if protocol not in WITH_ICMP:
        if kind is not None or code is not None:
            raise ValidationError(f"{where}: {protocol} has no icmp_type and icmp_code; remove them")
        return None
    for option, value in (("icmp_type", kind), ("icmp_code", code)):
        if value is not None and not ANY <= value <= 254:
            raise ValidationError(f"{where}: {option} {value} is not between -1 (any) and 254")
    return _or_any(kind), _or_any(code)


def _or_any(value: int | None) -> int:
    return ANY if value is None else value


def _order(view: Mapping[str, Any]) -> tuple[Any, ...]:
    port = int(view.get("port", "0").split("-")[0])
    return (
        view["flow_direction"],
        view["protocol"],
        port,
        view.get("port", ""),
        view.get("icmp_type", ANY),
        view.get("icmp_code", ANY),
        view.get("network", ""),
        view.get("security_group", ""),
        view.get("description", ""),
    )
