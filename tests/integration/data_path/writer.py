"""Runs in a tenant's container: numbered records into /data/log, each on the storage node before the next.

What is acknowledged is told in /told/acks, with the time (seconds, monotonic); an error in /told/error.
"""

from __future__ import annotations

import os
import signal
import sys
import time

ended = []
signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
try:
    log = os.open("/data/log", os.O_RDWR | os.O_CREAT | os.O_APPEND)
    size = os.fstat(log).st_size
    number = int(os.pread(log, size, 0).split()[-1]) if size else 0
    with open("/told/acks", "a", buffering=1) as told:
        while not ended:
            number += 1
            os.write(log, b"%d\n" % number)
            os.fsync(log)
            told.write(f"{number} {time.monotonic():.2f}\n")
            time.sleep(0.05)
except OSError as error:
    with open("/told/error", "a") as told:
        told.write(f"{error}\n")
    sys.exit(1)
