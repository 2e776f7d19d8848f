"""Whose the volumes and stacks of a node are."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.sovereign.vdc.plugins.module_utils.node.claims import of_stacks, of_volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import GIB, OWNED, Group, Volume
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.spec import CLOSED


def test_volumes_name_their_tenants_by_tags():
    def lv(name: str, size: int, *tags: str) -> Volume:
        return Volume(name, size, frozenset({OWNED, *tags}))

    acme = ("tenant=acme", "tenant-number=7", "tenant-identity=aa", "vdc-tier=pro", "vdc-first-port=20070")
    volumes = [
        lv("t-acme", 10 * GIB, *acme),
        lv("t-acme.snap-backup", GIB, *acme),
        lv("t-beta", 5 * GIB, "tenant=beta", "tenant-number=8", CLOSED),
        lv("t-gamma.restored", GIB, "tenant=gamma", "tenant-number=9"),
        Volume("t-delta", GIB, frozenset({"tenant=delta", "tenant-number=10"})),
        lv("images", GIB),
    ]
    found = list(of_volumes(Group("vdc_pool", True, volumes={volume.name: volume for volume in volumes})))
    assert [(one.name, one.tenant, one.number, one.identity) for one in found] == [
        ("t-acme", "acme", 7, "aa"),
        ("t-beta", "beta", 8, ""),
        ("t-gamma.restored", "gamma", 9, ""),
    ]
    assert found[0].facts == {"first-port": "20070", "tier": "pro", "size-gib": 10, "closed": False}
    assert found[1].facts["closed"]


def test_stacks_name_their_tenants_by_marks(tmp_path: Path):
    assert list(of_stacks(str(tmp_path / "missing"))) == []
    mark = {"tenant": "acme", "number": 7, "identity": "aa", "first-port": 20070, "stack": "web"}
    for name, file, text in (
        ("acme", "tenant.json", json.dumps(mark)),
        ("beta", "compose.yaml", "services: {}"),
        ("damaged", "tenant.json", "{"),
        ("empty", "other", ""),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text(text)
    found = list(of_stacks(str(tmp_path)))
    assert [(one.tenant, one.number, one.identity) for one in found] == [("acme", 7, "aa"), ("beta", 0, "")]
    assert found[0].facts == {"first-port": 20070, "stack": "web"}
