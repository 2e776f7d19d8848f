"""The NoCloud seed, in place of a real cloud's metadata service.

The request's user data is passed unchanged, so cloud-init itself detects its format (cloud-config,
script, multipart). Keys, names and addresses are in the seed's other documents.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from .base import MachineSpec, Nic

EMPTY_CONFIG = "#cloud-config\n{}\n"


def metadata(spec: MachineSpec, instance: str) -> dict:
    """The ``meta-data`` document. cloud-init installs the keys for root and for its default user."""
    return {"instance-id": instance, "local-hostname": spec.hostname, "public-keys": list(spec.ssh_keys)}


def network(nics: Iterable[Nic]) -> dict:
    """The ``network-config`` document (version 2); cards are matched by MAC address."""
    cards: dict[str, dict] = {}
    for number, nic in enumerate(nics):
        card: dict = {
            "match": {"macaddress": nic.mac.lower()},
            "addresses": [nic.address] if nic.address else [],
            "accept-ra": False,
        }
        if nic.gateway:
            # On-link, because the gateway may be outside a cloud's /32.
            card["routes"] = [{"to": "0.0.0.0/0", "via": nic.gateway, "on-link": True}]
        cards[f"nic{number}"] = card
    return {"version": 2, "ethernets": cards}


def write(directory: Path, spec: MachineSpec, instance: str) -> list[str]:
    """Write the seed's documents into ``directory`` and return QEMU's arguments that put them into the
    guest's firmware configuration. The documents are JSON, which is valid YAML."""
    directory.mkdir(exist_ok=True)
    documents = {
        "meta-data": json.dumps(metadata(spec, instance)),
        "network-config": json.dumps(network(spec.nics)),
        "user-data": spec.user_data or EMPTY_CONFIG,
    }
    arguments = []
    for name, text in documents.items():
        path = directory / name
        path.touch(mode=0o600)  # user data may have secrets
        path.write_text(text)
        escaped = str(path).replace(",", ",,")
        arguments += ["-fw_cfg", f"name=opt/lab/{name},file={escaped}"]
    return arguments
