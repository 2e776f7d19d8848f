"""One site for all test modules of this directory."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.modules import run_module
from support.playbooks import Outcome
from support.site import PLAYS, Site
from support.waiting import wait_until
from vdclab.machines import qemu

COMPUTE, STORAGE = "lab-compute-1", "lab-storage-1"
TENANTS = {
    "acme": {"number": 1, "node": COMPUTE, "gib": 1},
    "beta": {"number": 2, "node": COMPUTE, "gib": 1},
}
LOG = "/srv/vdc/acme/writer/log"
# Small volumes, and a stack that consists of the writer only.
VARIABLES = {
    "vdc_catalog_overrides": {
        "tiers": {"casual": {"storage_gib": 1, "storage_max_gib": 4, "storage_sizes_gib": [1, 2, 4]}}
    },
    "tenant_stack_check_seconds": 30,
    "tenant_stack_definition": {
        "least_memory_mib": 64,
        "credentials": [],
        "entrance": {"service": "writer", "port": 8000, "path": "/"},
        "services": {
            "writer": {
                "image": "python",
                "uid": 0,
                "share": 1,
                "run": ["python3", "-c", Path(__file__).with_name("writer.py").read_text()],
                "data": {"writer": "/data"},
                "ports": {"0": 8000},
                "health": ["bash", "-c", ":"],
            }
        },
    },
}


class DataPath(Site):
    """The site with its tenants."""

    def run(self, name: str, *more: str) -> Outcome:
        return super().run(name, "-e", json.dumps(VARIABLES), *more)

    def deploy_paths(self, tenants: dict, *more: str) -> int:
        """Create these tenants' data paths; return the number of tasks that changed something."""
        return self.assert_ok(f"{PLAYS}/data_path", "-e", json.dumps({"tenants": tenants}), *more).changed

    def ledger_gib(self, tenant: str) -> int:
        """Return the size of the tenant's volume in the ledger."""
        (found,) = run_module("tenant_info", name=tenant, ledger_url=f"sqlite:///{self.directory}/ledger.db")["tenants"]
        return found["volume_gib"]


class Writer:
    """acme's stack, seen from outside."""

    container = "vdc-acme-writer-1"

    def __init__(self, site: DataPath, tell: Callable[[str], None]) -> None:
        self.site, self.tell = site, tell

    def start(self) -> None:
        self.site.assert_ok("ledger_migrate")
        self.site.assert_ok("tenant_create", "-e", "tenant=acme", "-e", "tier=casual")
        wait_until(60, lambda: len(self.acknowledged()) > 10, "the writer writes")

    def log(self, newest: str = "all") -> str:
        """Return the writer's output, or its newest lines."""
        return self.site.run_command(COMPUTE, f"docker logs --tail {newest} {self.container}").stdout

    def acknowledged(self) -> list[tuple[int, float]]:
        """Return each acknowledged record and its time (seconds of the node's clock)."""
        return [
            (int(number), float(when)) for number, when in re.findall(r"^(\d+) ([0-9.]+)$", self.log(), re.MULTILINE)
        ]

    def errors(self) -> list[str]:
        """Return the errors that the writer got."""
        return [line for line in self.log().splitlines() if line.startswith("error")]

    def assert_writes(self, what: str) -> None:
        """Wait until it has acknowledged a record after now."""
        now = float(self.site.check_output(COMPUTE, "cut -d ' ' -f 1 /proc/uptime"))

        def wrote() -> bool:
            last = re.match(r"\d+ ([0-9.]+)$", self.log("1").strip())
            return last is not None and float(last[1]) > now + 1

        wait_until(240, wrote, f"the writer continues: {what}")

    @contextmanager
    def stage(self, what: str, stall: float) -> Iterator[None]:
        """Assert that the writer continues without errors during the context, with a longest stall below ``stall`` seconds."""
        before = self.acknowledged()[-1][0]
        yield
        self.assert_writes(what)
        times = [when for number, when in self.acknowledged() if number >= before]
        longest = max(later - earlier for earlier, later in itertools.pairwise(times))
        load = os.getloadavg()[0]
        self.tell(f"{what}: {len(times)} records, longest stall {longest:.1f} s (load {load:.1f})")
        assert self.errors() == []
        assert longest < stall


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataPath]:
    reason = qemu.why_not()
    if reason:
        pytest.skip(reason)
    site = DataPath(tmp_path_factory.mktemp("site"))
    try:
        site.deploy_paths(TENANTS)
        site.read_addresses()
        yield site
    finally:
        site.close()


@pytest.fixture(scope="package")
def writer(site: DataPath, tell: Callable[[str], None]) -> Writer:
    """The writer, which writes from its first use until the last module removes it."""
    writer = Writer(site, tell)
    writer.start()
    return writer
