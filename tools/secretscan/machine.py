"""Search one machine for secrets: files, the journal, processes and containers.

Complete in itself, for Python 3.9 and newer without other packages: it is sent to nodes as a program (``main``), which reads what
to search for from standard input, so that no secret is in a command line or a file. Prints places and names, never a secret.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

# Pseudo file systems, and images of containers and machines, whose files no run of a playbook writes.
EXCLUDED = ("/proc", "/sys", "/dev", "/var/lib/docker/overlay2", "/var/lib/containerd")
# By place: what to run, and search the output of.
COMMANDS = {
    "journal": ["journalctl", "--no-pager", "--output", "export"],
    "containers": ["sh", "-c", "docker inspect $(docker ps --all --quiet)"],
    "logs of containers": ["sh", "-c", "for id in $(docker ps --all --quiet); do docker logs $id 2>&1; done"],
    "images of containers": ["sh", "-c", "docker image inspect $(docker image ls --quiet)"],
    "process list": ["sh", "-c", "cat /proc/[0-9]*/cmdline"],
    "environment of processes": ["sh", "-c", "cat /proc/[0-9]*/environ"],
}
Needles = dict[str, list[str]]  # by name of a secret: the texts that show it
Hit = dict[str, Any]  # place, secret (its name), mode and owner (of a file)


def scan(needles: Needles, directories: list[str], exclude: list[str], commands: list[str]) -> list[Hit]:
    """Return where a secret is: in files below ``directories``, or in the output of ``commands`` (keys of ``COMMANDS``)."""
    texts = {name: [text.encode() for text in forms] for name, forms in needles.items()}
    hits = []
    for path in _files_with_any(texts, directories, [*EXCLUDED, *exclude]):
        try:
            with open(path, "rb") as file:
                found = _names(texts, file.read())
            status = os.stat(path)
        except OSError:  # gone meanwhile
            continue
        mode = f"{status.st_mode & 0o7777:04o}" if _reachable(path) else f"{status.st_mode & 0o7700:04o}"
        hits += [{"place": path, "secret": name, "mode": mode, "owner": status.st_uid} for name in found]
    for place in commands:
        done = subprocess.run(COMMANDS[place], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        hits += [{"place": place, "secret": name, "mode": "", "owner": 0} for name in _names(texts, done.stdout)]
    return sorted(hits, key=lambda hit: (hit["place"], hit["secret"]))


def _files_with_any(texts: dict[str, list[bytes]], directories: list[str], exclude: list[str]) -> list[str]:
    """The files in which grep finds a line with any of the texts. Much faster than Python on an emulated machine."""
    present = [path for path in directories if os.path.isdir(path)]
    if not present:
        return []
    patterns = b"\n".join(sorted({text for forms in texts.values() for text in forms}))
    prune = [word for path in exclude for word in ("-path", path, "-prune", "-o")]
    find = ["find", *present, *prune, "-type", "f", "-size", "-200M", "-print0"]
    listed = subprocess.run(find, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    names = listed.split(b"\0")[:-1]
    found: list[str] = []
    for start in range(0, len(names), 2000):
        handle = os.memfd_create("patterns")
        os.write(handle, patterns)
        command = ["grep", "-lasZF", "-f", f"/proc/self/fd/{handle}", "--", *names[start : start + 2000]]
        done = subprocess.run(command, stdout=subprocess.PIPE, pass_fds=[handle], check=False)
        os.close(handle)
        found += [os.fsdecode(name) for name in done.stdout.split(b"\0")[:-1]]
    return found


def _names(texts: dict[str, list[bytes]], content: bytes) -> list[str]:
    return [name for name, forms in texts.items() if any(text in content for text in forms)]


def _reachable(path: str) -> bool:
    """Whether others may enter every directory above ``path``."""
    while path != "/":
        path = os.path.dirname(path)
        if not os.stat(path).st_mode & 0o001:
            return False
    return True


def main() -> None:
    """Read the arguments of ``scan`` as JSON from standard input, print its result as JSON."""
    json.dump(scan(**json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main()
