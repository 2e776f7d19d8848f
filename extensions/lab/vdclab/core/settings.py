"""What a lab is told at its start; `/_lab/settings` changes the latencies while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Settings:
    """Credentials, latencies in seconds, and Hetzner's rate limit in calls an hour (0: none).

    ``zones`` maps each Exoscale zone that the lab serves to its endpoint
    (``http://127.0.0.1:8081/v2``), as ``list-zones`` tells it.
    """

    hetzner_token: str = "lab-hetzner-token"
    exoscale_key: str = "EXOlab"
    exoscale_secret: str = "lab-exoscale-secret"
    action_seconds: float = 0.0
    operation_seconds: float = 0.0
    rate_limit: int = 3600
    zones: dict[str, str] = field(default_factory=dict)
