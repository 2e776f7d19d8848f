"""The catalog, what Exoscale sells: zones, instance types, public templates, limits and quotas.

Zones, types and their sizes were recorded from a real account on 2026-08-21; a comment marks
those that were not. Ids are the lab's, and the same in every lab.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from uuid import UUID, uuid5

NAMESPACE = UUID("3f6f5a0c-5d0e-5b7e-9c55-6f2f0d6a6b01")
GIB = 1024**3
TIB = 1024 * GIB

ZONES = ("at-vie-1", "at-vie-2", "bg-sof-1", "ch-dk-2", "ch-gva-2", "de-fra-1", "de-muc-1", "hr-zag-1")
# Zone -> products that it does not sell. Which zones sell block storage is not documented, so in
# the lab all do until a test changes it.
LACKING: dict[str, tuple[str, ...]] = {}

# Size: CPUs, memory in GiB.
STANDARD = {
    "micro": (1, 0.5),
    "tiny": (1, 1),
    "small": (2, 2),
    "medium": (2, 4),
    "large": (4, 8),
    "extra-large": (4, 16),
    "huge": (8, 32),
    "mega": (12, 64),
    "titan": (16, 128),
    "jumbo": (24, 225),
    "colossus": (40, 320),
}
# Recorded are the smallest and largest sizes of cpu and memory; those between are multiples.
CPU = {
    "extra-large": (8, 16),
    "huge": (16, 32),
    "mega": (32, 64),
    "titan": (40, 80),
    "colossus": (80, 320),
}
MEMORY = {
    "extra-large": (2, 16),
    "huge": (4, 32),
    "mega": (8, 64),
    "titan": (12, 128),
}
STORAGE = {size: STANDARD[size] for size in ("extra-large", "huge", "mega", "titan", "jumbo", "colossus")}
# Family -> zones, and size -> (GPUs, CPUs, memory in GiB); the sizes of GPU types were not recorded.
GPU: dict[str, tuple[tuple[str, ...], dict[str, tuple[int, int, float]]]] = {
    "gpu2": (("at-vie-1",), {"small": (1, 12, 56), "medium": (2, 16, 90), "large": (3, 24, 120), "huge": (4, 48, 225)}),
    "gpu3": (
        ("de-fra-1",),
        {"small": (1, 12, 56), "medium": (2, 16, 120), "large": (4, 24, 225), "huge": (8, 48, 448)},
    ),
    "gpu3080ti": (("at-vie-2",), {"small": (1, 12, 56), "medium": (2, 24, 112), "large": (4, 48, 224)}),
    "gpua30": (("ch-gva-2",), {"small": (1, 12, 56), "medium": (2, 24, 112), "large": (4, 48, 224)}),
    "gpua5000": (
        ("at-vie-2",),
        {"small": (1, 12, 56), "medium": (2, 24, 112), "large": (4, 48, 224), "huge": (8, 96, 448)},
    ),
    "gpub300": (("ch-gva-2",), {"colossus": (8, 180, 1800)}),
    "gpurtx6000pro": (("ch-dk-2", "de-fra-1", "hr-zag-1"), {"small": (1, 20, 90), "medium": (2, 40, 180)}),
}

DISK_MIN_GIB, DISK_MAX_GIB = 10, 51200
VOLUME_MIN_GIB, VOLUME_MAX_GIB = 10, 10 * 1024
VOLUMES_PER_INSTANCE = 5
SNAPSHOTS_PER_VOLUME = 20
VOLUME_BLOCK_BYTES = 4096
# Instance sizes that cannot attach block storage.
TOO_SMALL_FOR_VOLUMES = ("micro", "tiny")
# The most instances in one group (community.exoscale.com, "Anti-Affinity Groups").
ANTI_AFFINITY_MEMBERS = 8
SERVICES_PER_LOAD_BALANCER = 10

# Limits of a new account over all zones; -1 is unlimited. Assumptions: the names other than instance
# and the GPU families, and the figures other than 20480, 1000, 5 (elastic IPs) and the GPUs' 0.
QUOTAS = {
    "instance": 20,
    "snapshot": 10,
    "template": 10,
    "elastic-ip": 5,
    "private-network": 20,
    "network-load-balancer": 5,
    "block-storage-volume": 1000,
    "block-storage-volume-size": 20480,
    "bucket": 100,
    **dict.fromkeys(GPU, 0),
}


@dataclass(frozen=True)
class InstanceType:
    """One type; ``memory`` in bytes."""

    id: str
    family: str
    size: str
    cpus: int
    memory: int
    gpus: int
    zones: tuple[str, ...]

    @property
    def name(self) -> str:
        """``family.size``, as Exoscale's own tools write it."""
        return f"{self.family}.{self.size}"

    def view(self) -> dict:
        """As the API shows it."""
        shown = {
            "id": self.id,
            "family": self.family,
            "size": self.size,
            "cpus": self.cpus,
            "memory": self.memory,
            "authorized": not self.gpus,
            "zones": list(self.zones),
        }
        return {**shown, "gpus": self.gpus} if self.gpus else shown


def identifier(kind: str, name: str) -> str:
    """The id of a catalog entry, the same in every lab."""
    return str(uuid5(NAMESPACE, f"{kind}/{name}"))


@cache
def instance_types() -> dict[str, InstanceType]:
    """Every type by id."""
    types = []
    ordinary: dict[str, tuple[Mapping[str, tuple[int, float]], tuple[str, ...]]] = {
        "standard": (STANDARD, ZONES),
        "cpu": (CPU, ZONES),
        "memory": (MEMORY, ZONES),
        # Recorded in 7 of 8 zones; that the newest zone is the one without it is an assumption.
        "storage": (STORAGE, tuple(z for z in ZONES if z != "de-muc-1")),
    }
    for family, (sizes, zones) in ordinary.items():
        types += [_type(family, size, cpus, memory, 0, zones) for size, (cpus, memory) in sizes.items()]
    for family, (zones, gpu_sizes) in GPU.items():
        types += [_type(family, size, cpus, memory, gpus, zones) for size, (gpus, cpus, memory) in gpu_sizes.items()]
    return {t.id: t for t in types}


def _type(family: str, size: str, cpus: int, memory: float, gpus: int, zones: tuple[str, ...]) -> InstanceType:
    return InstanceType(
        identifier("instance-type", f"{family}.{size}"), family, size, cpus, int(memory * GIB), gpus, zones
    )


@dataclass(frozen=True)
class PublicTemplate:
    """A public template; the SSH key is installed for the account ``user``."""

    name: str
    user: str
    version: str
    build: str


TEMPLATES = (
    PublicTemplate("Linux Debian 13 (Trixie) 64-bit", "debian", "13", "2026-06-10-a1c7e3"),
    PublicTemplate("Linux Debian 12 (Bookworm) 64-bit", "debian", "12", "2026-06-10-4b92d0"),
    PublicTemplate("Linux Ubuntu 24.04 LTS 64-bit", "ubuntu", "24.04 LTS", "2026-06-12-77f0aa"),
    PublicTemplate("Linux Ubuntu 22.04 LTS 64-bit", "ubuntu", "22.04 LTS", "2026-06-12-e5d318"),
)
TEMPLATE_BYTES = 10 * GIB
TEMPLATE_CREATED = "2026-06-15T08:00:00Z"

# Public groups, maintained by Exoscale, that rules may refer to; names from its documentation.
PUBLIC_SECURITY_GROUPS = {
    "public-nlb-healthcheck-sources": ["192.0.2.0/27"],
    "public-sks-apiservers": ["192.0.2.32/27"],
}
