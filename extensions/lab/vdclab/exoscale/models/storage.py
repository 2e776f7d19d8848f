"""Block storage volumes and their snapshots, as a zone stores them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Volume:
    """A block storage volume; sizes in GiB."""

    id: str
    name: str
    size: int
    created: float
    state: str = "creating"
    labels: dict[str, str] = field(default_factory=dict)
    instance_id: str | None = None
    snapshots: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The key of its disk file."""
        return f"exoscale-{self.id}"


@dataclass
class BlockSnapshot:
    """A snapshot of a volume; ``volume_size`` is the volume's size in GiB at that time."""

    id: str
    name: str
    volume_id: str
    volume_size: int
    created: float
    state: str = "creating"
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The key of its disk file."""
        return f"exoscale-{self.id}"
