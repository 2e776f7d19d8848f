"""The system's log as programs write it: a socket in place of /dev/log, in a mount namespace of their own.

Ansible's modules log through the C library, which knows no other place. The namespace has its own /dev, /var/lib and
/var/cache, so that nothing outside changes.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

# A /dev of the usual devices and the socket, and empty directories for what modules write on a node.
ENTER = r"""
set -eu
dev=$1 log=$2
shift 2
mount -t tmpfs tmpfs "$dev"
for name in null zero full random urandom tty; do
  touch "$dev/$name"
  mount --bind "/dev/$name" "$dev/$name"
done
mkdir "$dev/shm" "$dev/pts"
mount --rbind /dev/shm "$dev/shm"
mount --rbind /dev/pts "$dev/pts"
ln -s pts/ptmx "$dev/ptmx"
for pair in fd: stdin:/0 stdout:/1 stderr:/2; do
  ln -s "/proc/self/fd${pair#*:}" "$dev/${pair%%:*}"
done
touch "$dev/log"
mount --bind "$log" "$dev/log"
mount --rbind "$dev" /dev
mount -t tmpfs tmpfs /var/lib
mount -t tmpfs tmpfs /var/cache
exec "$@"
"""


class Syslog:
    """Collects what programs that are started with ``run`` write to the system's log, in ``messages``."""

    def __init__(self) -> None:
        # Short, because the path of a socket has at most 107 characters.
        self._directory = Path(tempfile.mkdtemp(prefix="vdc-log-", dir="/tmp"))
        (self._directory / "dev").mkdir()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self._directory / "log"))
        (self._directory / "log").chmod(0o666)
        self.messages: list[str] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def __enter__(self) -> Syslog:
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop to listen, after all messages were read."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", str(self._directory / "log"))
        self._thread.join(10)
        self._socket.close()
        shutil.rmtree(self._directory)

    def run(self, command: list[str], seconds: int = 120, **env: str) -> subprocess.CompletedProcess[str]:
        """Run ``command`` to its end with this log as its /dev/log."""
        user = [] if os.geteuid() == 0 else ["--map-root-user"]
        enter = ["unshare", "--mount", *user, "sh", "-c", ENTER, "sh", str(self._directory / "dev")]
        return subprocess.run(
            [*enter, str(self._directory / "log"), *command],
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    def _listen(self) -> None:
        while message := self._socket.recv(1 << 20):
            self.messages.append(message.decode(errors="replace"))
