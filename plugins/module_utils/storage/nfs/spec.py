# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Desired state of an NFS server that is reachable through the tunnel only: its files, links and firewall rule. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError

UNITS = "/etc/systemd/system"
FIREWALL_UNIT = "vdc-nfs-guard.service"
FIREWALL_FILE = "/etc/vdc-nfs.nft"
SETTINGS_FILE = "/etc/nfs.conf.d/vdc.conf"
TABLE = "vdc_nfs"
NFS_PORT = 2049
OLD_PORTS = (111, 20048)  # the port mapper, and mountd where it is given a port
# Services that only older versions of NFS need. They are masked together with systemd's generator for NFS, which would
# let the broken volume of one tenant keep NFS from starting for all tenants.
MASKED_UNITS = ("rpcbind.socket", "rpcbind.service", "rpc-statd.service", "rpc-statd-notify.service")
MASKED = (*(f"{UNITS}/{unit}" for unit in MASKED_UNITS), "/etc/systemd/system-generators/nfs-server-generator")


@dataclass(frozen=True)
class Spec:
    """``interface`` is the only one besides the loopback that serves NFS; ``lease`` is in seconds."""

    interface: str
    threads: int
    lease: int

    def validate(self) -> None:
        """Raise ``StorageError`` for a value that the server does not accept."""
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,15}", self.interface):
            raise StorageError(
                f"interface: {self.interface!r} is not the name of a network interface; give one such as vdc0"
            )
        if self.threads < 1:
            raise StorageError(f"threads: {self.threads} is too low; give 1 or more")
        if not 10 <= self.lease <= 3600:
            raise StorageError(f"lease: {self.lease} is out of range; give 10 to 3600 seconds")


def files(spec: Spec) -> dict[str, str]:
    """Return the content of each file by path."""
    header = "# From sovereign.vdc.storage_nfs.\n"
    return {
        SETTINGS_FILE: header
        + "[nfsd]\nvers2=n\nvers3=n\nvers4=y\nvers4.0=n\nvers4.1=n\nvers4.2=y\nudp=n\ntcp=y\n"
        + f"threads={spec.threads}\nlease-time={spec.lease}\ngrace-time={spec.lease}\n",
        FIREWALL_FILE: header
        + f"table inet {TABLE}\ndelete table inet {TABLE}\ntable inet {TABLE} {{\n\tchain input {{\n"
        + "\t\ttype filter hook input priority filter - 10; policy accept;\n"
        + f"\t\t{firewall_rule(spec)}\n\t}}\n}}\n",
        f"{UNITS}/{FIREWALL_UNIT}": header
        + "[Unit]\nDescription=NFS through the tunnel only\nDefaultDependencies=no\nBefore=nfs-server.service\n\n"
        + f"[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/sbin/nft -f {FIREWALL_FILE}\n",
    }


def links() -> dict[str, str]:
    """Return the target of each symbolic link by path. One makes the NFS server require its firewall unit."""
    required = {f"{UNITS}/nfs-server.service.requires/{FIREWALL_UNIT}": f"{UNITS}/{FIREWALL_UNIT}"}
    return {**dict.fromkeys(MASKED, "/dev/null"), **required}


def firewall_rule(spec: Spec) -> str:
    """Return the firewall rule as nft prints it."""
    ports = ", ".join(str(port) for port in sorted((*OLD_PORTS, NFS_PORT)))
    return f'iifname != {{ "lo", "{spec.interface}" }} meta l4proto {{ tcp, udp }} th dport {{ {ports} }} drop'
