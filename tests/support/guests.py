"""Guests of a lab, inspected over SSH as an operator does."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import testinfra
from testinfra.host import Host

from support.waiting import wait_until

# Records all frames on the lab's public bridge; prints a line once it listens.
CAPTURE = """\
import socket, sys
taken = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
taken.bind(("br-public", 0))
print("listening", flush=True)
with open(sys.argv[1], "wb", buffering=0) as kept:
    while True:
        kept.write(taken.recv(65536))
"""


class Guests:
    """The guests of the lab in ``run_dir``, by name; ``address`` has the address of each."""

    def __init__(self, run_dir: Path, key: Path, address: dict[str, str]) -> None:
        self.run_dir, self.key, self.address = run_dir, key, address

    def ssh(self, node: str, command: str) -> list[str]:
        """Return the command line that runs a shell command as root on ``node``."""
        config = ["-F", str(self.run_dir / "ssh_config"), "-i", str(self.key)]
        return ["ssh", *config, f"root@{self.address[node]}", command]

    def run_command(self, node: str, command: str) -> subprocess.CompletedProcess:
        """Run a command on a node; return the completed process."""
        return subprocess.run(self.ssh(node, command), capture_output=True, text=True, timeout=300, check=False)

    def check_output(self, node: str, command: str) -> str:
        """Run a command on a node, which must succeed; return its output."""
        done = self.run_command(node, command)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def host(self, node: str) -> Host:
        """Return the node as a testinfra host. Each command has its own connection, so that no process outlives a test."""
        options = {
            "ssh_config": self.run_dir / "ssh_config",
            "ssh_identity_file": self.key,
            "controlpersist": 0,
            "timeout": 60,
        }
        return testinfra.get_host(f"ssh://root@{self.address[node]}?{urlencode(options)}")

    def inside(self, *command: str) -> list[str]:
        """Return a command line that runs in the lab's network."""
        return [str(self.run_dir / "inside"), *command]

    def wait_for_ssh(self, node: str) -> None:
        """Wait until ssh answers."""
        wait_until(300, lambda: self.run_command(node, "true").returncode == 0, f"{node} answers ssh")

    def reboot(self, node: str) -> None:
        """Reboot a node and wait until ssh answers again."""
        read_boot_id = "cat /proc/sys/kernel/random/boot_id"
        before = self.check_output(node, read_boot_id)
        self.run_command(node, "systemctl reboot")
        wait_until(
            300, lambda: self.run_command(node, read_boot_id).stdout.strip() not in ("", before), f"{node} has rebooted"
        )

    def cut(self, node: str, seconds: float) -> None:
        """Drop all traffic between the public network and ``node`` for some seconds; the lab's own ssh still works."""
        directions = ("to", "from")
        rules = [
            f"pref 1{i} iif br-public {direction} {self.address[node]} blackhole"
            for i, direction in enumerate(directions)
        ]
        for rule in rules:
            subprocess.run(self.inside("ip", "rule", "add", *rule.split()), check=True)
        time.sleep(seconds)
        for rule in rules:
            subprocess.run(self.inside("ip", "rule", "del", *rule.split()), check=True)


@contextmanager
def capture(guests: Guests, frames: Path) -> Iterator[Path]:
    """Record all frames on the public network in ``frames`` while the context lasts."""
    listener = subprocess.Popen(guests.inside("python3", "-c", CAPTURE, str(frames)), stdout=subprocess.PIPE)
    try:
        assert listener.stdout is not None
        assert listener.stdout.readline()
        yield frames
    finally:
        listener.terminate()
        listener.wait()
