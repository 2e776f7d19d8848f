"""The main job: the platform, its first tenant, and a document that the tenant's agent files."""

from __future__ import annotations

import subprocess

from . import resume, site
from .output import require, step
from .playbook import Run, run_playbook

STORAGE_NODE = "lab-storage-1"
DOCUMENT = "invoice.txt"


def current_tenant() -> tuple[str, str]:
    """Return the name and the tier of the demonstration's current tenant."""
    return resume.current_tenant(site.tenants())


def build_platform(machines: str) -> Run:
    """Build the platform; without machines only its resources in the clouds."""
    return run_playbook("platform", *([] if machines == "qemu" else ["-e", "vdc_without_nodes=true"]))


def sign_up() -> dict[str, Run]:
    """Sign the tenant up, or go on where an earlier run ended, and wait until its stack answers; return the runs."""
    return {name: run_playbook(name, **variables) for name, variables in resume.steps(site.tenants())}


def file_document() -> None:
    """Drop a document into the tenant's bucket and find the filed copy on the storage node."""
    tenant, _tier = current_tenant()
    step(f"Drop a document into the bucket of {tenant}")
    key = site.bucket(tenant).drop(DOCUMENT, "Invoice 7, to be paid to IBAN CH93 0076 2011 6238 5295 7")
    print(f"  the tenant's agent filed it as {key}")
    volume = f"/srv/vdc/{tenant}"
    command = (
        f"find {volume} -name '*{DOCUMENT}' -not -path '*/inbox/*'; df --output=source,fstype,size,target {volume}"
    )
    found = subprocess.run(
        [*site.ssh(STORAGE_NODE), command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    print(f"  on {STORAGE_NODE}: " + "\n  ".join(found.splitlines()))
    require(DOCUMENT in found, f"the document is not on {STORAGE_NODE}")
