"""Compare a tenant's mount with the same disk on its storage node and with NFS without the tunnel.

Runs on two guests of the lab, in turns: see docs/benchmarks.md. BENCH_MIB and BENCH_SYNCS
set the amount of data (32 MiB, 100 writes with fsync), BENCH_ROUNDS how often (3).
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "extensions/lab")]

from support.site import PLAYS, Site
from vdclab.machines import qemu

COMPUTE, STORAGE = "lab-compute-1", "lab-storage-1"
TENANTS = {"acme": {"number": 1, "node": COMPUTE, "gib": 2}}
MEASURE = (Path(__file__).with_name("measure_disk.py")).read_text()
SIZES = [os.environ.get("BENCH_MIB", "32"), os.environ.get("BENCH_SYNCS", "100")]
HEAD = ("where", "write MiB/s", "read MiB/s", "fsync median ms", "fsync 99 % ms")
# Export the same volume to the node's public address. The tunnel's monitor would revert that.
OPEN = """set -e
systemctl stop vdc-tunnel-watch
nft insert rule inet vdc input ip saddr {client} tcp dport 2049 accept
nft insert rule inet vdc_nfs input ip saddr {client} tcp dport 2049 accept
exportfs -o rw,sync,no_subtree_check,root_squash,anonuid=101000,anongid=101000 {client}:/srv/vdc/acme
"""
PLAIN = """set -e
mkdir -p /mnt/plain
options=$(systemctl cat srv-vdc-acme.mount | sed -n 's/^Options=//p')
mount -t vdc -o "$options" {server}:/srv/vdc/acme /mnt/plain
"""


def measured(site: Site, node: str, directory: str) -> dict[str, float]:
    """Run one round on a node as the tenant's user."""
    command = f"python3 - {directory} {' '.join(SIZES)} <<'END'\n{MEASURE}END"
    return json.loads(site.check_output(node, command))


def line(where: str, rounds: list[dict[str, float]]) -> tuple[str, ...]:
    """Return a row of the table: medians over the rounds."""
    middle = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
    return (
        where,
        f"{middle['write']:.1f}",
        f"{middle['read']:.1f}",
        f"{1000 * middle['fsync_median']:.1f}",
        f"{1000 * middle['fsync_99']:.1f}",
    )


def compare(site: Site) -> str:
    """Return the table, and the machine on which it was measured."""
    site.assert_ok(f"{PLAYS}/data_path", "-e", json.dumps({"tenants": TENANTS}))
    site.read_addresses()
    load = os.getloadavg()[0]
    site.check_output(STORAGE, OPEN.format(client=site.address[COMPUTE]))
    site.check_output(COMPUTE, PLAIN.format(server=site.address[STORAGE]))
    places = {
        "the disk, on the storage node": (STORAGE, "/srv/vdc/acme"),
        "NFS without the tunnel": (COMPUTE, "/mnt/plain"),
        "the tenant's mount (WireGuard)": (COMPUTE, "/srv/vdc/acme"),
    }
    found: dict[str, list[dict[str, float]]] = {where: [] for where in places}
    for number in range(int(os.environ.get("BENCH_ROUNDS", "3"))):
        for where, (node, directory) in places.items():
            found[where].append(measured(site, node, directory))
            print(f"  round {number + 1} · {' · '.join(line(where, found[where][-1:]))}", flush=True)
    rows = [HEAD, ("---",) * len(HEAD), *(line(where, rounds) for where, rounds in found.items())]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
    when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    kind = {"qemu": "TCG"}.get(site.check_output(COMPUTE, "systemd-detect-virt"), "KVM")
    return f"{when}, {os.cpu_count()} CPUs, guests under {kind}, load {load:.1f} at the start.\n\n{table}\n"


def main(directory: Path) -> None:
    """Run the benchmark; write the table to ``directory`` and print it."""
    reason = qemu.why_not()
    if reason:
        sys.exit(f"The data path is not measured: {reason}.")
    print("==> A tenant's mount, beside its disk and beside NFS without the tunnel", flush=True)
    with tempfile.TemporaryDirectory() as place:
        site = Site(Path(place))
        try:
            table = compare(site)
        finally:
            site.close()
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "bench-data-path.md").write_text(table)
    print(f"\n{table}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
