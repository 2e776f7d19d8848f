"""The minimum to read all servers in Python: requests, threads and JSON only."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from requests.adapters import HTTPAdapter

CONNECTIONS = 16

started = time.perf_counter()
session = requests.Session()
session.headers["Authorization"] = f"Bearer {os.environ['HCLOUD_TOKEN']}"
session.mount("http://", HTTPAdapter(pool_maxsize=CONNECTIONS))


def page(number: int) -> dict[str, Any]:
    """Return one page of servers."""
    query = {"page": number, "per_page": 50}
    return session.get(f"{os.environ['HCLOUD_ENDPOINT']}/servers", params=query, timeout=60).json()


first = page(1)
hosts = len(first["servers"])
with ThreadPoolExecutor(CONNECTIONS) as pool:
    for answer in pool.map(page, range(2, first["meta"]["pagination"]["last_page"] + 1)):
        hosts += len(answer["servers"])
print(json.dumps({"seconds": time.perf_counter() - started, "hosts": hosts}))
