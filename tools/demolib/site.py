"""The lab's site as the demonstration sees it: environment, inventory, nodes and tenants."""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from .bucket import Bucket
from .output import require

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / ".lab"
PRIVATE = LAB / "private"
INVENTORY = "inventories/lab"


def start_lab(machines: str) -> None:
    """Start the lab, or find it running. ``machines`` is ``qemu`` or ``none``."""
    command = [sys.executable, "-m", "vdclab", "up", "--machines", machines, "--dir", str(LAB)]
    started = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": "extensions/lab"}, check=False)
    require(started.returncode == 0, "the lab did not start")


def lab_environment() -> dict[str, str]:
    """Return the variables that ``.lab/env`` exports."""
    lines = (LAB / "env").read_text().splitlines()
    pairs = (shlex.split(line)[1].partition("=") for line in lines if line.startswith("export "))
    return {key: value for key, _, value in pairs}


def environment() -> dict[str, str]:
    """Return the environment in which the demonstration runs Ansible.

    With Mitogen one Python starts for each machine instead of one for each task: on an emulated machine a
    start takes seconds. The collection does not need it.
    """
    settings = {"ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_PIPELINING": "true", "ANSIBLE_TIMEOUT": "60"}
    mitogen = importlib.util.find_spec("ansible_mitogen")
    if mitogen and mitogen.origin:
        settings["ANSIBLE_STRATEGY"] = "mitogen_linear"
        settings["ANSIBLE_STRATEGY_PLUGINS"] = str(Path(mitogen.origin).parent / "plugins" / "strategy")
    return {**os.environ, **lab_environment(), **settings}


def nodes() -> dict[str, dict[str, Any]]:
    """Return the nodes with their inventory variables, by name."""
    command = ["ansible-inventory", "-i", INVENTORY, "--list"]
    listed = subprocess.run(command, cwd=ROOT, env=environment(), check=True, capture_output=True, text=True).stdout
    # Values from the clouds are marked as unsafe, so that they are never templates.
    inventory = json.loads(listed, object_hook=lambda value: value.get("__ansible_unsafe", value))
    return {name: values for name, values in inventory["_meta"]["hostvars"].items() if "vdc_provider" in values}


def ssh(node: str) -> list[str]:
    """Return the command that opens an SSH session to the node as root."""
    address = nodes()[node]["ansible_host"]
    return ["ssh", "-F", str(LAB / "ssh_config"), "-i", str(PRIVATE / "operator" / "ssh_ed25519"), f"root@{address}"]


def tenants() -> dict[str, dict[str, Any]]:
    """Return the tenants with their last operations from the ledger, by name."""
    command = ["ansible", "-i", INVENTORY, "localhost", "-m", "sovereign.vdc.tenant_info", "-a", "operations=20"]
    ledger = {"VDC_LEDGER_URL": f"sqlite:///{PRIVATE}/ledger.db"}
    shown = subprocess.run(
        command, cwd=ROOT, env={**environment(), **ledger}, capture_output=True, text=True, check=True
    ).stdout
    return {tenant["name"]: tenant for tenant in json.loads(shown[shown.index("{") :])["tenants"]}


def stack_address(tenant: str) -> tuple[list[str], int]:
    """Return the SSH command to the tenant's node and the port of its object store there, from the ledger."""
    found = tenants()[tenant]
    return ssh(found["node"]), found["first_port"]


def credentials(tenant: str) -> Path:
    """Return the directory with the tenant's credentials."""
    return PRIVATE / "tenants" / tenant


def bucket(tenant: str) -> Bucket:
    """Return the tenant's dump bucket."""
    return Bucket(*stack_address(tenant), credentials(tenant))
