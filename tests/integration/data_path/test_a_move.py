"""A tenant's data moves from one storage node to another, and back, on a fleet that is gone before the others' is made.

The tests are the stages of one move, in their order.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.backups import bucket
from support.crash import kill_tree
from support.guests import within
from support.modules import run_module
from support.playbooks import ANSIBLE, QUICK, ROOT

from .conftest import COMPUTE, GIVEN, LOG, DataPath, Writer, qemu

pytestmark = pytest.mark.machines

ONE, TWO = "lab-storage-1", "lab-storage-2"
FOLDER = "/srv/vdc/acme/writer/bucket"
FILES = f"""set -eu; umask 027; mkdir -p {FOLDER}/empty; cd {FOLDER}
head -c 40000000 /dev/urandom > random; ln random same; ln -s random link; truncate -s 20M hole
for number in $(seq 50); do echo $number > "file $number"; done; touch -d 2001-02-03 empty"""
SUMS = f"cd {FOLDER} && find . -printf '%p %y %m %U %G %s %T@ %n %l\\n' | sort && find . -type f -exec sha256sum {{}} + | sort"
# The one that brings the data; another fetches the list of what there is.
RESTORES = "pgrep -af '^restic --quiet restore' | grep -v include"


class Moving(Writer):
    """acme with its writer, whose acknowledgements are kept for as long as it lives."""

    def __init__(self, site: DataPath, folder: Path) -> None:
        super().__init__(site)
        self.kept = folder / "acknowledged"

    def followed(self) -> subprocess.Popen[bytes]:
        """Keep what the container says from now on until it is gone."""
        with self.kept.open("ab") as kept:
            follow = self.site.ssh(COMPUTE, f"docker logs --follow {self.container}")
            return subprocess.Popen(follow, stdout=kept, stderr=subprocess.DEVNULL)

    def numbers(self) -> list[int]:
        """The records that were acknowledged."""
        return sorted({int(number) for number in re.findall(r"^(\d+) [0-9.]+$", self.kept.read_text(), re.MULTILINE)})

    def has(self, node: str) -> bool:
        """Whether anything of acme is at this storage node."""
        left = "lvs --noheadings -o lv_name; ls /srv/vdc /etc/exports.d /etc/vdc/tunnel/tenants; exportfs; wg show"
        said = self.site.says(node, f"({left}) 2>&1 || true")
        return "acme" in said or "10.99.64.1" in said

    def compare(self, node: str) -> None:
        """All records are at ``node``, in their order and once each, and all that were acknowledged among them."""
        records = [int(number) for number in self.site.says(node, f"cat {LOG}").split()]
        assert records == list(range(1, len(records) + 1))
        assert self.numbers()
        assert self.numbers()[-1] <= len(records)
        assert "error" not in self.kept.read_text()

    def known(self) -> dict[str, str]:
        """acme as the ledger has it."""
        (found,) = run_module("tenant_info", name="acme", ledger_url=f"sqlite:///{self.site.folder}/ledger.db")[
            "tenants"
        ]
        return {key: found[key] for key in ("state", "storage_node", "storage_leaving")}


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moving]:
    if reason := qemu.why_not():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("moves")
    site = DataPath(folder)
    try:
        bucket(site.env, "vdc-backups")
        site.must("platform", "-e", json.dumps({"storage_nodes_count": 2, "storage_nodes_brick_gib": 10}))
        site.meet()
        acme = Moving(site, folder)
        acme.start()
        yield acme
    finally:
        site.close()


def move(to: str) -> tuple[str, ...]:
    return ("tenant_migrate", "-e", "tenant=acme", "-e", f"storage_node={to}")


def test_a_move_that_is_killed_while_it_imports_is_taken_up(acme: Moving) -> None:
    site = acme.site
    site.says(COMPUTE, f"setpriv --reuid 101000 --regid 101000 --clear-groups sh -c '{FILES}'")
    sums = site.says(ONE, SUMS)
    follow = acme.followed()
    verb, *given = move(TWO)
    command = [str(ANSIBLE), "-i", "inventories/lab", f"playbooks/{verb}.yml", "-e", json.dumps(GIVEN), *given]
    with (site.folder / "killed").open("w") as said:
        env = {**os.environ, **QUICK, **site.env}
        run = subprocess.Popen(
            command, stdout=said, stderr=subprocess.STDOUT, cwd=ROOT, env=env, start_new_session=True
        )
    try:
        at = f"for i in $(seq 300); do {RESTORES} && exit; sleep 0.1; done; exit 1"
        within(900, lambda: run.poll() is not None or site.tries(TWO, at).returncode == 0, "the import")
        assert run.poll() is None, (site.folder / "killed").read_text()
    finally:
        kill_tree(run)
    follow.wait(60)
    assert acme.known() == {"state": "migrating", "storage_node": TWO, "storage_leaving": ONE}
    assert "exported" not in site.says(TWO, "exportfs -v | grep -q acme && echo exported || true")
    refused = site.run("tenant_backup", "-e", "tenant=acme")
    assert f"the move of its data from {ONE} to {TWO}" in refused.complaint, refused.said

    moved = site.must(*move(TWO))
    print(re.findall(r"acme \(casual\) .*", moved.said))
    assert all(re.search(rf"^TASK \[{n} ", moved.said, re.MULTILINE) for n in range(1, 7)), moved.said
    assert acme.known() == {"state": "active", "storage_node": TWO, "storage_leaving": ""}
    acme.followed()
    acme.goes_on("it has moved")
    assert site.says(TWO, SUMS) == sums
    acme.compare(TWO)
    assert not acme.has(ONE)
    assert site.must(*move(TWO)).changed == 0


def test_backups_go_on_from_there(acme: Moving) -> None:
    assert "0.00 Bytes of it new" not in acme.site.must("tenant_backup", "-e", "tenant=acme").said


def test_of_who_is_suspended_the_data_moves_alone(acme: Moving) -> None:
    site = acme.site
    sums = site.says(TWO, SUMS)
    site.must("tenant_suspend", "-e", "tenant=acme")
    site.must(*move(ONE))
    assert acme.known() == {"state": "suspended", "storage_node": ONE, "storage_leaving": ""}
    assert not acme.has(TWO)
    assert site.says(COMPUTE, "docker ps --quiet") == ""
    site.must("tenant_resume", "-e", "tenant=acme")
    acme.followed()
    acme.goes_on("it is back")
    assert site.says(ONE, SUMS) == sums
    acme.compare(ONE)
