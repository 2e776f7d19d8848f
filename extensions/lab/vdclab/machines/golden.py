"""The golden image: a Debian 13 with all that the roles use, made once by mmdebstrap."""

from __future__ import annotations

import lzma
import os
import shlex
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import debian
from .cache import Cache, digest, tree_digest
from .debian import BuildError, Progress

RECIPE = Path(__file__).with_name("golden")

PACKAGES = (
    # the machine
    "linux-image-cloud-amd64",
    "systemd-sysv",
    "udev",
    "e2fsprogs",
    "dbus",
    "kmod",
    "iproute2",
    "iputils-ping",
    "procps",
    "libnss-myhostname",
    # the way in
    "cloud-init",
    "openssh-server",
    "sudo",
    "python3",
    "python3-apt",
    "acl",
    # what the roles build on
    "ca-certificates",
    "curl",
    "socat",
    "rsync",
    "docker.io",
    "docker-cli",
    "docker-compose",
    "iptables",
    "nftables",
    "wireguard-tools",
    "nfs-kernel-server",
    "nfs-common",
    "lvm2",
    "xfsprogs",
    "prometheus-node-exporter",
    "restic",
    "strongswan-swanctl",
    "charon-systemd",
    "strongswan-pki",
    "tcpdump",
)

# The file system's first size; the disk of a guest is bigger and lab-grow-root follows it.
DISK_BYTES = 4 * 1024**3


def _zstd(raw: bytes) -> bytes:
    # Behind the frame lie four bytes that only the kernel's own unpacker reads.
    return subprocess.run(["zstd", "-d", "-c"], input=raw[:-4], capture_output=True, check=True).stdout


FORMATS: tuple[tuple[bytes, Callable[[bytes], bytes]], ...] = (
    (b"\x28\xb5\x2f\xfd", _zstd),
    (b"\xfd7zXZ\x00", lambda raw: lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(raw)),
)


@dataclass(frozen=True)
class Golden:
    """The two files of the image: a whole disk (ext4, raw) and an uncompressed kernel."""

    folder: Path

    @property
    def disk(self) -> Path:
        return self.folder / "disk.raw"

    @property
    def kernel(self) -> Path:
        return self.folder / "vmlinux"

    @property
    def key(self) -> str:
        """Changes when the recipe does."""
        return self.folder.name.rpartition("-")[2]


def _key() -> str:
    return digest(debian.SUITE, *PACKAGES, str(DISK_BYTES), tree_digest(RECIPE))


def find(cache: Cache) -> Golden | None:
    """The image if it is there already."""
    folder = cache.path("golden", _key())
    return Golden(folder) if folder.is_dir() else None


def supply(cache: Cache, progress: Progress) -> Golden:
    """The image, built when it is not there yet. Raises ``BuildError``."""
    return Golden(cache.keep("golden", _key(), lambda folder: _build(folder, progress)))


def _build(folder: Path, progress: Progress) -> None:
    tar, tree, disk = folder / "tree.tar", folder / "tree", folder / "disk.raw"
    files = shlex.quote(str(RECIPE / "files"))
    # No initrd is wanted, and making one costs half a minute.
    no_initrd = 'chroot "$1" dpkg-divert --quiet --local --rename --add /usr/sbin/update-initramfs'
    hooks = (
        ("extract", 'mkdir -p "$1/etc/kernel" && echo "do_symlinks=No" > "$1/etc/kernel-img.conf"'),
        ("essential", f'{no_initrd} && ln -sf ../bin/true "$1/usr/sbin/update-initramfs"'),
        (
            "customize",
            f"tar -C {files} --owner=root:0 --group=root:0 --mode=u=rwX,go=rX -c . "
            '| tar -C "$1" -x --no-overwrite-dir --no-same-permissions',
        ),
        ("customize", f'sh {shlex.quote(str(RECIPE / "setup.sh"))} "$1"'),
    )
    debian.tree(tar, "minbase", PACKAGES, progress, hooks)
    progress("writing the disk")
    tree.mkdir()
    with disk.open("wb") as empty:
        os.truncate(empty.fileno(), DISK_BYTES)
    # 64bit and lazy tables let the file system grow on line, quickly; no journal replay is
    # worth its writes in a machine that is thrown away, but a crash must not corrupt it.
    mke2fs = ["mke2fs", "-q", "-t", "ext4", "-d", tree, "-L", "root", "-m", "0"]
    mke2fs += ["-E", "lazy_itable_init=1,lazy_journal_init=1", "-J", "size=16", disk]
    steps = debian.shell(
        ["tar", "-x", "-p", "--numeric-owner", "-f", tar, "-C", tree, "--exclude=./dev/*"],
        mke2fs,
        ["sh", "-c", f"cp {shlex.quote(str(tree))}/boot/vmlinuz-* {shlex.quote(str(folder / 'vmlinuz'))}"],
        ["rm", "-rf", tree, tar],
    )
    debian.run(debian.as_root(steps), progress)
    vmlinuz = folder / "vmlinuz"
    (folder / "vmlinux").write_bytes(unpack_kernel(vmlinuz.read_bytes()))
    vmlinuz.unlink()


def unpack_kernel(image: bytes) -> bytes:
    """The ELF kernel inside a bzImage, for a direct (PVH) start: a guest under TCG would need
    seconds to unpack it itself. Raises ``BuildError`` for a compression not known here."""
    sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    payload = image[(sectors + 1) * 512 + offset :][:length]
    for magic, unpack in FORMATS:
        if payload.startswith(magic):
            kernel = unpack(payload)
            if kernel.startswith(b"\x7fELF"):
                return kernel
    raise BuildError(f"the kernel is compressed in a way that is not known here ({payload[:6].hex()})")
