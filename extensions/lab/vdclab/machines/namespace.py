"""The lab's own network: a namespace with one bridge per segment and one tap per network card.

A small process holds the namespace; its pid file is in the run directory. The namespace has no name
and no mount on the host, so it disappears with that process and the guests.
"""

from __future__ import annotations

import array
import hashlib
import os
import shlex
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from . import process
from .base import Nic
from .dhcp import Dhcp

# Both clouds' public networks share one bridge; the lab is the gateway of both.
PUBLIC = "public"
GATEWAYS = ("203.0.113.1/24", "198.51.100.1/24")
PUBLIC_BRIDGE = "br-public"

# A program that runs in the namespace and passes sockets created there over the socket on its stdin.
SOCKET_FACTORY = """
import array, socket
requests = socket.socket(fileno=0)
while kind := requests.recv(3):
    created = socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == b"tcp" else socket.SOCK_DGRAM)
    requests.sendmsg([b"."], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [created.fileno()]))])
    created.close()
"""


class NetworkError(RuntimeError):
    """The host does not allow the lab to create its network; the text says what to do."""


def why_not() -> str | None:
    """The reason why the lab's network cannot be created on this host, or ``None`` if it can."""
    if os.geteuid() != 0:
        if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
            return "/dev/net/tun: this user may not open it; run the lab as root, or give the user access to it"
        tried = subprocess.run(["unshare", "--user", "--map-root-user", "--net", "true"], capture_output=True)
        if tried.returncode:
            return "user namespaces are not allowed on this host; run the lab as root"
    return None


def tap_name(key: str, mac: str) -> str:
    """The name of a card's tap: a hash, because names have at most 15 characters."""
    return "tap" + hashlib.sha256(f"{key} {mac}".encode()).hexdigest()[:10]


def bridge_name(segment: str) -> str:
    """The name of a segment's bridge."""
    return PUBLIC_BRIDGE if segment == PUBLIC else "br-" + hashlib.sha256(segment.encode()).hexdigest()[:10]


class Namespace:
    """The network of one lab, from ``start`` to ``stop``; any thread may call the other methods."""

    def __init__(self, run_dir: Path) -> None:
        self._mark = run_dir / "namespace"
        self._pidfile = run_dir / "namespace.pid"
        self._lock = threading.Lock()
        self._pid = 0
        self._factory: subprocess.Popen | None = None
        self._requests: socket.socket | None = None
        self._segments: set[str] = set()
        self._dhcp: Dhcp | None = None

    def start(self) -> None:
        """Create the namespace, its public bridge and both gateways. Raises ``NetworkError``."""
        reason = why_not()
        if reason:
            raise NetworkError(reason)
        self._mark.touch()
        rootless = ["--user", "--map-root-user"] if os.geteuid() else []
        command = ["unshare", *rootless, "--net", "tail", "--follow", str(self._mark)]
        holder = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._pid = holder.pid
        self._pidfile.write_text(str(holder.pid))
        here = os.readlink("/proc/self/ns/net")
        limit = time.monotonic() + 10
        while os.readlink(f"/proc/{holder.pid}/ns/net") == here or "tail" not in _command(holder.pid):
            if holder.poll() is not None or time.monotonic() > limit:
                raise NetworkError("the network namespace could not be created: unshare failed")
            time.sleep(0.01)
        # The gateway routes between the two clouds, but sends no redirects: on real clouds there is no
        # direct route.
        settings = ("ip_forward=1", "conf.all.send_redirects=0", "conf.default.send_redirects=0")
        writes = [
            f"echo {value} > /proc/sys/net/ipv4/{name.replace('.', '/')}"
            for name, value in (s.split("=") for s in settings)
        ]
        self.run(["sh", "-ec", "\n".join(writes)])
        self._ip("link set lo up")
        self.segment(PUBLIC)
        self._ip(*(f"address add {gateway} dev {PUBLIC_BRIDGE}" for gateway in GATEWAYS))
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._factory = subprocess.Popen(
            [*self.enter(), sys.executable, "-I", "-S", "-c", SOCKET_FACTORY],
            stdin=theirs.fileno(),
            start_new_session=True,
        )
        theirs.close()
        self._dhcp = Dhcp(self.new_socket("udp"), GATEWAYS[0].partition("/")[0])

    def enter(self) -> list[str]:
        """The first arguments of a command line that runs in the namespace."""
        rootless = ["--user", "--preserve-credentials"] if os.geteuid() else []
        return ["nsenter", "--target", str(self._pid), *rootless, "--net"]

    def run(self, command: list[str]) -> None:
        """Run ``command`` in the namespace; raises ``NetworkError`` with its error output."""
        done = subprocess.run([*self.enter(), *command], capture_output=True, text=True, check=False)
        if done.returncode:
            raise NetworkError(f"{shlex.join(command)}: {done.stderr.strip()}")

    def _ip(self, *lines: str) -> None:
        script = "\n".join(f"ip {line}" for line in lines)
        self.run(["sh", "-ec", script])

    def segment(self, name: str) -> str:
        """The bridge of segment ``name``, created if necessary."""
        bridge = bridge_name(name)
        with self._lock:
            if name in self._segments:
                return bridge
            # A fixed MAC address: else the bridge takes the lowest of its ports' addresses, and changes it.
            mac = "02:" + ":".join(f"{b:02x}" for b in hashlib.sha256(name.encode()).digest()[:5])
            self._ip(f"link add {bridge} address {mac} type bridge", f"link set {bridge} up")
            self._segments.add(name)
        return bridge

    def add_tap(self, key: str, nic: Nic) -> str:
        """Create the tap of a card of guest ``key`` on its segment; returns its name."""
        tap, bridge = tap_name(key, nic.mac), self.segment(nic.segment)
        self.remove_tap(key, nic)
        self._ip(f"tuntap add {tap} mode tap", f"link set {tap} master {bridge} up")
        if self._dhcp:
            self._dhcp.add(nic)
        return tap

    def remove_tap(self, key: str, nic: Nic) -> None:
        """Remove the tap of a card, if it exists."""
        if self._dhcp:
            self._dhcp.remove(nic.mac)
        command = [*self.enter(), "ip", "link", "delete", tap_name(key, nic.mac)]
        subprocess.run(command, capture_output=True, check=False)

    def new_socket(self, kind: str = "tcp") -> socket.socket:
        """A new IPv4 socket (``tcp`` or ``udp``) in the namespace."""
        assert self._requests is not None
        with self._lock:
            self._requests.send(kind.encode())
            _, carried, _, _ = self._requests.recvmsg(1, socket.CMSG_SPACE(4))
        handle = array.array("i")
        handle.frombytes(carried[0][2][:4])
        return socket.socket(fileno=handle[0])

    def listener(self, host: str, port: int) -> socket.socket:
        """A TCP socket that listens in the namespace."""
        listener = self.new_socket("tcp")
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
        return listener

    def stop(self) -> None:
        """End all processes in the namespace, and the namespace."""
        if self._dhcp is not None:
            self._dhcp.stop()
            self._dhcp = None
        if self._requests is not None:
            self._requests.close()
            self._requests = None
        if self._factory is not None:
            self._factory.wait()
            self._factory = None
        clean(self._pidfile.parent)


def clean(run_dir: Path) -> None:
    """End the namespace of the lab of ``run_dir``, whichever process created it."""
    mark = run_dir / "namespace"
    pid = process.recorded(run_dir / "namespace.pid", str(mark))
    if pid:
        # Every process in the namespace is the lab's; connections through the proxy would keep it alive.
        for member in _processes_in(pid):
            process.end(member, grace=1.0)
        process.end(pid)
    for path in (mark, run_dir / "namespace.pid"):
        path.unlink(missing_ok=True)


def _command(pid: int) -> str:
    raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    return raw.split(b"\0")[0].decode(errors="replace")


def _processes_in(holder: int) -> list[int]:
    """The other processes in the namespace of process ``holder``."""
    home = os.readlink(f"/proc/{holder}/ns/net")
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != holder:
            try:
                if os.readlink(entry / "ns/net") == home:
                    found.append(int(entry.name))
            except OSError:  # it has ended, or belongs to another user
                continue
    return found
