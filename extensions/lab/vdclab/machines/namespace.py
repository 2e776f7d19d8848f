"""The lab's own network: a namespace with one bridge per segment and a tap per card.

A tiny process holds the namespace; its pid lies in the run folder. When it and the guests are
gone, so are the namespace and all in it: nothing of it is ever mounted or named on the host.
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

# Both clouds' public networks meet on one bridge; the lab is the gateway of both.
PUBLIC = "public"
GATEWAYS = ("203.0.113.1/24", "198.51.100.1/24")
PUBLIC_BRIDGE = "br-public"

# Runs inside the namespace and hands out sockets made there, over the socket on its stdin.
SOCKET_GIVER = """
import array, socket
asked = socket.socket(fileno=0)
while word := asked.recv(3):
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM if word == b"tcp" else socket.SOCK_DGRAM)
    asked.sendmsg([b"."], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [made.fileno()]))])
    made.close()
"""


class NetworkError(RuntimeError):
    """The host does not let the lab make its network; the text says what would."""


def why_not() -> str | None:
    """Why this host cannot have the lab's network, or ``None`` when it can."""
    if os.geteuid() != 0:
        if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
            return "/dev/net/tun may not be opened: run the lab as root, or give this user access to it"
        tried = subprocess.run(["unshare", "--user", "--map-root-user", "--net", "true"], capture_output=True)
        if tried.returncode:
            return "user namespaces are not allowed here: run the lab as root"
    return None


def tap_name(key: str, mac: str) -> str:
    """The tap's name on the lab's side: derived, at most 15 characters."""
    return "tap" + hashlib.sha256(f"{key} {mac}".encode()).hexdigest()[:10]


def bridge_name(segment: str) -> str:
    """The bridge of a segment."""
    return PUBLIC_BRIDGE if segment == PUBLIC else "br-" + hashlib.sha256(segment.encode()).hexdigest()[:10]


class Namespace:
    """One per lab. ``start`` makes it, ``stop`` ends it; every method in between may be called
    from any thread."""

    def __init__(self, run_dir: Path) -> None:
        self._mark = run_dir / "namespace"
        self._pidfile = run_dir / "namespace.pid"
        self._lock = threading.Lock()
        self._pid = 0
        self._giver: subprocess.Popen | None = None
        self._asked: socket.socket | None = None
        self._segments: set[str] = set()
        self._dhcp: Dhcp | None = None

    def start(self) -> None:
        """Make the namespace, its public bridge and both gateways. Raises ``NetworkError``."""
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
                raise NetworkError("the network namespace could not be made (unshare failed)")
            time.sleep(0.01)
        # The gateway routes between the two clouds; it never tells guests of a shorter way,
        # because on real clouds there is none.
        settings = ("ip_forward=1", "conf.all.send_redirects=0", "conf.default.send_redirects=0")
        writes = [
            f"echo {value} > /proc/sys/net/ipv4/{name.replace('.', '/')}"
            for name, value in (s.split("=") for s in settings)
        ]
        self.run(["sh", "-ec", "\n".join(writes)])
        self._ip("link set lo up")
        self.segment(PUBLIC)
        self._ip(*(f"address add {gateway} dev {PUBLIC_BRIDGE}" for gateway in GATEWAYS))
        self._asked, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._giver = subprocess.Popen(
            [*self.enter(), sys.executable, "-I", "-S", "-c", SOCKET_GIVER],
            stdin=theirs.fileno(),
            start_new_session=True,
        )
        theirs.close()
        self._dhcp = Dhcp(self.new_socket("udp"), GATEWAYS[0].partition("/")[0])

    def enter(self) -> list[str]:
        """The start of a command line that runs inside the namespace."""
        rootless = ["--user", "--preserve-credentials"] if os.geteuid() else []
        return ["nsenter", "--target", str(self._pid), *rootless, "--net"]

    def run(self, command: list[str]) -> None:
        """Run ``command`` inside; raises ``NetworkError`` with its message."""
        done = subprocess.run([*self.enter(), *command], capture_output=True, text=True, check=False)
        if done.returncode:
            raise NetworkError(f"{shlex.join(command)}: {done.stderr.strip()}")

    def _ip(self, *lines: str) -> None:
        script = "\n".join(f"ip {line}" for line in lines)
        self.run(["sh", "-ec", script])

    def segment(self, name: str) -> str:
        """The bridge of segment ``name``, made when first asked for."""
        bridge = bridge_name(name)
        with self._lock:
            if name in self._segments:
                return bridge
            # A fixed address: a bridge would else take the lowest of its ports' and change it.
            mac = "02:" + ":".join(f"{b:02x}" for b in hashlib.sha256(name.encode()).digest()[:5])
            self._ip(f"link add {bridge} address {mac} type bridge", f"link set {bridge} up")
            self._segments.add(name)
        return bridge

    def add_tap(self, key: str, nic: Nic) -> str:
        """A tap for a card of guest ``key``, on its segment; its name."""
        tap, bridge = tap_name(key, nic.mac), self.segment(nic.segment)
        self.drop_tap(key, nic)
        self._ip(f"tuntap add {tap} mode tap", f"link set {tap} master {bridge} up")
        if self._dhcp:
            self._dhcp.learn(nic)
        return tap

    def drop_tap(self, key: str, nic: Nic) -> None:
        """Remove the tap of that card, if it and the network are still there."""
        if self._dhcp:
            self._dhcp.forget(nic.mac)
        command = [*self.enter(), "ip", "link", "delete", tap_name(key, nic.mac)]
        subprocess.run(command, capture_output=True, check=False)

    def new_socket(self, kind: str = "tcp") -> socket.socket:
        """A new IPv4 socket (``tcp`` or ``udp``) that lives in the namespace."""
        assert self._asked is not None
        with self._lock:
            self._asked.send(kind.encode())
            _, carried, _, _ = self._asked.recvmsg(1, socket.CMSG_SPACE(4))
        handle = array.array("i")
        handle.frombytes(carried[0][2][:4])
        return socket.socket(fileno=handle[0])

    def listener(self, host: str, port: int) -> socket.socket:
        """A TCP socket that listens inside the namespace."""
        made = self.new_socket("tcp")
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(128)
        return made

    def stop(self) -> None:
        """End the holder and the giver of sockets."""
        if self._dhcp is not None:
            self._dhcp.stop()
            self._dhcp = None
        if self._asked is not None:
            self._asked.close()
            self._asked = None
        if self._giver is not None:
            self._giver.wait()
            self._giver = None
        clean(self._pidfile.parent)


def clean(run_dir: Path) -> None:
    """End the namespace of the lab that ran in ``run_dir``, whoever started it."""
    mark = run_dir / "namespace"
    pid = process.recorded(run_dir / "namespace.pid", str(mark))
    if pid:
        # Whatever runs in there is the lab's: connections through the proxy would else keep
        # the network alive.
        for inside in _inhabitants(pid):
            process.end(inside, grace=1.0)
        process.end(pid)
    for path in (mark, run_dir / "namespace.pid"):
        path.unlink(missing_ok=True)


def _command(pid: int) -> str:
    raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    return raw.split(b"\0")[0].decode(errors="replace")


def _inhabitants(holder: int) -> list[int]:
    """The other processes in the holder's namespace."""
    home = os.readlink(f"/proc/{holder}/ns/net")
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != holder:
            try:
                if os.readlink(entry / "ns/net") == home:
                    found.append(int(entry.name))
            except OSError:  # gone meanwhile, or another user's
                continue
    return found
