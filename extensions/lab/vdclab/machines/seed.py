"""The NoCloud seed: what a real cloud's metadata service would tell the guest.

The request's user data goes in as it came, so cloud-init itself decides what it is (cloud-config,
script, multipart). All that the lab adds travels beside it: keys, names, addresses.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from .base import MachineSpec, Nic

NOTHING = "#cloud-config\n{}\n"


def metadata(spec: MachineSpec, instance: str) -> dict:
    """The ``meta-data`` document. cloud-init gives the keys to root and to its default user."""
    return {"instance-id": instance, "local-hostname": spec.hostname, "public-keys": list(spec.ssh_keys)}


def network(nics: Iterable[Nic]) -> dict:
    """The ``network-config`` document (version 2): every card by its address on the wire."""
    cards: dict[str, dict] = {}
    for number, nic in enumerate(nics):
        card: dict = {
            "match": {"macaddress": nic.mac.lower()},
            "addresses": [nic.address] if nic.address else [],
            "accept-ra": False,
        }
        if nic.gateway:
            # On link: a cloud may give a /32 whose gateway lies outside of it.
            card["routes"] = [{"to": "0.0.0.0/0", "via": nic.gateway, "on-link": True}]
        cards[f"nic{number}"] = card
    return {"version": 2, "ethernets": cards}


def write(folder: Path, spec: MachineSpec, instance: str) -> list[str]:
    """Write the seed's documents into ``folder`` and return QEMU's words that lay them into the
    guest's firmware configuration. JSON is YAML, so cloud-init reads it as such."""
    folder.mkdir(exist_ok=True)
    documents = {
        "meta-data": json.dumps(metadata(spec, instance)),
        "network-config": json.dumps(network(spec.nics)),
        "user-data": spec.user_data or NOTHING,
    }
    words = []
    for name, text in documents.items():
        path = folder / name
        path.touch(mode=0o600)  # user data may hold secrets
        path.write_text(text)
        escaped = str(path).replace(",", ",,")
        words += ["-fw_cfg", f"name=opt/lab/{name},file={escaped}"]
    return words
