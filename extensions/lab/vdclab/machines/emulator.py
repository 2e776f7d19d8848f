"""QEMU: the host's own from version 10 on, else trixie's.

QEMU 7.2 (Debian 12) crashes trixie's kernel without KVM. Then trixie's QEMU is unpacked into the
cache and started through its own dynamic loader, so that the host stays unchanged.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import debian
from .cache import Cache, digest
from .progress import Progress

MIN_VERSION = 10
PACKAGES = ("qemu-system-x86", "qemu-utils")
LOADER = "usr/lib64/ld-linux-x86-64.so.2"


@dataclass(frozen=True)
class Emulator:
    """How to start QEMU's programs; ``tree`` is ``None`` for the host's own."""

    tree: Path | None

    def _program(self, name: str) -> list[str]:
        if self.tree is None:
            return [name]
        libraries = self.tree / "usr/lib" / debian.multiarch()
        # Some libraries are in subdirectories (libpulsecommon, libblas).
        deeper = sorted({str(p.parent) for p in libraries.glob("*/lib*.so*")})
        path = ":".join([str(libraries), *deeper])
        return [str(self.tree / LOADER), "--library-path", path, str(self.tree / "usr/bin" / name)]

    def system(self) -> list[str]:
        """The program and first arguments of a command line that runs a guest."""
        command = self._program(f"qemu-system-{platform.machine()}")
        if self.tree is not None:
            command += ["-L", str(self.tree / "usr/share/seabios"), "-L", str(self.tree / "usr/share/qemu")]
        return command

    def image(self, *arguments: object) -> None:
        """Run qemu-img; raises ``BuildError`` with its message."""
        done = subprocess.run(
            [*self._program("qemu-img"), *map(str, arguments)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise debian.BuildError(f"qemu-img {arguments[0]}: {done.stderr.strip()}")

    def env(self) -> dict[str, str]:
        """The environment variables for its programs."""
        if self.tree is None:
            return dict(os.environ)
        return {**os.environ, "QEMU_MODULE_DIR": str(self.tree / "usr/lib" / debian.multiarch() / "qemu")}


def host_version() -> int:
    """The major version of the host's own QEMU; 0 if it is not installed."""
    program = shutil.which(f"qemu-system-{platform.machine()}")
    if not program or not shutil.which("qemu-img"):
        return 0
    output = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"version (\d+)\.", output)
    return int(found.group(1)) if found else 0


def _key() -> str:
    return digest(debian.SUITE, *PACKAGES)


def find(cache: Cache) -> Emulator | None:
    """The emulator, or ``None`` if it is not prepared."""
    if host_version() >= MIN_VERSION:
        return Emulator(None)
    tree = cache.path("qemu", _key())
    return Emulator(tree) if tree.is_dir() else None


def ensure(cache: Cache, progress: Progress) -> Emulator:
    """The emulator, fetched if necessary. Raises ``BuildError``."""

    def build(directory: Path) -> None:
        tar = directory / "tree.tar"
        debian.tree(tar, "extract", PACKAGES, progress)
        unpack = ["tar", "-x", "-f", tar, "-C", directory, "--no-same-owner", "./usr"]
        debian.run(debian.shell(unpack, ["rm", tar]), progress)

    return find(cache) or Emulator(cache.ensure("qemu", _key(), build))
