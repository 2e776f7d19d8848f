"""Public addresses and their reverse DNS names: what primary IPs, floating IPs and load balancers share."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from .labels import invalid
from .products import Location
from .store import Identity, Resource

VERSIONS = ("ipv4", "ipv6")


class Address(Resource):
    """One public IPv4 address, or one IPv6 /64 network, with its reverse DNS names."""

    def __init__(self, identity: Identity, version: str, address: str, location: Location) -> None:
        super().__init__(*identity)
        self.type = version
        self.ip = address
        self.location = location
        self.protection = {"delete": False}
        self.names: dict[str, str] = {address: default_name(address)} if version == "ipv4" else {}

    def rename(self, address: str, name: str | None) -> None:
        """Set the reverse name of ``address``, or its default; raises ``ApiError`` 422."""
        if self.type == "ipv4":
            if address != self.ip:
                raise invalid("ip", f"{address} does not belong to this resource")
            self.names = {self.ip: name or default_name(self.ip)}
        else:
            if not _is_within(address, self.ip):
                raise invalid("ip", f"{address} does not belong to this resource")
            self.names = {a: n for a, n in self.names.items() if a != address} | ({address: name} if name else {})
        self.invalidate()

    def reverse_names(self) -> list[dict[str, str]]:
        """The reverse DNS names as the API shows them."""
        return [{"ip": address, "dns_ptr": name} for address, name in self.names.items()]


def default_name(address: str) -> str:
    """The reverse DNS name of an IPv4 address to which no other was given."""
    return f"static.{'.'.join(reversed(address.split('.')))}.clients.your-server.de"


def _is_within(address: str, network: str) -> bool:
    try:
        return ip_address(address) in ip_network(network)
    except ValueError:
        return False
