"""The NoCloud seed."""

from __future__ import annotations

import json
from pathlib import Path

from vdclab.machines import seed
from vdclab.machines.base import MachineSpec, Nic

CARD = Nic("public", "52:54:00:AA:BB:CC", "203.0.113.9/24", "203.0.113.1")


def spec(**changes: object) -> MachineSpec:
    return MachineSpec(**{"key": "k", "hostname": "web", "cores": 1, "memory_bytes": 1, "disk_bytes": 1, **changes})


def test_user_data_is_passed_unchanged(tmp_path: Path) -> None:
    script = "#!/bin/sh\necho 'a, b'\n"
    words = seed.write(tmp_path / "seed,1", spec(user_data=script, ssh_keys=("key",), nics=(CARD,)), "uuid")
    assert (tmp_path / "seed,1/user-data").read_text() == script
    assert (tmp_path / "seed,1/user-data").stat().st_mode & 0o077 == 0
    metadata = json.loads((tmp_path / "seed,1/meta-data").read_text())
    assert metadata == {"instance-id": "uuid", "local-hostname": "web", "public-keys": ["key"]}
    assert f"name=opt/lab/user-data,file={tmp_path}/seed,,1/user-data" in words


def test_without_user_data_cloud_init_gets_an_empty_document(tmp_path: Path) -> None:
    seed.write(tmp_path / "seed", spec(), "uuid")
    assert (tmp_path / "seed/user-data").read_text().startswith("#cloud-config")


def test_only_the_card_with_a_gateway_has_the_default_route() -> None:
    cards = seed.network((CARD, Nic("net", "52:54:00:00:00:02", ""), Nic("n6", "52:54:00:00:00:03", "2001:db8::1/64")))
    nics = cards["ethernets"]
    assert nics["nic0"]["match"] == {"macaddress": "52:54:00:aa:bb:cc"}
    assert nics["nic0"]["routes"][0]["via"] == "203.0.113.1"
    assert "routes" not in nics["nic1"]
    assert nics["nic1"]["addresses"] == []
