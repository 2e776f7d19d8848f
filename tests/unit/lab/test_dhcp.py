"""The DHCP server answers known cards only."""

from __future__ import annotations

import socket
from ipaddress import IPv4Interface

import pytest
from vdclab.machines import dhcp
from vdclab.machines.base import Nic

CARD = Nic("public", "52:54:00:AA:BB:CC", "203.0.113.9/24", "203.0.113.1")
SERVER = socket.inet_aton("203.0.113.1")


def request_packet(kind: int, card: str = CARD.mac) -> bytes:
    hardware = bytes.fromhex(card.replace(":", ""))
    nothing = bytes(4)
    head = dhcp.HEADER.pack(1, 1, 6, 0, 7, 0, 0, *[nothing] * 4, hardware, b"", b"", dhcp.COOKIE)
    return head + bytes([0, 12, 1, 65, 53, 1, kind, 255])


@pytest.mark.parametrize(("asked", "answered"), [(dhcp.DISCOVER, dhcp.OFFER), (dhcp.REQUEST, dhcp.ACK)])
def test_a_known_card_gets_its_address(asked: int, answered: int) -> None:
    known = {CARD.mac.lower(): IPv4Interface(CARD.address)}
    reply = dhcp.answer(request_packet(asked), known, SERVER)
    assert reply is not None
    fields = dhcp.HEADER.unpack_from(reply)
    assert (fields[0], fields[4], fields[8]) == (2, 7, socket.inet_aton("203.0.113.9"))
    options = reply[dhcp.HEADER.size :]
    assert options[:3] == bytes([53, 1, answered])
    assert bytes([1, 4, 255, 255, 255, 0]) in options


def test_unknown_cards_and_malformed_packets_get_no_answer() -> None:
    known = {CARD.mac.lower(): IPv4Interface(CARD.address)}
    assert dhcp.answer(request_packet(dhcp.DISCOVER, "52:54:00:00:00:99"), known, SERVER) is None
    assert dhcp.answer(b"noise", known, SERVER) is None
    assert dhcp.answer(request_packet(7), known, SERVER) is None
