"""Debian trees out of the host's own mirror, by mmdebstrap."""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

SUITE = "trixie"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

# Nobody reads these in a guest or a container; they are a third of a small tree.
UNREAD = (
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/info/*",
    "/usr/share/locale/*",
    "/usr/share/lintian/*",
    "/usr/share/bug/*",
)

Progress = Callable[[str], None]


class BuildError(RuntimeError):
    """A build that failed, with the last words of the program that did."""


def multiarch() -> str:
    """The library folder's name for this machine (``x86_64-linux-gnu``)."""
    return f"{platform.machine()}-linux-gnu"


def sources(suite: str = SUITE) -> list[str]:
    """apt lines for ``suite`` on the mirrors that this host's apt uses for Debian, or on
    ``VDC_DEBIAN_MIRROR``. Raises ``BuildError`` when there is neither."""
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
            "apt on this host names no Debian mirror (or `apt-get update` never ran): set VDC_DEBIAN_MIRROR to one"
        )
    lines = [f"deb {found['Debian']} {suite} main", f"deb {found['Debian']} {suite}-updates main"]
    if "Debian-Security" in found:
        lines.append(f"deb {found['Debian-Security']} {suite}-security main")
    return lines


def proxies() -> list[str]:
    """The lines of this host's apt configuration that say through which proxies it goes."""
    said = subprocess.run(["apt-config", "dump", "--no-empty"], capture_output=True, text=True, check=True)
    return [line for line in said.stdout.splitlines() if re.match(r"Acquire::https?::Proxy[: ]", line)]


def run(command: list[str], progress: Progress, env: dict[str, str] | None = None) -> None:
    """Run ``command``, handing mmdebstrap's own steps to ``progress``; raises ``BuildError``."""
    tail: list[str] = []
    with subprocess.Popen(
        # It ends with us: a build that was killed leaves nobody behind who goes on writing.
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
    """Write the tar file ``target``: a tree of ``suite`` with ``packages``. ``hooks`` are mmdebstrap's
    (``("customize", "command")``, the tree is ``$1``). Raises ``BuildError``."""
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
        command += [f"--dpkgopt=path-exclude={pattern}" for pattern in UNREAD]
    command += [f"--{when}-hook={hook}" for when, hook in hooks]
    run([*command, suite, str(target), *sources(suite)], progress)


def as_root(command: list[str]) -> list[str]:
    """``command``, seeing itself as root: so a user's tar and mke2fs keep the owners of files."""
    return command if os.geteuid() == 0 else ["fakeroot", "--", *command]


def shell(*commands: Iterable[object]) -> list[str]:
    """One shell that runs ``commands`` one after the other, each properly quoted."""
    return ["sh", "-ec", "\n".join(shlex.join(str(word) for word in command) for command in commands)]
