"""Requests for instances, validated: single instances and pools share them."""

from __future__ import annotations

import base64
import binascii
import gzip
from dataclasses import dataclass
from typing import Any

from .catalog import GIB, InstanceType
from .errors import invalid
from .models import PrivateNetwork, Template
from .zone import Zone, find, ref_id, ref_ids


@dataclass(frozen=True)
class InstanceRequest:
    """A validated request; resources are named by id unless the type says otherwise."""

    kind: InstanceType
    template: Template
    assignment: str
    ssh_keys: tuple[str, ...]  # names
    security_groups: tuple[str, ...]
    anti_affinity: tuple[str, ...]
    elastic_ips: tuple[str, ...]
    networks: tuple[PrivateNetwork, ...]


def parse(zone: Zone, spec: dict[str, Any]) -> InstanceRequest:
    """Validate ``spec``, the body of a create; raises ``ApiError`` 400 or 404 for the first fault."""
    account = zone.account
    request = InstanceRequest(
        kind=zone.type(ref_id(spec, "instance-type")),
        template=zone.template(ref_id(spec, "template")),
        assignment=spec.get("public-ip-assignment") or ("dual" if spec.get("ipv6-enabled") else "inet4"),
        ssh_keys=tuple(find(account.ssh_keys, name, "SSH key").name for name in _key_names(spec)),
        security_groups=tuple(zone.group(g).id for g in ref_ids(spec, "security-groups")),
        anti_affinity=tuple(
            find(account.anti_affinity_groups, g, "Anti-affinity Group").id
            for g in ref_ids(spec, "anti-affinity-groups")
        ),
        elastic_ips=tuple(find(zone.elastic_ips, e, "Elastic IP").id for e in ref_ids(spec, "elastic-ips")),
        networks=tuple(find(zone.networks, n, "Private Network") for n in ref_ids(spec, "private-networks")),
    )
    if spec.get("deploy-target"):  # ordinary accounts have none
        find({}, ref_id(spec, "deploy-target"), "Deploy Target")
    check_disk(spec["disk-size"], request.template)
    check_user_data(spec.get("user-data"))
    if request.assignment == "none" and request.security_groups:
        raise invalid("Security groups need a public IP assignment")
    return request


def check_disk(size: int, template: Template) -> None:
    """Raise ``ApiError`` 400 if ``template`` does not fit on a disk of ``size`` GiB."""
    if size * GIB < template.size:
        raise invalid(f"disk-size: {size} GiB is less than the template's {template.size // GIB} GiB")


def check_user_data(text: str | None) -> None:
    """Raise ``ApiError`` 400 unless ``text`` is base64 or ``None``."""
    try:
        read_user_data(text)
    except (binascii.Error, ValueError, OSError, EOFError):
        raise invalid("user-data: must be base64-encoded text, plain or gzipped") from None


def read_user_data(text: str | None) -> str:
    """The document in base64 ``text``, decompressed if it is gzipped, as cloud-init does."""
    raw = base64.b64decode(text or "", validate=True)
    return (gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw).decode()


def _key_names(spec: dict[str, Any]) -> list[str]:
    named = [*(spec.get("ssh-keys") or []), *([spec["ssh-key"]] if spec.get("ssh-key") else [])]
    return list(dict.fromkeys(key.get("name", "") for key in named))
