"""The catalog, what Hetzner sells: locations, server types, images, prices.

Sources of the figures, autumn 2026:

* names, cores, memory and disks: the vendor's price list, as public trackers copied it on
  2026-09-08 (one source; CX23's price has two);
* figures marked ``LAB`` and all ids: assumptions of the lab of the right magnitude;
* hourly prices: CX23's is known (0.0088 at 5.49 a month, 624 hours); the others are computed with
  the same ratio.

Prices are in euro, net.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

VAT = Decimal("19")
HOURS_A_MONTH = 624
EU = ("fsn1", "nbg1", "hel1")
EVERYWHERE = (*EU, "ash", "hil", "sin")

# name, description, country, city, latitude, longitude, network zone (the vendor's document).
LOCATIONS = (
    ("fsn1", "Falkenstein DC Park 1", "DE", "Falkenstein", 50.47612, 12.370071, "eu-central"),
    ("nbg1", "Nuremberg DC Park 1", "DE", "Nuremberg", 49.452102, 11.076665, "eu-central"),
    ("hel1", "Helsinki DC Park 1", "FI", "Helsinki", 60.169855, 24.938379, "eu-central"),
    ("ash", "Ashburn, VA", "US", "Ashburn, VA", 39.045821, -77.487073, "us-east"),
    ("hil", "Hillsboro, OR", "US", "Hillsboro, OR", 45.54222, -122.951924, "us-west"),
    ("sin", "Singapore", "SG", "Singapore", 1.283333, 103.833333, "ap-southeast"),
)
NETWORK_ZONES = frozenset(row[6] for row in LOCATIONS)


@dataclass(frozen=True)
class TypeRow:
    """One server type: memory and disk in GB, ``monthly`` net in euro."""

    name: str
    cores: int
    memory: float
    disk: int
    monthly: str
    locations: tuple[str, ...]
    category: str
    architecture: str = "x86"
    hourly: str | None = None

    @property
    def dedicated(self) -> bool:
        return self.name.startswith("ccx")


SERVER_TYPES = (
    TypeRow("cx23", 2, 4, 40, "5.49", EU, "cost_optimized", hourly="0.0088"),
    TypeRow("cx33", 4, 8, 80, "8.49", EU, "cost_optimized"),
    TypeRow("cx43", 8, 16, 160, "15.99", EU, "cost_optimized"),
    TypeRow("cx53", 16, 32, 320, "29.49", EU, "cost_optimized"),
    TypeRow("cpx22", 2, 4, 80, "19.49", EU, "regular_purpose"),
    TypeRow("cpx32", 4, 8, 160, "35.49", EU, "regular_purpose"),
    TypeRow("cpx42", 8, 16, 320, "69.49", EU, "regular_purpose"),
    TypeRow("cpx52", 12, 24, 480, "100.49", EU, "regular_purpose"),
    TypeRow("cpx62", 16, 32, 640, "129.99", EU, "regular_purpose"),
    TypeRow("cax11", 2, 4, 40, "5.99", EU, "cost_optimized", "arm"),  # price: LAB
    TypeRow("cax21", 4, 8, 80, "9.99", EU, "cost_optimized", "arm"),  # price: LAB
    TypeRow("cax31", 8, 16, 160, "19.99", EU, "cost_optimized", "arm"),  # price: LAB
    TypeRow("cax41", 16, 32, 320, "39.99", EU, "cost_optimized", "arm"),  # price: LAB
    TypeRow("ccx13", 2, 8, 80, "42.99", EVERYWHERE, "general_purpose"),
    TypeRow("ccx23", 4, 16, 160, "85.99", EVERYWHERE, "general_purpose"),
    TypeRow("ccx33", 8, 32, 240, "138.49", EVERYWHERE, "general_purpose"),
    TypeRow("ccx43", 16, 64, 360, "275.99", EVERYWHERE, "general_purpose"),
    TypeRow("ccx53", 32, 128, 600, "551.99", EVERYWHERE, "general_purpose"),  # price: LAB
    TypeRow("ccx63", 48, 192, 960, "827.99", EVERYWHERE, "general_purpose"),  # price: LAB
)

# Removed from the API: cx11 to cx51 in 2024, cx22 to cx52 and, in the EU, cpx11 to cpx51 around
# 2026-01. A request that names one is answered "not found", as for any unknown name.

INCLUDED_TRAFFIC = {"eu": 20 * 10**12, "other": 10**12}  # bytes a month; outside the EU: LAB
TRAFFIC_PER_TB = {"eu": "1.00", "us": "1.00", "sin": "7.40"}  # LAB

PRIMARY_IPV4 = "0.50"  # a month; IPv6 costs nothing
FLOATING_IP = {"ipv4": "3.00", "ipv6": "1.00"}  # a month: LAB
VOLUME_GB = "0.0572"  # a GB and month: LAB
IMAGE_GB = "0.0143"  # a GB and month: LAB
BACKUP_PERCENT = "20.00"

# name, description, monthly, connections, services, targets, certificates. Prices: LAB.
LOAD_BALANCER_TYPES = (
    ("lb11", "LB11", "7.49", 10000, 5, 25, 10),
    ("lb21", "LB21", "21.49", 20000, 15, 75, 25),
    ("lb31", "LB31", "42.99", 40000, 30, 150, 50),
)

# name, flavour, version, description, disk in GB (LAB), architectures.
BOTH = ("x86", "arm")
IMAGES = (
    ("debian-12", "debian", "12", "Debian 12", 5, BOTH),
    ("debian-13", "debian", "13", "Debian 13", 5, BOTH),
    ("ubuntu-22.04", "ubuntu", "22.04", "Ubuntu 22.04", 5, BOTH),
    ("ubuntu-24.04", "ubuntu", "24.04", "Ubuntu 24.04", 5, BOTH),
    ("rocky-9", "rocky", "9", "Rocky Linux 9", 5, BOTH),
    ("rocky-10", "rocky", "10", "Rocky Linux 10", 5, BOTH),
    ("alma-9", "alma", "9", "AlmaLinux 9", 5, BOTH),
    ("alma-10", "alma", "10", "AlmaLinux 10", 5, BOTH),
    ("centos-stream-10", "centos", "stream10", "CentOS Stream 10", 5, BOTH),
    ("fedora-43", "fedora", "43", "Fedora 43", 5, BOTH),
    ("opensuse-16", "opensuse", "16", "openSUSE Leap 16", 5, BOTH),
)
# A deprecated system image: listed only with include_deprecated, and still usable.
DEPRECATED_IMAGES = {"ubuntu-20.04": ("ubuntu", "20.04", "Ubuntu 20.04", "2025-06-01T00:00:00Z")}

ISOS = (
    ("debian-13.1.0-amd64-netinst.iso", "Debian 13.1 (amd64/netinstall)", "x86"),
    ("debian-13.1.0-arm64-netinst.iso", "Debian 13.1 (arm64/netinstall)", "arm"),
    ("ubuntu-24.04-live-server-amd64.iso", "Ubuntu 24.04 (amd64/server)", "x86"),
    ("systemrescue-12.01-amd64.iso", "SystemRescue 12.01 (amd64)", "x86"),
)


def money(net: Decimal | str) -> dict[str, str]:
    """``net`` and the gross price as the API writes them: strings with sixteen decimals."""
    amount = Decimal(net)
    return {"net": _long(amount), "gross": _long(amount * (100 + VAT) / 100)}


def hourly(monthly: str) -> str:
    """The hourly price that adds up to ``monthly`` after 624 hours, rounded to a hundredth of a cent."""
    return str((Decimal(monthly) / HOURS_A_MONTH).quantize(Decimal("0.0001")))


def _long(amount: Decimal) -> str:
    return f"{amount:.16f}"


@cache
def traffic(location: str) -> dict[str, Any]:
    """The included traffic and its price per TB of a server or load balancer in ``location``."""
    if location in EU:
        return {"included_traffic": INCLUDED_TRAFFIC["eu"], "price_per_tb_traffic": money(TRAFFIC_PER_TB["eu"])}
    price = TRAFFIC_PER_TB["sin" if location == "sin" else "us"]
    return {"included_traffic": INCLUDED_TRAFFIC["other"], "price_per_tb_traffic": money(price)}
