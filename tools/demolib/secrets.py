"""The secret scan at the end of the demonstration."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from secretscan.site import Site, lines

from . import site as demo
from .output import require, step

# Disks of the lab's machines: what is on them is searched on the machines.
LAB_DISKS = ("*/machines/*", "*.qcow2", "*.raw", "*.img")


def site(lab: Path, more: Iterable[Path] = ()) -> Site:
    """Return the lab's site: its directory, Ansible's directory in the home, and the temporary files of this machine."""
    environment = demo.lab_environment()
    nodes = {
        (name, values["vdc_labels"].get("role", "compute")): demo.ssh(name) for name, values in demo.nodes().items()
    }
    return Site(
        private=demo.PRIVATE,
        environment=environment,
        directories=[lab, Path.home() / ".ansible", Path(tempfile.gettempdir()), *more],
        lab=lab,
        exclude=list(LAB_DISKS),
        nodes=nodes if "VDC_LAB_INSIDE" in environment else {},
    )


def require_no_leak() -> None:
    """Search for every secret of the site, and end the demonstration if one is where none should be."""
    step("Search for secrets where none should be, on this machine and on the nodes")
    hits = lines(site(demo.LAB).scan())
    print("\n".join(f"  {line}" for line in hits) or "  none")
    require(not hits, "a secret is where none should be (see tools/secretscan/places.yml)")
