"""The resources of one zone by id, before anything acts on them."""

from __future__ import annotations

from collections import Counter

from .models import (
    BlockSnapshot,
    ElasticIp,
    Instance,
    LoadBalancer,
    Pool,
    PrivateNetwork,
    Snapshot,
    Volume,
)


class ZoneResources:
    """What one zone stores. The account reads it to count usage over all zones."""

    def __init__(self) -> None:
        self.instances: dict[str, Instance] = {}
        self.pools: dict[str, Pool] = {}
        self.volumes: dict[str, Volume] = {}
        self.block_snapshots: dict[str, BlockSnapshot] = {}
        self.snapshots: dict[str, Snapshot] = {}
        self.networks: dict[str, PrivateNetwork] = {}
        self.elastic_ips: dict[str, ElasticIp] = {}
        self.balancers: dict[str, LoadBalancer] = {}
        # Anti-affinity group id -> its instances in this zone.
        self.anti_affinity_counts: Counter[str] = Counter()
