"""What a zone and an account store."""

from __future__ import annotations

from .compute import AntiAffinityGroup, Attachment, Instance, Pool, Snapshot, SshKey, Template
from .network import ElasticIp, LoadBalancer, PrivateNetwork, SecurityGroup, Service
from .storage import BlockSnapshot, Volume
from .view import View, refs, without_none

__all__ = [
    "AntiAffinityGroup",
    "Attachment",
    "BlockSnapshot",
    "ElasticIp",
    "Instance",
    "LoadBalancer",
    "Pool",
    "PrivateNetwork",
    "SecurityGroup",
    "Service",
    "Snapshot",
    "SshKey",
    "Template",
    "View",
    "Volume",
    "refs",
    "without_none",
]
