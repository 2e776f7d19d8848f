"""Runs as a tenant's stack: numbered records into /data/log, each on the storage node before the next.

Each acknowledged record is printed with its time (seconds, monotonic), and so is an error. The program also answers HTTP,
as a stack must.
"""

from __future__ import annotations

import functools
import http.server
import os
import signal
import sys
import threading
import time

ended = []
signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
page = functools.partial(http.server.SimpleHTTPRequestHandler, directory="/tmp")
threading.Thread(target=http.server.HTTPServer(("", 8000), page).serve_forever, daemon=True).start()
try:
    log = os.open("/data/log", os.O_RDWR | os.O_CREAT | os.O_APPEND)
    size = os.fstat(log).st_size
    number = int(os.pread(log, size, 0).split()[-1]) if size else 0
    while not ended:
        number += 1
        os.write(log, b"%d\n" % number)
        os.fsync(log)
        print(f"{number} {time.monotonic():.2f}", flush=True)
        time.sleep(0.05)
except OSError as error:
    print(f"error: {error}", flush=True)
    sys.exit(1)
