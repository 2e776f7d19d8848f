"""The steps in which a tenant's data moves, as the playbook has them, on a picture of the nodes: wherever a run dies, one more
brings all that was acknowledged to the new storage node, and at no moment can two volumes be written to."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import ansible_collections.sovereign.vdc as collection
import pytest
import yaml
from support.playbooks import ANSIBLE, QUICK, ROOT

OLD, NEW, COMPUTE = "old", "new", "compute"
BEFORE = {
    "volumes": {OLD: {"open": True, "closed": False, "records": 7}},
    "ways": [OLD],
    "runs": True,
    "records": 7,
    "backups": [],
    "deeds": 0,
    "dies": 0,
    "fails": 0,
}
# What an undisturbed run does: export, stop, close the way, export, import, close, open (2), start, forget (2).
DEEDS = 11
CLOSES = 6
# Which role's tasks are which deed.
ROLES = {
    "tunnel": {"tenant": "{{ 'no_way' if tunnel_tenant_state | default('') == 'absent' else 'way' }}"},
    "tenant_stack": {"remove": "leave", "main": "start", "verify": "", "directories": ""},
    "tenant_mount": {"main": "", "absent": "", "verify": ""},
}


class Picture:
    """Nodes that are a directory of pictures, one for each tenant, and a play of the converge's tasks upon them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "pictures").mkdir()
        (directory / "private").mkdir()
        [real] = collection.__path__
        ours = directory / "collections/ansible_collections/sovereign/vdc"
        shutil.copytree(real, ours)
        for name in ("tenant_volume", "tenant_backup", "tenant_restore", "deed"):
            fake = Path(__file__).with_name("fake.py").read_text()
            (ours / f"plugins/modules/{name}.py").write_text(f"#!/usr/bin/python\n{fake}")
        for role, files in ROLES.items():
            shutil.rmtree(ours / "roles" / role)
            (ours / "roles" / role / "tasks").mkdir(parents=True)
            for name, deed in files.items():
                task = {
                    "name": deed or "Nothing",
                    "sovereign.vdc.deed": {"what": deed, "tenant": "{{ operation.tenant }}"},
                }
                none = {"name": "Nothing", "ansible.builtin.set_fact": {"tenant_stack_directories": []}}
                (ours / "roles" / role / "tasks" / f"{name}.yml").write_text(yaml.safe_dump([task if deed else none]))
        # This machine gets no packages.
        (ours / "roles/tenant_backup/tasks/ready.yml").write_text("[]")
        self._play()
        self.collections = f"{directory / 'collections'}:{Path(real).parents[2]}"

    def _play(self) -> None:
        """The converge's play of tenants, and nothing else of it."""
        plays = yaml.safe_load((ROOT / "playbooks/tenant_converge.yml").read_text())
        [play] = [play for play in plays if play["name"] == "Deploy tenants"]
        del play["vars_files"]  # relative to the playbook; the role has the catalog, too
        (self.directory / "play.yml").write_text(yaml.safe_dump([{**play, "hosts": "tenants"}]))

    def run(self, tenants: dict[str, dict[str, Any]]) -> str:
        """One run for tenants with these pictures; what it said."""
        for name, picture in tenants.items():
            (self.directory / "pictures" / name).write_text(json.dumps(picture))
        given = {
            "ansible_connection": "local",
            "vdc_private_dir": str(self.directory / "private"),
            **{f"vdc_s3_{part}": "s3" for part in ("endpoint", "bucket", "access_key", "secret_key")},
        }
        hosts = {"tenants": {"hosts": {f"{name}.tenant": {"operation": work(name)} for name in tenants}}}
        nodes = {"role_compute": {"hosts": {COMPUTE: {}}}, "role_storage": {"hosts": {OLD: {}, NEW: {}}}}
        for name, facts in [*nodes["role_compute"]["hosts"].items(), *nodes["role_storage"]["hosts"].items()]:
            python = self.directory / f"python-{name}"
            python.write_text(
                f'#!/bin/sh\nexport NODE={name} PICTURES={self.directory}/pictures\nexec {sys.executable} "$@"\n'
            )
            python.chmod(0o755)
            facts["ansible_python_interpreter"] = str(python)
        for facts in hosts["tenants"]["hosts"].values():
            facts["ansible_python_interpreter"] = str(self.directory / f"python-{COMPUTE}")
        known = {
            "tenant_lifecycle_machines_changed_at": 0,
            "tenant_lifecycle_changed_machines": [],
            "ansible_python_interpreter": sys.executable,
        }
        controller = {"localhost": known}
        inventory = {"all": {"vars": given, "hosts": controller, "children": {**hosts, **nodes}}}
        (self.directory / "hosts.yml").write_text(yaml.safe_dump(inventory))
        env = {
            **os.environ,
            **QUICK,
            "ANSIBLE_COLLECTIONS_PATH": self.collections,
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_FORKS": "8",
        }
        command = [str(ANSIBLE), "-i", str(self.directory / "hosts.yml"), str(self.directory / "play.yml")]
        done = subprocess.run(
            command, env=env, cwd=self.directory, capture_output=True, text=True, check=False, timeout=500
        )
        return done.stdout + done.stderr

    def of(self, name: str) -> dict[str, Any]:
        """What became of a tenant."""
        return json.loads((self.directory / "pictures" / name).read_text())


def work(name: str) -> dict[str, Any]:
    """The ledger's entry."""
    place = {
        "node": COMPUTE,
        "source_node": "",
        "lost": "",
        "storage_node": NEW,
        "source_storage_node": OLD,
        "dedicated": False,
    }
    means = {
        "tier": "casual",
        "stack": "web",
        "slot": {"cpus": 1, "memory_mib": 512},
        "volume_gib": 1,
        "first_uid": 101000,
    }
    return {
        "id": 1,
        "kind": "migrate",
        "tenant": name,
        "number": 1,
        "desired_state": "active",
        "state": "migrating",
        "new": False,
        **place,
        **means,
    }


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    return Picture(tmp_path)


def test_wherever_a_run_dies_or_fails_the_next_brings_all_of_it_there(picture: Picture) -> None:
    cases = {"undisturbed": BEFORE}
    cases |= {f"dies-{number}": {**BEFORE, "dies": number} for number in (2, CLOSES - 1, CLOSES, CLOSES + 1, 9, DEEDS)}
    cases |= {f"fails-{number}": {**BEFORE, "fails": number} for number in (1, CLOSES, CLOSES + 1)}
    said = picture.run(cases)
    assert picture.of("undisturbed")["deeds"] == DEEDS, said
    for name in cases:
        seen, at = picture.of(name), int(name.partition("-")[2] or 0)
        assert name == "undisturbed" or seen["deeds"] >= at > 0, said
        if name.startswith("fails"):  # it goes on where it was, as long as that can be
            assert seen["runs"] == (at <= CLOSES), name
        right = OLD if 0 < at <= CLOSES else NEW
        assert seen["volumes"][right]["records"] == seen["records"], name
    said = picture.run({name: {**picture.of(name), "dies": 0, "fails": 0} for name in cases})
    for name in cases:
        seen = picture.of(name)
        there = {NEW: {"open": True, "closed": False, "records": seen["records"]}}
        assert (seen["volumes"], seen["ways"], seen["runs"]) == (there, [NEW], True), f"{name}: {said}"
