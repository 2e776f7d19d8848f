"""Test a tenant's mount on its compute node and print its faults as one JSON object.

The expected mount is given in VDC_PATH, VDC_CLIENT, VDC_SERVER (addresses in the tunnel), VDC_NODE
(the storage node's own address) and VDC_UID (the tenant's first user id).
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path


def mounted(path: str) -> tuple[str, dict[str, str]]:
    """Return type and options of the file system mounted at ``path``; empty if there is none."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        where, kind, options = line.split()[1:4]
        if where == path:
            return kind, dict(option.partition("=")[::2] for option in options.split(","))
    return "", {}


def source_addresses(server: str) -> set[str]:
    """Return the local addresses of all connections to the server's NFS port."""
    listed = subprocess.run(
        ["ss", "-H", "-n", "-t", f"dst {server} and dport = :2049"], capture_output=True, text=True, check=False
    )
    return {line.split()[3].rpartition(":")[0] for line in listed.stdout.splitlines()}


def usage_error(path: str, uid: int) -> str:
    """Write and read a file as the user ``uid``; return the error, empty if there was none."""
    code = (
        "import os, sys; os.umask(0o077); f = open(sys.argv[1], 'w+'); f.write('test'); f.flush(); os.fsync(f.fileno());"
        "f.seek(0); assert f.read() == 'test'; assert os.fstat(f.fileno()).st_uid == os.getuid(); os.unlink(sys.argv[1])"
    )
    done = subprocess.run(
        ["/usr/bin/python3", "-c", code, f"{path}/.vdc-test"],
        user=uid,
        group=uid,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


def exported_to_others(node: str, path: str) -> bool:
    """Return whether the volume can be mounted from the node's own address instead of the tenant's."""
    with tempfile.TemporaryDirectory() as directory:
        options = "vers=4.2,proto=tcp,soft,timeo=50,retrans=1,retry=0"
        # The helper sets a separate NFS client name; with the same name the kernel would reuse the tenant's connection.
        tried = subprocess.run(
            ["mount", "-t", "vdc", "-o", options, f"{node}:{path}", directory], capture_output=True, check=False
        )
        if tried.returncode == 0:
            subprocess.run(["umount", "-l", directory], check=True)
        return tried.returncode == 0


def faults() -> list[str]:
    """Return a sentence for each fault of the mount."""
    path, client, server = (os.environ[f"VDC_{name}"] for name in ("PATH", "CLIENT", "SERVER"))
    uid, found = int(os.environ["VDC_UID"]), []
    kind, options = mounted(path)
    if kind != "nfs4":
        return [f"nothing is mounted at {path}; run the role tenant_mount"]
    if (options.get("vers"), options.get("addr")) != ("4.2", server) or "hard" not in options:
        found.append(
            f"{path} is not mounted hard, with NFS 4.2, from {server}; unmount it and run the role tenant_mount"
        )
    # Before the connections are read: an unused mount has none.
    if error := usage_error(path, uid):
        found.append(f"user {uid} cannot use {path} ({error}); run the role tenant_volume")
    if (used := source_addresses(server)) != {client}:
        instead = ", ".join(sorted(used)) or "no address"
        found.append(f"{path} is reached from {instead}, not {client} alone; unmount it and run the role tenant_mount")
    if exported_to_others(os.environ["VDC_NODE"], path):
        found.append(f"{path} is also exported to addresses that are not the tenant's; run the role tenant_volume")
    return found


if __name__ == "__main__":
    print(json.dumps({"faults": faults()}))
