"""Record sets, and zone files in BIND's format (RFC 1035)."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from .labels import invalid

NAMESERVERS = ("hydrogen.ns.hetzner.com.", "oxygen.ns.hetzner.com.", "helium.ns.hetzner.de.")
SOA_REST = "86400 10800 3600000 3600"
TYPES = frozenset(
    ["A", "AAAA", "CAA", "CNAME", "DS", "HINFO", "HTTPS", "MX", "NS", "PTR", "RP", "SOA", "SRV", "SVCB", "TLSA", "TXT"]
)
MAX_RECORDS = 50
Records = list[dict[str, str]]

# A semicolon outside quotes starts a comment.
_COMMENT = re.compile(r'^((?:[^";]|"(?:[^"\\]|\\.)*")*);(.*)$')


class Rrset:
    """All records of one name and type in one zone."""

    def __init__(self, zone: int, name: str, kind: str, records: Records, ttl: int | None = None) -> None:
        self.zone = zone
        self.name = name
        self.type = kind
        self.records = records
        self.ttl = ttl
        self.labels: dict[str, str] = {}
        self.protection = {"change": False}
        self.created = ""

    @property
    def id(self) -> str:
        return f"{self.name}/{self.type}"

    def render(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "type": self.type,
            "ttl": self.ttl,
            "labels": self.labels,
            "protection": self.protection,
            "records": self.records,
            "zone": self.zone,
        }


def new_rrset(zone: int, domain: str, spec: dict[str, Any]) -> Rrset:
    """A record set from a request; raises ``ApiError`` 422."""
    name, kind = str(spec.get("name") or ""), str(spec.get("type") or "")
    if not name or name != name.lower() or name.endswith(f"{domain}."):
        raise invalid("name", "must be relative to the zone and in lower case ('@' for the zone itself)")
    if kind not in TYPES:
        raise invalid("type", f"'{kind}' is not a record type")
    return Rrset(zone, name, kind, check_records(kind, spec.get("records")), spec.get("ttl"))


def check_records(kind: str, given: Any) -> Records:
    """The records of a request, with comments; raises ``ApiError`` 422."""
    if not isinstance(given, list) or not 1 <= len(given) <= MAX_RECORDS:
        raise invalid("records", f"must be 1 to {MAX_RECORDS} records")
    records = [{"value": str(spec["value"]), "comment": spec.get("comment") or ""} for spec in given]
    if len({record["value"] for record in records}) < len(records):
        raise invalid("records", "must differ from each other")
    if kind == "CNAME" and len(records) > 1:
        raise invalid("records", "a CNAME has one record")
    for record in records:
        _check_value(kind, record["value"])
    return records


def _check_value(kind: str, value: str) -> None:
    try:
        if kind == "A":
            IPv4Address(value)
        elif kind == "AAAA":
            IPv6Address(value)
        elif kind == "TXT" and not (value.startswith('"') and value.endswith('"')):
            raise ValueError
    except ValueError:
        raise invalid("records", f"'{value}' is not a valid {kind} record") from None


def format_zone(domain: str, ttl: int, rrsets: list[Rrset]) -> str:
    """The zone as a file; the SOA record comes first."""
    lines = [f"$ORIGIN\t{domain}.", f"$TTL\t{ttl}", ""]
    for rrset in sorted(rrsets, key=lambda r: (r.type != "SOA", r.name, r.type)):
        for record in rrset.records:
            own = f"\t{rrset.ttl}" if rrset.ttl is not None else ""
            comment = f" ; {record['comment']}" if record["comment"] else ""
            lines.append(f"{rrset.name}{own}\tIN\t{rrset.type}\t{record['value']}{comment}")
    return "\n".join(lines) + "\n"


def parse_zone(zone: int, domain: str, text: str) -> tuple[int | None, list[Rrset]]:
    """The default TTL (if given) and the record sets of a zone file; raises ``ApiError`` 422."""
    ttl: int | None = None
    found: dict[tuple[str, str], Rrset] = {}
    for line, comment in _lines(text):
        words = line.split()
        if words[0] == "$ORIGIN":
            if words[1:] != [f"{domain}."]:
                raise invalid("zonefile", f"$ORIGIN must be {domain}.")
        elif words[0] == "$TTL":
            ttl = _ttl(words[-1])
        else:
            name, own, kind, value = _record(domain, words, line)
            rrset = found.setdefault((name, kind), Rrset(zone, name, kind, [], own))
            rrset.records.append({"value": value, "comment": comment})
            _check_value(kind, value)
    if ("@", "SOA") not in found:
        raise invalid("zonefile", "has no SOA record")
    nameservers = {record["value"] for record in found.get(("@", "NS"), Rrset(zone, "@", "NS", [])).records}
    if not nameservers.issuperset(NAMESERVERS):
        raise invalid("zonefile", f"must have the NS records {', '.join(NAMESERVERS)}")
    return ttl, list(found.values())


def _ttl(word: str) -> int:
    """A TTL in seconds; raises ``ApiError`` 422 outside the vendor's limits."""
    if not word.isdigit() or not 60 <= int(word) <= 2**31 - 1:
        raise invalid("zonefile", f"'{word}' is not a TTL of 60 seconds or more")
    return int(word)


def _lines(text: str) -> list[tuple[str, str]]:
    """(statement, comment) of each record or directive; lines within parentheses are joined."""
    lines: list[tuple[str, str]] = []
    pending = ""
    for raw in text.splitlines():
        split = _COMMENT.match(raw)
        line, comment = (split[1], split[2].strip()) if split else (raw, "")
        pending += line
        if pending.count("(") > pending.count(")"):
            pending += " "
            continue
        statement = re.sub(r"[()]", " ", pending) if "(" in pending else pending
        pending = ""
        if statement.strip():
            lines.append((statement.rstrip(), comment))
    return lines


def _record(domain: str, words: list[str], line: str) -> tuple[str, int | None, str, str]:
    """Name, own TTL, type and value of one record; TTL and class come in either order."""
    name, rest, ttl = words[0], words[1:], None
    while rest and (rest[0] == "IN" or rest[0].isdigit()):
        word = rest.pop(0)
        ttl = _ttl(word) if word.isdigit() else ttl
    if len(rest) < 2 or rest[0] not in TYPES:
        raise invalid("zonefile", f"cannot read '{line.strip()}'")
    if name == f"{domain}.":
        name = "@"
    kind = rest[0]
    # A quoted text keeps its spaces.
    value = line.split(kind, 1)[1].strip() if kind == "TXT" else " ".join(rest[1:])
    return name.removesuffix(f".{domain}."), ttl, kind, value
