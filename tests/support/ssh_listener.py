"""An SSH server that shows a host key and sees whether the client accepts it (RFC 4253 and RFC 8731), and nothing more."""

from __future__ import annotations

import hashlib
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

VERSION = b"SSH-2.0-test"
KEXINIT, NEWKEYS, ECDH_INIT, ECDH_REPLY = 20, 21, 30, 31
RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
NAMES = (
    *(b"curve25519-sha256", b"ssh-ed25519", b"aes128-ctr", b"aes128-ctr", b"hmac-sha2-256", b"hmac-sha2-256"),
    *(b"none", b"none", b"", b""),
)


class Listener:
    """A server on ``port`` of the loopback with ``key`` as its host key; ``accepted`` has an entry for each client that came."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self.key = key
        self.accepted: list[bool] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    def serve(self) -> None:
        """Answer clients one after the other until the server is closed."""
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            with client:
                client.settimeout(20)
                try:
                    self.accepted.append(self._exchange(client))
                except (OSError, EOFError):
                    self.accepted.append(False)

    def close(self) -> None:
        """Stop the server."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _exchange(self, client: socket.socket) -> bool:
        """Exchange keys up to the point where the client trusts the host key; whether it does."""
        client.sendall(VERSION + b"\r\n")
        stream = client.makefile("rb")
        theirs = stream.readline().rstrip(b"\r\n")
        mine = bytes([KEXINIT]) + os.urandom(16) + b"".join(_string(name) for name in NAMES) + bytes(5)
        client.sendall(_packet(mine))
        asked = _read(stream, KEXINIT)
        point = _read(stream, ECDH_INIT)[5:]
        secret = X25519PrivateKey.generate()
        shared = secret.exchange(X25519PublicKey.from_public_bytes(point)).lstrip(b"\0")
        shared = (b"\0" if shared[0] & 0x80 else b"") + shared
        shown = _string(b"ssh-ed25519") + _string(self.key.public_key().public_bytes(*RAW))
        own = secret.public_key().public_bytes(*RAW)
        parts = (theirs, VERSION, asked, mine, shown, point, own, shared)
        digest = hashlib.sha256(b"".join(map(_string, parts))).digest()
        signature = _string(b"ssh-ed25519") + _string(self.key.sign(digest))
        client.sendall(_packet(bytes([ECDH_REPLY]) + _string(shown) + _string(own) + _string(signature)))
        return _read(stream, NEWKEYS) == bytes([NEWKEYS])


@contextmanager
def listener(key: Ed25519PrivateKey) -> Iterator[Listener]:
    """A running server with this host key."""
    server = Listener(key)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _packet(payload: bytes) -> bytes:
    padding = 8 - (len(payload) + 5) % 8 + 8
    return struct.pack(">IB", len(payload) + padding + 1, padding) + payload + bytes(padding)


def _read(stream: object, kind: int) -> bytes:
    """The payload of the next packet of this kind."""
    while True:
        head = stream.read(5)  # type: ignore[attr-defined]
        if len(head) < 5:
            raise EOFError
        length, padding = struct.unpack(">IB", head)
        payload = stream.read(length - 1)[: length - 1 - padding]  # type: ignore[attr-defined]
        if payload[0] == kind:
            return payload
