"""System containers of Debian: images with an init and an SSH server, in which Molecule tests roles.

A container shares the host's kernel, so that a role's packages, files and services are tested within
seconds on several releases; what needs kernel modules is tested in the lab's guests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from . import debian
from .cache import Cache, default_cache, digest
from .debian import BuildError
from .prepare import CHECKOUT
from .progress import Progress, Reporter

# Image tags and Debian's names for these releases.
SUITES = {"debian-13": "trixie", "debian-12": "bookworm"}
IMAGE = "localhost/vdc-system"

# An init, SSH, and Python for Ansible; the roles must install everything else.
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
    # A disposable container need not sync the disk after each package.
    ("customize", 'echo force-unsafe-io >"$1/etc/dpkg/dpkg.cfg.d/unsafe-io"'),
    # apt's timers must not run while a role installs packages; the host loads kernel modules.
    (
        "customize",
        "for unit in apt-daily.timer apt-daily-upgrade.timer systemd-modules-load.service; do "
        'ln -sf /dev/null "$1/etc/systemd/system/$unit"; done',
    ),
    ("customize", 'rm -f "$1/etc/resolv.conf" "$1/etc/hostname" "$1/etc/machine-id"; touch "$1/etc/machine-id"'),
)


def ensure(cache: Cache, suite: str, progress: Progress) -> Path:
    """The tar file of ``suite``'s tree, built if necessary. Raises ``BuildError``."""

    def build(directory: Path) -> None:
        debian.tree(directory / "tree.tar", "minbase", PACKAGES, progress, HOOKS, suite=suite)

    # The key includes the mirrors, because the tree's own apt uses them.
    key = digest(suite, *PACKAGES, repr(HOOKS), *debian.sources(suite), *debian.proxies())
    return cache.ensure(f"system-{suite}", key, build) / "tree.tar"


def prepare(progress: Progress) -> None:
    """Load an image ``IMAGE:<release>`` for each of ``SUITES`` into Podman. Raises ``BuildError``."""
    if subprocess.run([str(CHECKOUT / "tools/packages"), *HOST_PACKAGES], check=False).returncode:
        raise BuildError(f"could not install {' '.join(HOST_PACKAGES)}")
    cache, reporter = Cache(default_cache()), Reporter(progress)
    for release, suite in SUITES.items():
        with reporter.step(release) as step_progress:
            _load(release, ensure(cache, suite, step_progress), step_progress)


def _load(release: str, tar: Path, progress: Progress) -> None:
    """Load ``tar`` into Podman as ``IMAGE:<release>``, unless it is loaded. Raises ``BuildError``."""
    name, key = f"{IMAGE}:{release}", tar.parent.name
    if _podman("image", "inspect", "--format", "{{.Comment}}", name) == key:
        return
    progress("loading into Podman")
    old = _podman("image", "inspect", "--format", "{{.Id}}", name)
    if _podman("import", "--quiet", "--message", key, str(tar), name) is None:
        raise BuildError(f"podman cannot import the image {release}: run `podman import {tar} {name}` to see why")
    if old:
        _podman("image", "rm", old)


def _podman(*arguments: str) -> str | None:
    """The output of Podman, run as root; ``None`` if it fails."""
    sudo = ["sudo"] if os.geteuid() else []
    done = subprocess.run(
        [*sudo, shutil.which("podman") or "podman", *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else None
