"""Preparation of everything that machines need and that takes minutes: ``vdclab prepare``."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from . import containers, emulator, golden
from .cache import Cache, default_cache
from .debian import BuildError
from .progress import Progress, Reporter

# The programs that the lab and its preparation call, and their Debian packages.
PROGRAMS = {
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "zstd": "zstd",
    "fakeroot": "fakeroot",
    "socat": "socat",
    "ip": "iproute2",
    "ssh": "openssh-client",
    "setpriv": "util-linux",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "tar": "tar",
}
CHECKOUT = Path(__file__).resolve().parents[4]


def missing() -> list[str]:
    """The Debian packages that this host lacks."""
    lacking = {package for program, package in PROGRAMS.items() if not shutil.which(program, path=_path())}
    if not Path("/usr/share/keyrings/debian-archive-keyring.gpg").exists():
        lacking.add("debian-archive-keyring")
    return sorted(lacking)


def prepare(progress: Progress, cache_dir: Path | None = None) -> None:
    """Install missing host packages, then fetch QEMU and build the images that are not in the
    cache. May be killed and run again at any point. Raises ``BuildError``."""
    if platform.machine() != "x86_64":
        raise BuildError(
            f"MACHINES: the lab's machines need an x86_64 host, and this one is {platform.machine()}; use MACHINES=none"
        )
    reporter = Reporter(progress)
    lacking = missing()
    if lacking:
        with reporter.step("host packages") as step_progress:
            step_progress(f"installing {' '.join(lacking)}")
            done = subprocess.run([str(CHECKOUT / "tools/packages"), *lacking], check=False)
            if done.returncode:
                raise BuildError(f"could not install {' '.join(lacking)}")
    cache = Cache(cache_dir or default_cache())
    steps: tuple[tuple[str, Callable[[Cache, Progress], object]], ...] = (
        ("QEMU", emulator.ensure),
        ("machine image", golden.ensure),
        ("container images", containers.ensure),
    )
    for name, ensure in steps:
        with reporter.step(name) as step_progress:
            ensure(cache, step_progress)


def _path() -> str:
    """A user's PATH may lack the directories of administration."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
