"""Measure a directory on a node. Prints JSON: MiB/s written and read, and seconds of 4 KiB writes with fsync."""

from __future__ import annotations

import json
import os
import sys
import time

MIB, SIZE, SYNCS = 1024**2, int(sys.argv[2]), int(sys.argv[3])
path = f"{sys.argv[1]}/bench"
block = os.urandom(MIB)


def written() -> float:
    """Return MiB/s of one stream of 1 MiB blocks, including the fsync at its end."""
    started = time.monotonic()
    with open(path, "wb", buffering=0) as file:
        for _number in range(SIZE):
            file.write(block)
        os.fsync(file.fileno())
    return SIZE / (time.monotonic() - started)


def read() -> float:
    """Return MiB/s of one stream that is not in this node's cache."""
    with open(path, "rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        with open("/proc/sys/vm/drop_caches", "w") as caches:
            caches.write("1")
        started = time.monotonic()
        while file.read(MIB):
            pass
    return SIZE / (time.monotonic() - started)


def synced() -> list[float]:
    """Return the seconds of each appended 4 KiB with fsync."""
    took = []
    with open(path, "wb", buffering=0) as file:
        for _number in range(SYNCS):
            started = time.monotonic()
            file.write(block[:4096])
            os.fsync(file.fileno())
            took.append(time.monotonic() - started)
    return sorted(took)


write, back, syncs = written(), read(), synced()
os.unlink(path)
print(
    json.dumps({"write": write, "read": back, "fsync_median": syncs[SYNCS // 2], "fsync_99": syncs[SYNCS * 99 // 100]})
)
