"""Prove a tenant's mount on its compute node; print what is wrong, in one JSON object.

The expected mount comes in VDC_PATH, VDC_CLIENT, VDC_SERVER (addresses in the tunnel), VDC_NODE
(the storage node's own address) and VDC_UID (the tenant's first user id).
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path


def mounted(path: str) -> tuple[str, dict[str, str]]:
    """Type and options of what is mounted at ``path``; empty when nothing is."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        where, kind, options = line.split()[1:4]
        if where == path:
            return kind, dict(option.partition("=")[::2] for option in options.split(","))
    return "", {}


def sources(server: str) -> set[str]:
    """The addresses that connections to the server's NFS come from."""
    said = subprocess.run(
        ["ss", "-H", "-n", "-t", f"dst {server} and dport = :2049"], capture_output=True, text=True, check=False
    )
    return {line.split()[3].rpartition(":")[0] for line in said.stdout.splitlines()}


def used_by(path: str, uid: int) -> str:
    """Write and read a file as that user; what went wrong, or nothing."""
    code = (
        "import os, sys; os.umask(0o077); f = open(sys.argv[1], 'w+'); f.write('proof'); f.flush(); os.fsync(f.fileno());"
        "f.seek(0); assert f.read() == 'proof'; assert os.fstat(f.fileno()).st_uid == os.getuid(); os.unlink(sys.argv[1])"
    )
    done = subprocess.run(
        ["/usr/bin/python3", "-c", code, f"{path}/.vdc-proof"],
        user=uid,
        group=uid,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


def given_to_others(node: str, path: str) -> bool:
    """Whether the volume can be mounted from the node's own address instead of the tenant's."""
    with tempfile.TemporaryDirectory() as directory:
        options = "vers=4.2,proto=tcp,soft,timeo=50,retrans=1,retry=0"
        # The helper gives the directory a client name of its own, else the tenant's connection would be used.
        tried = subprocess.run(
            ["mount", "-t", "vdc", "-o", options, f"{node}:{path}", directory], capture_output=True, check=False
        )
        if tried.returncode == 0:
            subprocess.run(["umount", "-l", directory], check=True)
        return tried.returncode == 0


def wrong() -> list[str]:
    """Each thing that is not as it should be, in a sentence."""
    path, client, server = (os.environ[f"VDC_{name}"] for name in ("PATH", "CLIENT", "SERVER"))
    uid, found = int(os.environ["VDC_UID"]), []
    kind, options = mounted(path)
    if kind != "nfs4":
        return [f"nothing is mounted at {path}: run the role tenant_mount"]
    if (options.get("vers"), options.get("addr")) != ("4.2", server) or "hard" not in options:
        found.append(
            f"{path} is not mounted hard, with NFS 4.2, from {server}: unmount it and run the role tenant_mount"
        )
    # First, because a mount that nobody uses has no connection.
    if trouble := used_by(path, uid):
        found.append(f"user {uid} cannot use {path} ({trouble}): run the role tenant_volume")
    if (used := sources(server)) != {client}:
        instead = ", ".join(sorted(used)) or "no address"
        found.append(f"{path} is reached from {instead}, not {client} alone: unmount it and run the role tenant_mount")
    if given_to_others(os.environ["VDC_NODE"], path):
        found.append(f"{path} is also given to addresses that are not the tenant's: run the role tenant_volume")
    return found


if __name__ == "__main__":
    print(json.dumps({"wrong": wrong()}))
