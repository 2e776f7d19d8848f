"""The files behind volumes, root disks and images."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from .emulator import Emulator


def file_name(key: str) -> str:
    """A key as a file name; keys are made by the lab (``hetzner-42``), never by a request."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", key):
        raise ValueError(f"not a key: {key!r}")
    return key


class Disks:
    """Volumes are sparse raw files; a root disk is a qcow2 overlay on the golden image, and a
    saved image the same, so that only what differs is kept."""

    def __init__(self, folder: Path, emulator: Emulator, golden: Path) -> None:
        self._folder = folder
        self._emulator = emulator
        self._golden = golden
        for part in ("volumes", "images"):
            (folder / part).mkdir(parents=True, exist_ok=True)

    def volume(self, key: str) -> Path:
        """The file of volume ``key``."""
        return self._folder / "volumes" / f"{file_name(key)}.raw"

    def image(self, key: str) -> Path:
        """The file of saved image ``key``."""
        return self._folder / "images" / f"{file_name(key)}.qcow2"

    def ensure(self, key: str, size_bytes: int) -> Path:
        """The file of volume ``key``, made when first seen and never shrunk."""
        path = self.volume(key)
        with path.open("ab") as handle:
            if os.fstat(handle.fileno()).st_size < size_bytes:
                os.truncate(handle.fileno(), size_bytes)
        return path

    def copy(self, key: str, new_key: str) -> None:
        """A copy of a volume: only its used blocks cost time and space."""
        source, target = self.volume(key), self.volume(new_key)
        command = ["cp", "--sparse=always", "--reflink=auto", str(source), str(target)]
        subprocess.run(command, check=True, capture_output=True)

    def delete(self, key: str) -> None:
        """Remove a volume's file."""
        self.volume(key).unlink(missing_ok=True)

    def new_root(self, path: Path, image: str | None, size_bytes: int) -> None:
        """An overlay at ``path`` over the golden image or a saved one, of at least
        ``size_bytes``: never smaller than what it lies on."""
        if image is None:
            size = max(size_bytes, self._golden.stat().st_size)
            self._emulator.image("create", "-q", "-f", "qcow2", "-F", "raw", "-b", self._golden, path, size)
            return
        source = self.image(image)
        if not source.exists():
            raise FileNotFoundError(f"there is no image {image}")
        # A copy, not a chain: the image may be deleted while its machines live on.
        subprocess.run(["cp", "--reflink=auto", str(source), str(path)], check=True, capture_output=True)
        self.grow_root(path, size_bytes)

    def grow_root(self, path: Path, size_bytes: int) -> None:
        """Grow a stopped machine's root disk; a smaller figure changes nothing."""
        with path.open("rb") as handle:
            header = handle.read(32)
        if int.from_bytes(header[24:32], "big") < size_bytes:
            self._emulator.image("resize", "-q", "-f", "qcow2", path, size_bytes)

    def save_root(self, path: Path, image: str) -> None:
        """Keep root disk ``path`` as ``image``; its machine must not write meanwhile."""
        target = self.image(image)
        # The backing file's path stays the same, so a plain copy of the overlay is complete.
        subprocess.run(["cp", "--reflink=auto", str(path), str(target)], check=True, capture_output=True)

    def delete_image(self, image: str) -> None:
        """Remove a saved image."""
        self.image(image).unlink(missing_ok=True)
