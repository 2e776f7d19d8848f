"""The pool of public addresses."""

from __future__ import annotations

from collections import deque
from ipaddress import IPv4Network, IPv6Network

from ..core.errors import ApiError

# With real guests addresses come from the documentation ranges (RFC 5737, RFC 3849), without them
# from the lower half of the benchmarking range (RFC 2544); the upper half is Exoscale's.
REAL_V4 = IPv4Network("203.0.113.0/24")
SIMULATED_V4 = IPv4Network("198.18.0.0/16")
V6 = IPv6Network("2001:db8::/33")


class AddressPool:
    """Free IPv4 addresses and IPv6 /64 networks; a returned one is used again when no new one is left."""

    def __init__(self, real: bool) -> None:
        self.v4 = REAL_V4 if real else SIMULATED_V4
        self.gateway = str(self.v4[1])
        self._next_v4, self._next_v6 = 10, 1
        self._released: dict[str, deque[str]] = {"ipv4": deque(), "ipv6": deque()}

    def allocate(self, version: str) -> str:
        """A free address (``ipv4``) or /64 network (``ipv6``); raises ``ApiError`` 412 if none is left."""
        if version == "ipv6":
            if self._next_v6 < 2**31:
                self._next_v6 += 1
                return f"{V6.network_address + (self._next_v6 << 64)}/64"
        elif self._next_v4 < self.v4.num_addresses - 1:
            self._next_v4 += 1
            return str(self.v4[self._next_v4 - 1])
        if not self._released[version]:
            raise ApiError(412, "resource_unavailable", f"no {version} address is available")
        return self._released[version].popleft()

    def release(self, version: str, address: str) -> None:
        """Return ``address`` to the pool."""
        self._released[version].append(address)
