"""Debian system containers: images with an init and an SSH server, in which Molecule tries roles.

A container shares the host's kernel, so that a role's packages, files and services can be tried
within seconds, on several releases; what needs a kernel's modules is tried in the lab's guests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import partial
from pathlib import Path

from . import debian
from .cache import Cache, default_cache, digest
from .debian import BuildError, Progress
from .prepare import CHECKOUT

# Image tags and Debian's names for these releases.
SUITES = {"debian-13": "trixie", "debian-12": "bookworm"}
IMAGE = "localhost/vdc-system"

# An init, the way in, and Python for Ansible; the rest is what the roles have to bring.
PACKAGES = (
    "systemd-sysv",
    "dbus",
    "openssh-server",
    "python3",
    "python3-apt",
    "ca-certificates",
    "iproute2",
    "procps",
)
HOST_PACKAGES = ("podman", "runc", "mmdebstrap", "debian-archive-keyring")

HOOKS = (
    # A container that is thrown away need not wait for the disk after each package.
    ("customize", 'echo force-unsafe-io >"$1/etc/dpkg/dpkg.cfg.d/unsafe-io"'),
    # Nobody but the roles installs packages meanwhile; modules are the host's affair.
    (
        "customize",
        "for unit in apt-daily.timer apt-daily-upgrade.timer systemd-modules-load.service; do "
        'ln -sf /dev/null "$1/etc/systemd/system/$unit"; done',
    ),
    ("customize", 'rm -f "$1/etc/resolv.conf" "$1/etc/hostname" "$1/etc/machine-id"; touch "$1/etc/machine-id"'),
)


def supply(cache: Cache, suite: str, progress: Progress) -> Path:
    """The tar file of ``suite``'s tree, built when it is not there yet. Raises ``BuildError``."""

    def build(folder: Path) -> None:
        debian.tree(folder / "tree.tar", "minbase", PACKAGES, progress, HOOKS, suite=suite)

    # With the mirrors: the tree's own apt uses them, too.
    key = digest(suite, *PACKAGES, repr(HOOKS), *debian.sources(suite), *debian.proxies())
    return cache.keep(f"system-{suite}", key, build) / "tree.tar"


def prepare(progress: Progress) -> None:
    """Give Podman an image ``IMAGE:<release>`` for each of ``SUITES``. Raises ``BuildError``."""
    if subprocess.run([str(CHECKOUT / "tools/packages"), *HOST_PACKAGES], check=False).returncode:
        raise BuildError(f"could not install {' '.join(HOST_PACKAGES)}")
    cache = Cache(default_cache())
    for release, suite in SUITES.items():
        tar = supply(cache, suite, partial(_about, progress, release))
        name, key = f"{IMAGE}:{release}", tar.parent.name
        if _podman("image", "inspect", "--format", "{{.Comment}}", name) != key:
            progress(f"{release}: loading into Podman")
            old = _podman("image", "inspect", "--format", "{{.Id}}", name)
            if _podman("import", "--quiet", "--message", key, str(tar), name) is None:
                raise BuildError(f"podman does not take the image {release}: try `podman import {tar} {name}`")
            if old:
                _podman("image", "rm", old)


def _about(progress: Progress, release: str, text: str) -> None:
    progress(f"{release}: {text}")


def _podman(*words: str) -> str | None:
    """What Podman says, as root; ``None`` when it fails."""
    sudo = ["sudo"] if os.geteuid() else []
    done = subprocess.run(
        [*sudo, shutil.which("podman") or "podman", *words], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else None
