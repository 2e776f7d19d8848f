"""The settings of a lab; ``/_lab/settings`` changes latencies and rate limit while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Settings:
    """Credentials, latencies in seconds, and Hetzner's rate limit in calls an hour (0: none).

    ``call_seconds`` is the latency of every answer, ``action_seconds`` and ``operation_seconds`` how
    long Hetzner's actions and Exoscale's operations run. ``zones`` maps each Exoscale zone that the
    lab serves to its endpoint (``http://127.0.0.1:8081/v2``), which ``list-zones`` returns.
    """

    hetzner_token: str = "lab-hetzner-token"
    exoscale_key: str = "EXOlab"
    exoscale_secret: str = "lab-exoscale-secret"
    s3_access_key: str = "lab-s3-key"
    s3_secret_key: str = "lab-s3-secret"
    call_seconds: float = 0.0
    action_seconds: float = 0.0
    operation_seconds: float = 0.0
    rate_limit: int = 3600
    zones: dict[str, str] = field(default_factory=dict)
