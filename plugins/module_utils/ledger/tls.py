# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Refuse a ledger on a remote PostgreSQL whose identity nobody checks."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

VERIFYING = ("verify-full", "verify-ca")
# Written out for a connection that something else protects, such as a tunnel. Unlike require, it promises nothing.
WITHOUT_TLS = "disable"


def validate(url: Any, environment: Mapping[str, str]) -> None:
    """Raise ``ValidationError`` unless the server of a PostgreSQL ``url`` (SQLAlchemy's) is local or its certificate is verified.

    What the URL leaves out, PostgreSQL's client library reads from ``environment`` (PGHOST, PGSSLMODE …). Its own default
    (``prefer``) accepts any server and falls back to no encryption.
    """
    hosts = _hosts(url, environment)
    if all(_local(host) for host in hosts):
        return
    mode = _last(url.query.get("sslmode")) or environment.get("PGSSLMODE", "")
    if mode in VERIFYING or mode == WITHOUT_TLS:
        return
    given = f"has sslmode={mode}" if mode else "has no sslmode"
    raise ValidationError(
        f"ledger_url: {given}, so anyone between the controller and {', '.join(filter(_remote, hosts))} could pose as the "
        f"ledger; add sslmode=verify-full and sslrootcert=/path/to/ca.crt, or sslmode=disable for a connection that a tunnel protects"
    )


def _hosts(url: Any, environment: Mapping[str, str]) -> list[str]:
    """The hosts that the client library would connect to; empty for the default socket."""
    query = url.query
    given = [_all(query.get("hostaddr")), _all(query.get("host")), [url.host] if url.host else []]
    given += [_all(environment.get("PGHOSTADDR")), _all(environment.get("PGHOST"))]
    hosts = next((hosts for hosts in given if hosts), [])
    if not hosts and ("service" in query or environment.get("PGSERVICE")):
        return ["the service's host"]  # the file of services is not read here
    return hosts


def _all(value: str | tuple[str, ...] | None) -> list[str]:
    values = (value,) if isinstance(value, str) else value or ()
    return [host.strip() for text in values for host in text.split(",") if host.strip()]


def _last(value: str | tuple[str, ...] | None) -> str:
    return value if isinstance(value, str) else value[-1] if value else ""


def _remote(host: str) -> bool:
    return not _local(host)


def _local(host: str) -> bool:
    """Whether the host is a socket or this machine."""
    if host.startswith(("/", "@")):
        return True
    name, _colon, port = host.rpartition(":")
    bare = name if name and port.isdigit() and ":" not in name else host
    bare = bare.removeprefix("[").removesuffix("]")
    if bare == "localhost":
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False
