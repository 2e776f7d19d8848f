"""A fleet of real machines in its own lab, created by playbooks."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.guests import Guests
from support.lab import LabHandle
from support.playbooks import ANSIBLE, QUICK, ROOT, Outcome, play

PLAYS = "../tests/integration/plays"
PATIENCE = 900  # seconds for a play on a busy host


class Site(Guests):
    """A lab with its inventory and guests; all its files are in ``directory``."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory / "lab", directory / "operator" / "ssh_ed25519", {})
        self.directory = directory
        self._lab("up", "--machines", "qemu")
        lines = [shlex.split(line) for line in (directory / "lab" / "env").read_text().splitlines()]
        own = {"ANSIBLE_TIMEOUT": "120", "VDC_PRIVATE_DIR": str(directory)}
        self.env = {**own, **dict(word[1].partition("=")[::2] for word in lines if word)}
        self.lab = LabHandle(self.env)

    def close(self) -> None:
        """Stop the lab and all that runs in it."""
        self._lab("down")

    def run(self, name: str, *more: str) -> Outcome:
        """Run ``playbooks/<name>.yml`` on this site."""
        return play(name, self.directory, *more, seconds=PATIENCE, **QUICK, **self.env)

    def assert_ok(self, name: str, *more: str) -> Outcome:
        """Run a playbook, which must succeed."""
        done = self.run(name, *more)
        assert done.ok, done.output
        return done

    def module(self, host: str, name: str, options: dict[str, Any]) -> dict[str, Any]:
        """Run one module on a node; return its result."""
        command = [
            str(ANSIBLE.with_name("ansible")),
            "-i",
            "inventories/lab",
            host,
            "-m",
            name,
            "-a",
            json.dumps(options),
        ]
        env = {**os.environ, **self.env}
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=env, check=False)
        output = done.stdout.partition(" => ")[2]
        assert output, done.stdout + done.stderr
        return json.JSONDecoder().raw_decode(output)[0]

    def kill_at(self, name: str, at: str, *more: str) -> None:
        """Run a playbook and kill it when its output has a line that starts with ``at``."""
        playbook = str(ROOT / f"playbooks/{name}.yml")
        command = [str(ANSIBLE), "-i", str(ROOT / "inventories/lab"), playbook, *more]
        env = {**os.environ, **QUICK, **self.env, "ANSIBLE_NOCOLOR": "1", "PYTHONUNBUFFERED": "1"}
        run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=env)
        assert run.stdout is not None
        with run.stdout as output:
            seen = any(line.startswith(at) for line in output)
            run.kill()
        assert seen, f"{name} ended before {at}"
        run.wait()

    def read_addresses(self) -> None:
        """Read the nodes' addresses from the inventory."""
        command = [str(Path(sys.executable).with_name("ansible-inventory")), "-i", "inventories/lab", "--list"]
        env = {**os.environ, **self.env}
        output = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=env, check=True).stdout
        # Values from a cloud are marked, so that they are never templates.
        hosts = json.loads(output, object_hook=lambda v: v.get("__ansible_unsafe", v))["_meta"]["hostvars"]
        self.address = {
            name: variables["ansible_host"] for name, variables in hosts.items() if "ansible_host" in variables
        }

    def volumes(self) -> set[str]:
        """Return the names of Exoscale's block volumes."""
        return {volume["name"] for volume in self.lab.state()["ch-dk-2"]["block-storage-volumes"]}

    def _lab(self, command: str, *more: str) -> None:
        words = [sys.executable, "-m", "vdclab", command, "--dir", str(self.directory / "lab"), *more]
        subprocess.run(words, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": "extensions/lab"})
