"""Paths with a blank reach ssh in one piece."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from support.operator_key import ensure_operator_key
from support.playbooks import ROOT
from vdclab.machines import access


def test_a_private_directory_with_a_blank_keeps_its_known_hosts(tmp_path: Path) -> None:
    site = tmp_path / "my inventory"
    shutil.copytree(ROOT / "inventories/example", site, ignore=shutil.ignore_patterns("platform.*"))
    private = tmp_path / "private files"
    ensure_operator_key(private)
    message = json.dumps({"msg": "{{ ansible_ssh_extra_args }}"})
    program = str(Path(sys.executable).with_name("ansible"))
    command = [program, "-i", str(site), "localhost", "-m", "ansible.builtin.debug", "-a", message, "-e"]
    done = subprocess.run(
        [*command, json.dumps({"vdc_private_dir": str(private)})],
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    given = json.loads(done.stdout.split("=>", 1)[1])["msg"]
    assert ssh_setting("userknownhostsfile", *shlex.split(given)).startswith(f"{private}/")


class Network:
    """A network namespace that is never entered."""

    def enter(self) -> list[str]:
        """Return the command that enters it."""
        return ["true"]


def test_a_lab_in_a_directory_with_a_blank_is_reached(tmp_path: Path) -> None:
    run_dir = tmp_path / "the lab"
    run_dir.mkdir()
    access.write(run_dir, Network())  # type: ignore[arg-type]
    given = shlex.split(access.ssh_args(run_dir))
    assert ssh_setting("userknownhostsfile", *given) == str(run_dir / "known_hosts")
    assert ssh_setting("controlpath", *given).startswith(str(run_dir / "ssh"))


def ssh_setting(name: str, *arguments: str) -> str:
    """The value of a setting as ssh reads it from its arguments."""
    done = subprocess.run(["ssh", "-G", *arguments, "node"], capture_output=True, text=True, check=True, timeout=20)
    return next(line.split(" ", 1)[1] for line in done.stdout.splitlines() if line.startswith(f"{name} "))
