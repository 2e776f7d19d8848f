"""The pool of public addresses."""

from __future__ import annotations

import heapq
from ipaddress import IPv4Address, IPv4Network, IPv6Address

from .errors import invalid

# With real machines: the documentation range of the guests' public segment; the gateway is .1.
REAL = IPv4Network("198.51.100.0/24")
# Without machines: the upper half of the benchmarking range (RFC 2544); the lower half is Hetzner's.
SIMULATED = IPv4Network("198.19.0.0/16")
# All IPv6 addresses of an organization are in one /64 (documentation of Exoscale's IP product).
IPV6 = IPv6Address("2001:db8:e::")
FIRST = 10


class Addresses:
    """One pool for the instances, elastic IPs and load balancers of all zones."""

    def __init__(self, real: bool) -> None:
        self._network = REAL if real else SIMULATED
        self._next = FIRST
        self._returned: list[int] = []

    @property
    def prefix_length(self) -> int:
        """The prefix length of the addresses' network."""
        return self._network.prefixlen

    @property
    def gateway(self) -> str:
        """The network's first address, its gateway."""
        return str(self._network[1])

    def allocate(self) -> str:
        """Allocate a free address; raises ``ApiError`` 400 when there is none."""
        if self._returned:
            return str(self._network[heapq.heappop(self._returned)])
        if self._next >= self._network.num_addresses - 1:
            raise invalid(f"no public address is free in {self._network}")
        self._next += 1
        return str(self._network[self._next - 1])

    def release(self, address: str | None) -> None:
        """Return ``address`` to the pool."""
        if address is not None:
            heapq.heappush(self._returned, int(IPv4Address(address)) - int(self._network.network_address))

    def ipv6_of(self, address: str) -> str:
        """The IPv6 address of the instance whose IPv4 address is ``address``."""
        return str(IPV6 + int(IPv4Address(address)))
