"""Public addresses that the lab's Hetzner hands out."""

from __future__ import annotations

from collections import deque
from ipaddress import IPv4Network, IPv6Network

from ..core.errors import ApiError

# With real guests addresses come from the documentation ranges (RFC 5737, RFC 3849), without
# from the half of the benchmarking range (RFC 2544) that is Hetzner's here.
REAL_V4 = IPv4Network("203.0.113.0/24")
PAPER_V4 = IPv4Network("198.18.0.0/16")
V6 = IPv6Network("2001:db8::/33")


class Addresses:
    """Free IPv4 addresses and IPv6 /64 networks, each handed out again only when all newer are."""

    def __init__(self, real: bool) -> None:
        self.v4 = REAL_V4 if real else PAPER_V4
        self.gateway = str(self.v4[1])
        self._next_v4, self._next_v6 = 10, 1
        self._back: dict[str, deque[str]] = {"ipv4": deque(), "ipv6": deque()}

    def take(self, kind: str) -> str:
        """A free address (``ipv4``) or network (``ipv6``); raises ``ApiError`` 412 if none is left."""
        if kind == "ipv6":
            if self._next_v6 < 2**31:
                self._next_v6 += 1
                return f"{V6.network_address + (self._next_v6 << 64)}/64"
        elif self._next_v4 < self.v4.num_addresses - 1:
            self._next_v4 += 1
            return str(self.v4[self._next_v4 - 1])
        if not self._back[kind]:
            raise ApiError(412, "resource_unavailable", f"no {kind} address is available")
        return self._back[kind].popleft()

    def give_back(self, kind: str, address: str) -> None:
        self._back[kind].append(address)
