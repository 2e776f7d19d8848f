"""Addresses for cards that are plugged in while a guest runs, as a cloud's DHCP gives them.

cloud-init configures the cards of the first boot; those that are plugged in later ask by DHCP.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from ipaddress import IPv4Interface

from .base import Nic

SERVER, CLIENT = 67, 68
COOKIE = b"\x63\x82\x53\x63"
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
FOREVER = 0xFFFFFFFF
# From <linux/in.h>; Python does not define it.
IP_PKTINFO = 8
HEADER = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s4s")


def answer(request: bytes, known: dict[str, IPv4Interface], server: bytes) -> bytes | None:
    """The reply to one packet; ``None`` if it is not a request, or its card is not in ``known`` (MAC
    address -> address)."""
    if len(request) < HEADER.size or request[0] != 1:
        return None
    _, _, _, _, number, _, flags, *_, hardware, _, _, cookie = HEADER.unpack_from(request)
    asked = _message_type(request[HEADER.size :])
    own = known.get(hardware[:6].hex(":"))
    if cookie != COOKIE or own is None or asked not in (DISCOVER, REQUEST):
        return None
    nothing = bytes(4)
    head = HEADER.pack(
        2, 1, 6, 0, number, 0, flags, nothing, own.ip.packed, server, nothing, hardware, b"", b"", COOKIE
    )
    options = bytes([53, 1, OFFER if asked == DISCOVER else ACK, 54, 4]) + server
    options += bytes([51, 4]) + FOREVER.to_bytes(4, "big") + bytes([1, 4]) + own.netmask.packed
    return head + options + b"\xff"


def _message_type(options: bytes) -> int:
    at = 0
    while at + 2 < len(options) and options[at] != 255:
        if options[at] == 0:
            at += 1
            continue
        if options[at] == 53:
            return options[at + 2]
        at += 2 + options[at + 1]
    return 0


class Dhcp:
    """A DHCP server for all segments of the lab's network, on a thread of the lab's process."""

    def __init__(self, listener: socket.socket, server: str) -> None:
        """``listener`` is an unbound UDP socket in the lab's network, ``server`` the server address in
        replies. Raises ``OSError``."""
        self._server = socket.inet_aton(server)
        self._known: dict[str, IPv4Interface] = {}
        self._socket = listener
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        listener.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        listener.bind(("", SERVER))
        threading.Thread(target=self._serve, name="dhcp", daemon=True).start()

    def add(self, nic: Nic) -> None:
        """Answer requests of this card, if it has an IPv4 address."""
        if nic.address and ":" not in nic.address:
            self._known[nic.mac.lower()] = IPv4Interface(nic.address)

    def remove(self, mac: str) -> None:
        """Stop to answer requests of this card."""
        self._known.pop(mac.lower(), None)

    def _serve(self) -> None:
        while True:
            try:
                request, extra, _, _ = self._socket.recvmsg(4096, socket.CMSG_SPACE(12))
                reply = answer(request, self._known, self._server)
                if reply:
                    # Reply through the bridge of the request, because the guest has no address yet.
                    bridge = next(data for level, kind, data in extra if kind == IP_PKTINFO)[:4]
                    where = [(socket.IPPROTO_IP, IP_PKTINFO, bridge + bytes(8))]
                    self._socket.sendmsg([reply], where, 0, ("255.255.255.255", CLIENT))
            except OSError:
                if self._socket.fileno() < 0:
                    return

    def stop(self) -> None:
        """Close the socket, which ends the thread."""
        with contextlib.suppress(OSError):  # raises because nothing is connected, but wakes the thread
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
