"""All that machines need and that takes minutes, done once: `python -m vdclab prepare`."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import time
from functools import partial
from pathlib import Path

from . import containers, emulator, golden
from .cache import Cache, default_cache
from .debian import BuildError, Progress

# Programs that prepare and the lab call, and the Debian packages that bring them.
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
    """Install what the host lacks, then fetch QEMU and build the images that are not in the
    cache. Each line to ``progress`` starts with the seconds since the start. May be killed and
    run again at any point. Raises ``BuildError`` with one sentence and the program's words."""
    started = time.monotonic()

    def say(text: str) -> None:
        progress(f"{time.monotonic() - started:6.1f} s  {text}")

    if platform.machine() != "x86_64":
        raise BuildError(f"the lab's machines are x86_64 only, this host is {platform.machine()}: use MACHINES=none")
    lacking = missing()
    if lacking:
        say(f"host packages: {' '.join(lacking)}")
        done = subprocess.run([str(CHECKOUT / "tools/packages"), *lacking], check=False)
        if done.returncode:
            raise BuildError(f"could not install {' '.join(lacking)}")
    cache = Cache(cache_dir or default_cache())
    for name, supply in (
        ("QEMU", emulator.supply),
        ("machine image", golden.supply),
        ("container images", containers.supply),
    ):
        supply(cache, partial(_about, say, name))
        say(f"{name}: ready")


def _about(say: Progress, name: str, text: str) -> None:
    say(f"{name}: {text}")


def _path() -> str:
    """A user's PATH may lack the folders of administration."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
