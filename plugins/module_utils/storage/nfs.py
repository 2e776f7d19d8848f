# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an NFS server that is reached through the tunnel alone is made of, and how to tell. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

UNITS = "/etc/systemd/system"
GUARD_UNIT = "vdc-nfs-guard.service"
GUARD_FILE = "/etc/vdc-nfs.nft"
TABLE = "vdc_nfs"
NFS_PORT = 2049
OLD_PORTS = (111, 20048)  # the port mapper, and mountd where it is given a port
# What only older versions of NFS need. The generator would let one tenant's broken volume keep NFS from starting for all.
MASKED = (
    f"{UNITS}/rpcbind.socket",
    f"{UNITS}/rpcbind.service",
    f"{UNITS}/rpc-statd.service",
    f"{UNITS}/rpc-statd-notify.service",
    "/etc/systemd/system-generators/nfs-server-generator",
)


@dataclass(frozen=True)
class Wish:
    """``interface`` is where NFS is offered besides the loopback; ``lease`` is in seconds."""

    interface: str
    threads: int
    lease: int


@dataclass
class Seen:
    """``files`` and ``links`` are contents and targets by path, without those that are not there.
    ``ports`` are listened on; ``guard`` is the firewall table in force."""

    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    active: bool = False
    versions: str = ""
    ports: list[int] = field(default_factory=list)
    guard: str = ""


def files(wish: Wish) -> dict[str, str]:
    """Contents by path."""
    made = "# From sovereign.vdc.storage_nfs.\n"
    return {
        "/etc/nfs.conf.d/vdc.conf": made
        + "[nfsd]\nvers2=n\nvers3=n\nvers4=y\nvers4.0=n\nvers4.1=n\nvers4.2=y\nudp=n\ntcp=y\n"
        + f"threads={wish.threads}\nlease-time={wish.lease}\ngrace-time={wish.lease}\n",
        GUARD_FILE: made
        + f"table inet {TABLE}\ndelete table inet {TABLE}\ntable inet {TABLE} {{\n\tchain input {{\n"
        + "\t\ttype filter hook input priority filter - 10; policy accept;\n"
        + f"\t\t{rule(wish)}\n\t}}\n}}\n",
        f"{UNITS}/{GUARD_UNIT}": made
        + "[Unit]\nDescription=NFS through the tunnel only\nDefaultDependencies=no\nBefore=nfs-server.service\n\n"
        + f"[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/sbin/nft -f {GUARD_FILE}\n",
    }


def links() -> dict[str, str]:
    """Targets by path. NFS requires its guard: without it, it does not start."""
    guard = {f"{UNITS}/nfs-server.service.requires/{GUARD_UNIT}": f"{UNITS}/{GUARD_UNIT}"}
    return {**dict.fromkeys(MASKED, "/dev/null"), **guard}


def rule(wish: Wish) -> str:
    """The guard, as nft prints it."""
    ports = ", ".join(str(port) for port in sorted((*OLD_PORTS, NFS_PORT)))
    return f'iifname != {{ "lo", "{wish.interface}" }} meta l4proto {{ tcp, udp }} th dport {{ {ports} }} drop'


def view(seen: Seen) -> dict[str, Any]:
    """For diffs."""
    return {"files": seen.files, "links": seen.links, "serves": seen.active, "guarded": bool(seen.guard)}


def foreseen(wish: Wish) -> dict[str, Any]:
    """What ``view`` shows when the wish is fulfilled."""
    return {"files": files(wish), "links": links(), "serves": True, "guarded": True}


def faults(wish: Wish, seen: Seen) -> list[str]:
    """What the running server does that it should not, each as part of a sentence."""
    found = []
    if not seen.active or NFS_PORT not in seen.ports:
        found.append("NFS does not serve")
    spoken = {version for version in seen.versions.split() if version.startswith("+")} - {"+4", "+4.2"}
    if spoken:
        found.append(f"NFS speaks the versions {', '.join(sorted(spoken))}")
    old = sorted(set(seen.ports) & set(OLD_PORTS))
    if old:
        found.append(f"something listens on port {', '.join(map(str, old))}")
    if rule(wish) not in seen.guard:
        found.append(f"no guard keeps NFS to the interface {wish.interface}")
    return found
