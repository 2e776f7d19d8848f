# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Desired state of a tenant's volume, and every name that derives from the tenant's. Pure. Sizes are in bytes."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.sovereign.vdc.plugins.module_utils.policy.identity import LABEL, Owner
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import GIB, OWNED, Group

# Tags that tell whose a volume is, and what the ledger recorded about the tenant.
TENANT, NUMBER, IDENTITY, FACT = "tenant=", "tenant-number=", f"{LABEL}=", "vdc-"
UNFORMATTED = "state=unformatted"
CLOSED = "state=closed"  # the tenant's data is on another storage node
XFS_MINIMUM = 320 * 1024**2  # mkfs.xfs requires 300 MB
XFS_SHARE, XFS_FLAT = 1.05, 96 * 1024**2  # what XFS uses itself: a few percent, and its log
XFS_UNUSED = 16 * 1024**2  # XFS leaves the end of a device unused when it is smaller than this
SNAPSHOT_MINIMUM = 256 * 1024**2


@dataclass(frozen=True)
class Spec:
    """The volume that the tenant must have.

    ``number`` and ``identity`` are the tenant's in the ledger; an empty identity is not compared. ``facts`` are recorded
    on the volume, so that a lost ledger can be made again from it. ``client`` is the only address that may mount the volume, ``uid`` the
    user id that its root is mapped to. ``shrink`` says what may be done when ``size`` is less than the volume has:
    refuse, prepare (copy while the tenant writes), switch (last copy, verification, exchange), finish (remove the
    old volume). ``snapshots`` maps names to present or absent, ``directories`` maps paths below the volume to
    (uid, mode).
    """

    tenant: str
    number: int
    size: int
    pool: str
    root: str
    client: str
    uid: int
    shrink: str = "refuse"
    snapshots: dict[str, str] = field(default_factory=dict)
    snapshot_percent: int = 20
    directories: dict[str, tuple[int, int]] = field(default_factory=dict)
    identity: str = ""
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def owner(self) -> Owner:
        """The tenant, for the comparison with what volumes say."""
        return Owner(self.number, self.tenant, self.identity or None)

    @property
    def name(self) -> str:
        """Name of the logical volume. Tenants' names have no dot, so a name with one never belongs to another tenant."""
        return f"t-{self.tenant}"

    @property
    def new(self) -> str:
        """Name of the smaller copy during a shrink."""
        return f"{self.name}.new"

    @property
    def old(self) -> str:
        """Name of the volume that a copy has replaced."""
        return f"{self.name}.old"

    @property
    def path(self) -> str:
        """Mount point."""
        return f"{self.root}/{self.tenant}"

    @property
    def exports_file(self) -> str:
        """Path of the file that exports the volume."""
        return f"/etc/exports.d/vdc-{self.tenant}.exports"

    @property
    def exports(self) -> str:
        """Content of that file. ``mp`` keeps NFS from exporting the empty mount point while the volume is unmounted."""
        options = f"rw,sync,mp,no_subtree_check,root_squash,anonuid={self.uid},anongid={self.uid},sec=sys"
        return f"{self.path} {self.client}({options})\n"

    def snapshot(self, name: str) -> str:
        """Return the name of a snapshot's logical volume."""
        return f"{self.snapshot_prefix}{name}"

    @property
    def snapshot_prefix(self) -> str:
        """Beginning of the names of all snapshots' logical volumes."""
        return f"{self.name}.snap-"

    def snapshot_path(self, name: str) -> str:
        """Return the mount point of a snapshot."""
        return f"{self.root}/.snapshots/{self.tenant}/{name}"

    def snapshot_size(self, group: Group) -> int:
        """Return the size of a new snapshot, which holds what is overwritten while the snapshot exists."""
        return group.round_up(max(self.size * self.snapshot_percent // 100, SNAPSHOT_MINIMUM))

    @property
    def owner_tags(self) -> frozenset[str]:
        """Tags without which a logical volume is not the tenant's."""
        return frozenset({OWNED, f"{TENANT}{self.tenant}", f"{NUMBER}{self.number}"})

    @property
    def tags(self) -> frozenset[str]:
        """Tags of each new logical volume of the tenant."""
        return self.owner_tags | ({IDENTITY + self.identity} if self.identity else frozenset())

    def missing_marks(self, tags: frozenset[str]) -> tuple[str, ...]:
        """Return the options of ``lvchange`` that record identity and facts on a volume with these ``tags``."""
        marks = {f"{FACT}{key}={value}" for key, value in self.facts.items()}
        stale = {tag for tag in tags if tag.startswith(FACT)} - marks if self.facts else set()
        new = (marks | (self.tags - self.owner_tags)) - tags
        return (*(f"--deltag={tag}" for tag in sorted(stale)), *(f"--addtag={tag}" for tag in sorted(new)))

    @property
    def unit(self) -> str:
        """Text of the systemd mount unit of the volume."""
        return unit_text(self, self.name, self.path, "noatime,nodev,nosuid,noexec")

    def snapshot_unit(self, name: str) -> str:
        """Return the text of a snapshot's mount unit: read-only, and with its origin's UUID mounted beside it."""
        options = "ro,nouuid,norecovery,nodev,nosuid,noexec"
        return unit_text(self, self.snapshot(name), self.snapshot_path(name), options)


def unit_name(path: str) -> str:
    """Return the name of the systemd mount unit of a mount point, as ``systemd-escape --path`` gives it."""
    return path.strip("/").replace("-", "\\x2d").replace("/", "-") + ".mount"


def unit_text(spec: Spec, volume: str, path: str, options: str) -> str:
    """Return a mount unit that mounts at boot, before NFS starts, and does not stop the boot when mounting fails."""
    return (
        "[Unit]\n"
        f"Description=Volume {volume} of tenant {spec.tenant}\n"
        "Before=nfs-server.service\n\n"
        "[Mount]\n"
        f"What=/dev/{spec.pool}/{volume}\n"
        f"Where={path}\n"
        "Type=xfs\n"
        f"Options={options}\n\n"
        "[Install]\n"
        "WantedBy=multi-user.target\n"
    )


def minimum_size(used: int) -> int:
    """Return the size of the smallest volume that holds ``used`` bytes, in whole GiB."""
    return -(-int(used * XFS_SHARE + XFS_FLAT) // GIB) * GIB
