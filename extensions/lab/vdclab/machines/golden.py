"""The golden image: Debian 13 with everything that the roles use, built once by mmdebstrap."""

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
from .debian import BuildError
from .progress import Progress

RECIPE = Path(__file__).with_name("golden")

PACKAGES = (
    # boot and base system
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
    # cloud-init, SSH and Ansible
    "cloud-init",
    "openssh-server",
    "sudo",
    "python3",
    "python3-apt",
    "acl",
    # software that the roles use
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

# The file system's initial size; a guest's disk is larger, and lab-grow-root.service grows it.
DISK_BYTES = 4 * 1024**3


def _zstd(raw: bytes) -> bytes:
    # The last four bytes are not part of the frame; only the kernel's own decompressor reads them.
    return subprocess.run(["zstd", "-d", "-c"], input=raw[:-4], capture_output=True, check=True).stdout


FORMATS: tuple[tuple[bytes, Callable[[bytes], bytes]], ...] = (
    (b"\x28\xb5\x2f\xfd", _zstd),
    (b"\xfd7zXZ\x00", lambda raw: lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(raw)),
)


@dataclass(frozen=True)
class Golden:
    """The two files of the image: a whole disk (ext4, raw) and an uncompressed kernel."""

    directory: Path

    @property
    def disk(self) -> Path:
        return self.directory / "disk.raw"

    @property
    def kernel(self) -> Path:
        return self.directory / "vmlinux"

    @property
    def key(self) -> str:
        """The hash of the recipe."""
        return self.directory.name.rpartition("-")[2]


def _key() -> str:
    return digest(debian.SUITE, *PACKAGES, str(DISK_BYTES), tree_digest(RECIPE))


def find(cache: Cache) -> Golden | None:
    """The image, or ``None`` if it is not prepared."""
    directory = cache.path("golden", _key())
    return Golden(directory) if directory.is_dir() else None


def ensure(cache: Cache, progress: Progress) -> Golden:
    """The image, built if necessary. Raises ``BuildError``."""
    return Golden(cache.ensure("golden", _key(), lambda directory: _build(directory, progress)))


def _build(directory: Path, progress: Progress) -> None:
    tar, tree, disk = directory / "tree.tar", directory / "tree", directory / "disk.raw"
    files = shlex.quote(str(RECIPE / "files"))
    # Guests boot without initrd, and building one takes half a minute.
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
    # 64bit and lazy tables let the file system grow online quickly. The journal is small, but there is
    # one: a crash must not corrupt the file system.
    mke2fs = ["mke2fs", "-q", "-t", "ext4", "-d", tree, "-L", "root", "-m", "0"]
    mke2fs += ["-E", "lazy_itable_init=1,lazy_journal_init=1", "-J", "size=16", disk]
    steps = debian.shell(
        ["tar", "-x", "-p", "--numeric-owner", "-f", tar, "-C", tree, "--exclude=./dev/*"],
        mke2fs,
        ["sh", "-c", f"cp {shlex.quote(str(tree))}/boot/vmlinuz-* {shlex.quote(str(directory / 'vmlinuz'))}"],
        ["rm", "-rf", tree, tar],
    )
    debian.run(debian.as_root(steps), progress)
    vmlinuz = directory / "vmlinuz"
    (directory / "vmlinux").write_bytes(unpack_kernel(vmlinuz.read_bytes()))
    vmlinuz.unlink()


def unpack_kernel(image: bytes) -> bytes:
    """The ELF kernel in a bzImage, for a direct (PVH) start: under TCG a guest would need seconds to
    decompress it. Raises ``BuildError`` for an unknown compression."""
    sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    payload = image[(sectors + 1) * 512 + offset :][:length]
    for magic, unpack in FORMATS:
        if payload.startswith(magic):
            kernel = unpack(payload)
            if kernel.startswith(b"\x7fELF"):
                return kernel
    raise BuildError(f"the kernel has an unknown compression ({payload[:6].hex()})")
