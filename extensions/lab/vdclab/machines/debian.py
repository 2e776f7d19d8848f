"""Debian trees from the mirror of the host's own apt, built by mmdebstrap."""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
from collections.abc import Iterable
from pathlib import Path

from .progress import Progress

SUITE = "trixie"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

# Files that guests and containers do not need; a third of a small tree.
EXCLUDED = (
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/info/*",
    "/usr/share/locale/*",
    "/usr/share/lintian/*",
    "/usr/share/bug/*",
)


class BuildError(RuntimeError):
    """A build that failed; the text has the last lines of the program's output."""


def multiarch() -> str:
    """The name of this machine's library directory (``x86_64-linux-gnu``)."""
    return f"{platform.machine()}-linux-gnu"


def sources(suite: str = SUITE) -> list[str]:
    """The apt sources of ``suite`` on this host's Debian mirrors, or on ``VDC_DEBIAN_MIRROR``. Raises
    ``BuildError`` if there is neither."""
    given = os.environ.get("VDC_DEBIAN_MIRROR")
    if given:
        return [f"deb {given} {suite} main"]
    shape = "$(LABEL)|$(REPO_URI)"
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", shape, "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    found: dict[str, str] = {}
    for line in listed:
        label, _, uri = line.partition("|")
        found.setdefault(label, uri)
    if "Debian" not in found:
        raise BuildError(
            "apt on this host has no Debian mirror, or `apt-get update` never ran: run it, or set VDC_DEBIAN_MIRROR to a mirror"
        )
    lines = [f"deb {found['Debian']} {suite} main", f"deb {found['Debian']} {suite}-updates main"]
    if "Debian-Security" in found:
        lines.append(f"deb {found['Debian-Security']} {suite}-security main")
    return lines


def proxies() -> list[str]:
    """The proxy settings of this host's apt configuration."""
    dump = subprocess.run(["apt-config", "dump", "--no-empty"], capture_output=True, text=True, check=True)
    return [line for line in dump.stdout.splitlines() if re.match(r"Acquire::https?::Proxy[: ]", line)]


def run(command: list[str], progress: Progress, env: dict[str, str] | None = None) -> None:
    """Run ``command`` and pass mmdebstrap's own steps to ``progress``; raises ``BuildError``."""
    tail: list[str] = []
    with subprocess.Popen(
        # The command ends with this process: a killed build must not continue to write.
        ["setpriv", "--pdeathsig", "TERM", "--", *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, **(env or {})},
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            tail = [*tail[-19:], line.rstrip()]
            if line.startswith("I: ") and "..." in line:
                progress(line[3:].rstrip())
    if process.returncode:
        raise BuildError(f"{command[0]} ended with {process.returncode}:\n" + "\n".join(tail))


def tree(
    target: Path,
    variant: str,
    packages: Iterable[str],
    progress: Progress,
    hooks: Iterable[tuple[str, str]] = (),
    keep_docs: bool = False,
    suite: str = SUITE,
) -> None:
    """Write the tar file ``target``: a tree of ``suite`` with ``packages``. ``hooks`` are those of mmdebstrap
    (``("customize", "command")``; ``$1`` is the tree). Raises ``BuildError``."""
    command = [
        "mmdebstrap",
        f"--variant={variant}",
        f"--include={','.join(packages)}",
        f"--keyring={KEYRING}",
        "--format=tar",
        '--aptopt=Acquire::Languages "none"',
        '--aptopt=APT::Install-Recommends "false"',
        *(f"--aptopt={line}" for line in proxies()),
    ]
    if not keep_docs:
        command += [f"--dpkgopt=path-exclude={pattern}" for pattern in EXCLUDED]
    command += [f"--{when}-hook={hook}" for when, hook in hooks]
    run([*command, suite, str(target), *sources(suite)], progress)


def as_root(command: list[str]) -> list[str]:
    """``command``, run as (fake) root, so that tar and mke2fs preserve the owners of files."""
    return command if os.geteuid() == 0 else ["fakeroot", "--", *command]


def shell(*commands: Iterable[object]) -> list[str]:
    """A shell command that runs ``commands`` one after the other, each properly quoted."""
    return ["sh", "-ec", "\n".join(shlex.join(str(part) for part in command) for command in commands)]
