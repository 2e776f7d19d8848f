"""The files of volumes, root disks and saved images."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from .emulator import Emulator


def file_name(key: str) -> str:
    """``key`` as a file name; raises ``ValueError`` for a key that the lab does not make."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", key):
        raise ValueError(f"not a key: {key!r}")
    return key


class Disks:
    """Volumes are sparse raw files; root disks and saved images are qcow2 overlays on the golden image,
    which store only the differences."""

    def __init__(self, directory: Path, emulator: Emulator, golden: Path) -> None:
        self._directory = directory
        self._emulator = emulator
        self._golden = golden
        for part in ("volumes", "images"):
            (directory / part).mkdir(parents=True, exist_ok=True)

    def volume(self, key: str) -> Path:
        """The file of volume ``key``."""
        return self._directory / "volumes" / f"{file_name(key)}.raw"

    def image(self, key: str) -> Path:
        """The file of saved image ``key``."""
        return self._directory / "images" / f"{file_name(key)}.qcow2"

    def ensure(self, key: str, size_bytes: int) -> Path:
        """The file of volume ``key``, created or grown to ``size_bytes`` if necessary, and never shrunk."""
        path = self.volume(key)
        with path.open("ab") as handle:
            if os.fstat(handle.fileno()).st_size < size_bytes:
                os.truncate(handle.fileno(), size_bytes)
        return path

    def copy(self, key: str, new_key: str) -> None:
        """Copy a volume; only its used blocks take time and space."""
        source, target = self.volume(key), self.volume(new_key)
        command = ["cp", "--sparse=always", "--reflink=auto", str(source), str(target)]
        subprocess.run(command, check=True, capture_output=True)

    def delete(self, key: str) -> None:
        """Remove a volume's file."""
        self.volume(key).unlink(missing_ok=True)

    def new_root(self, path: Path, image: str | None, size_bytes: int) -> None:
        """Create a root disk at ``path`` from the golden image or a saved one, of ``size_bytes`` or the
        image's size if that is larger. Raises ``FileNotFoundError`` if the image does not exist."""
        if image is None:
            size = max(size_bytes, self._golden.stat().st_size)
            self._emulator.image("create", "-q", "-f", "qcow2", "-F", "raw", "-b", self._golden, path, size)
            return
        source = self.image(image)
        if not source.exists():
            raise FileNotFoundError(f"there is no image {image}")
        # A copy instead of an overlay: the image may be deleted before its machines.
        subprocess.run(["cp", "--reflink=auto", str(source), str(path)], check=True, capture_output=True)
        self.grow_root(path, size_bytes)

    def grow_root(self, path: Path, size_bytes: int) -> None:
        """Grow a stopped machine's root disk; does nothing if it is at least as large."""
        with path.open("rb") as handle:
            header = handle.read(32)
        if int.from_bytes(header[24:32], "big") < size_bytes:
            self._emulator.image("resize", "-q", "-f", "qcow2", path, size_bytes)

    def save_root(self, path: Path, image: str) -> None:
        """Copy root disk ``path`` to ``image``; its machine must be off or paused."""
        target = self.image(image)
        # The overlay names the golden image as its backing file, so a plain copy is complete.
        subprocess.run(["cp", "--reflink=auto", str(path), str(target)], check=True, capture_output=True)

    def delete_image(self, image: str) -> None:
        """Remove a saved image."""
        self.image(image).unlink(missing_ok=True)
