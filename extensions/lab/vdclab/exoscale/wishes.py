"""A request for an instance, checked: shared by single instances and pools."""

from __future__ import annotations

import base64
import binascii
import gzip
from dataclasses import dataclass
from typing import Any

from .catalogue import GIB, InstanceType
from .errors import refused
from .models import PrivateNetwork, Template
from .zone import Zone, find, ref_id, ref_ids


@dataclass(frozen=True)
class Order:
    """What a wish names, looked up."""

    kind: InstanceType
    template: Template
    assignment: str
    keys: tuple[str, ...]
    groups: tuple[str, ...]
    apart: tuple[str, ...]
    elastic: tuple[str, ...]
    networks: tuple[PrivateNetwork, ...]


def read(zone: Zone, wish: dict[str, Any]) -> Order:
    """Check ``wish`` (the body of a create); raises ``ApiError`` for what will not do."""
    account = zone.account
    order = Order(
        kind=zone.type(ref_id(wish, "instance-type")),
        template=zone.template(ref_id(wish, "template")),
        assignment=wish.get("public-ip-assignment") or ("dual" if wish.get("ipv6-enabled") else "inet4"),
        keys=tuple(find(account.ssh_keys, name, "SSH key").name for name in _key_names(wish)),
        groups=tuple(zone.group(g).id for g in ref_ids(wish, "security-groups")),
        apart=tuple(
            find(account.anti_affinity_groups, g, "Anti-affinity Group").id
            for g in ref_ids(wish, "anti-affinity-groups")
        ),
        elastic=tuple(find(zone.elastic_ips, e, "Elastic IP").id for e in ref_ids(wish, "elastic-ips")),
        networks=tuple(find(zone.networks, n, "Private Network") for n in ref_ids(wish, "private-networks")),
    )
    if wish.get("deploy-target"):  # ordinary accounts have none
        find({}, ref_id(wish, "deploy-target"), "Deploy Target")
    check_disk(wish["disk-size"], order.template)
    check_user_data(wish.get("user-data"))
    if order.assignment == "none" and order.groups:
        raise refused("Security groups need a public IP assignment")
    return order


def check_disk(size: int, template: Template) -> None:
    """Raise ``ApiError`` if ``template`` does not fit onto a disk of ``size`` GiB."""
    if size * GIB < template.size:
        raise refused(f"disk-size: {size} GiB is less than the template's {template.size // GIB} GiB")


def check_user_data(text: str | None) -> None:
    """Raise ``ApiError`` unless ``text`` is base64 (or absent)."""
    try:
        read_user_data(text)
    except (binascii.Error, ValueError, OSError, EOFError):
        raise refused("user-data: must be base64-encoded text, plain or gzipped") from None


def read_user_data(text: str | None) -> str:
    """The document within base64 ``text``; gzip is undone, as cloud-init does."""
    raw = base64.b64decode(text or "", validate=True)
    return (gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw).decode()


def _key_names(wish: dict[str, Any]) -> list[str]:
    named = [*(wish.get("ssh-keys") or []), *([wish["ssh-key"]] if wish.get("ssh-key") else [])]
    return list(dict.fromkeys(key.get("name", "") for key in named))
