"""The meter of each kind of resource. Names are plausible, not recorded (see ``usage``)."""

from __future__ import annotations

from .catalog import InstanceType
from .usage import RUNNING, SIZE, Meter

LOCAL_DISK = Meter("compute", "volume", "Local storage", SIZE)
INSTANCE_SNAPSHOT = Meter("compute", "snapshot", "Instance snapshot storage", SIZE)
TEMPLATE = Meter("compute", "template", "Private template storage", SIZE)
ELASTIC_IP = Meter("compute", "eip_address", "Elastic IP address", RUNNING)
LOAD_BALANCER = Meter("compute", "nlb", "Network load balancer", RUNNING)
BLOCK_VOLUME = Meter("block-storage", "block_storage_volume", "Block storage volume", SIZE)
BLOCK_SNAPSHOT = Meter("block-storage", "block_storage_snapshot", "Block storage snapshot", SIZE)


def running(kind: InstanceType) -> Meter:
    """The meter of a running instance; a stopped one is billed for its disk only."""
    name = kind.size if kind.family == "standard" else f"{kind.family}_{kind.size}"
    return Meter("compute", f"running_{name.replace('-', '_')}", f"Instance {kind.name}", RUNNING)
