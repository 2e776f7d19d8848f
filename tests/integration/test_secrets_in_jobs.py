"""Secrets in the layouts of operators: README's copied inventory, and jobs in throw-away containers, as AWX runs them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.fake_vault import TOKEN, fake_vault
from support.lab import LabHandle
from support.playbooks import ANSIBLE, ROOT
from support.postgres import create_database
from support.tenants import new_ledger, put_tenant

PLAY = ROOT / "tests/integration/plays/secrets.yml"
KEY = "a key for the secrets of these tests"


@dataclass
class Jobs:
    """Jobs of one site. Each has its own directory and an empty home, and nothing of an earlier job but the ledger."""

    directory: Path
    env: dict[str, str]
    variables: dict[str, str]
    count: int = 0

    def run(self, playbook: str, *more: str, **variables: str) -> tuple[int, str]:
        """Run a job with ansible-runner; returns how many tasks changed something (-1 if the job failed), and its output."""
        import ansible_runner

        self.count += 1
        private = self.directory / f"job {self.count}"
        home = private / "home"
        home.mkdir(parents=True)
        shutil.copytree(ROOT / "inventories/lab", private / "inventory")
        env = {**self.env, "HOME": str(home), "VDC_PRIVATE_DIR": str(private / "private")}
        runner = ansible_runner.run(
            private_data_dir=str(private),
            playbook=playbook,
            envvars=env,
            extravars={**self.variables, **variables},
            cmdline=" ".join(more) or None,
            quiet=True,
        )
        output = "".join(event.get("stdout", "") + "\n" for event in runner.events)
        if runner.status != "successful":
            return -1, output
        return sum((runner.stats or {}).get("changed", {}).values()), output


@pytest.fixture(params=["ledger", "hashi_vault"])
def jobs(request: pytest.FixtureRequest, lab: LabHandle, tmp_path: Path, postgres: str) -> Iterator[Jobs]:
    """Jobs with their ledger on PostgreSQL, whose secrets are in the ledger or in Vault."""
    url = create_database(postgres)
    new_ledger(url)
    put_tenant(url, "acme", activated=1)
    variables = {"vdc_ledger_url": url, "vdc_secrets": request.param}
    with fake_vault() as vault:
        env = {"VDC_SECRETS_KEY": KEY, "VAULT_ADDR": vault.address, "VAULT_TOKEN": TOKEN}
        yield Jobs(tmp_path, env, variables)


def test_a_second_job_opens_what_the_first_one_made(jobs: Jobs, tmp_path: Path) -> None:
    digests = [tmp_path / "first", tmp_path / "second"]
    changed, output = jobs.run(str(PLAY), digest=str(digests[0]))
    assert changed > 0, output
    changed, output = jobs.run(str(PLAY), digest=str(digests[1]))
    assert changed == 1, output  # the file with the digest
    assert digests[0].read_text() == digests[1].read_text()

    (tmp_path / "password").write_text("correct horse\n")
    vault = tmp_path / "acme.vault"
    changed, output = jobs.run(
        "sovereign.vdc.tenant_credentials", tenant="acme", to=str(vault), vault_password_file=str(tmp_path / "password")
    )
    assert changed == 1, output
    view = [ANSIBLE.with_name("ansible-vault"), "view", "--vault-password-file", tmp_path / "password", vault]
    shown = json.loads(subprocess.run(view, capture_output=True, text=True, check=True).stdout)
    assert sorted(shown) == ["postgres_password", "redis_password", "tls.crt", "tls.key"]

    # A job with the embedded default has none of them, and makes none.
    changed, output = jobs.run(str(PLAY), digest=str(tmp_path / "third"), vdc_secrets="files")
    assert changed == -1
    assert "lacks 6 of 6 secrets that the ledger records, for instance" in output
    assert "nothing was changed; use the store that has them" in output
    assert not (tmp_path / "third").exists()
    assert not (tmp_path / f"job {jobs.count}" / "private").exists()


def run_program(program: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a program of Ansible as an operator does."""
    command = [str(ANSIBLE.with_name(program)), *arguments]
    given = {**os.environ, "ANSIBLE_NOCOLOR": "1", **env}
    return subprocess.run(command, capture_output=True, text=True, env=given, check=False, timeout=120)


def files(directory: Path) -> dict[Path, bytes]:
    """All files of a directory."""
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_a_copied_inventory_stays_free_of_private_data(lab: LabHandle, tmp_path: Path) -> None:
    """README: ``cp -r .../inventories/example mine``."""
    mine, home = tmp_path / "mine", tmp_path / "a home"
    shutil.copytree(ROOT / "inventories/example", mine)
    home.mkdir()
    before = files(mine)
    private = home / ".local/share/sovereign-vdc/demo"
    private.mkdir(mode=0o700, parents=True)
    new_ledger(f"sqlite:///{private}/ledger.db")
    env = {"HOME": str(home), "VDC_PRIVATE_DIR": "", "VDC_LEDGER_URL": ""}
    done = run_program("ansible-playbook", "-i", str(mine), str(PLAY), "-e", f"digest={tmp_path}/digest", **env)
    assert done.returncode == 0, done.stdout + done.stderr
    secrets = [path.read_text() for path in private.rglob("*") if path.is_file() and path.suffix not in (".db", ".crt")]
    assert len(secrets) >= 4
    assert files(mine) == before

    graph = run_program("ansible-inventory", "-i", str(mine), "--graph", **env)
    assert graph.returncode == 0, graph.stderr
    assert not [text for text in secrets if text.split("\n")[-2 if "\n" in text else 0] in graph.stdout + graph.stderr]


@pytest.mark.parametrize("playbook", ["ledger_migrate", "tenant_credentials", "tenant_backup"])
def test_private_data_in_the_inventory_is_refused_before_anything_is_written(
    lab: LabHandle, tmp_path: Path, playbook: str
) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(ROOT / "inventories/example", mine)
    before = files(mine)
    given = (
        "-e",
        f"vdc_private_dir={mine}/private",
        "-e",
        "tenant=acme",
        "-e",
        f"to={tmp_path}/acme.token",
        "-e",
        "offer=1",
    )
    done = run_program("ansible-playbook", "-i", str(mine), str(ROOT / f"playbooks/{playbook}.yml"), *given)
    assert done.returncode != 0
    assert (
        f"vdc_private_dir: '{mine}/private' is in the inventory {mine}, of which Ansible reads every file"
        in done.stdout
    )
    assert files(mine) == before
