"""A tenant's customer: writes one record after the other, repeats each until it is acknowledged, and follows the bucket
to its new node when the tenant moves."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# Seconds between two records, and between two look-ups of the bucket's address while it does not answer.
PAUSE, LOOK_UP_AFTER = 0.2, 15.0
# No retries within the client, and no checksums that the lab's object store does not support.
SETTINGS = Config(
    retries={"total_max_attempts": 1},
    connect_timeout=5,
    read_timeout=30,
    s3={"addressing_style": "path"},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class Customer:
    """Writes from entering the ``with`` block to leaving it. ``locate`` returns how to reach the tenant's node by SSH and
    the port of its object store there."""

    def __init__(self, locate: Callable[[], tuple[list[str], int]], credentials: Path) -> None:
        self._locate = locate
        names = {"aws_access_key_id": "s3_access_key", "aws_secret_access_key": "s3_secret_key"}
        self._keys = {key: (credentials / name).read_text().strip() for key, name in names.items()}
        self._tunnel: subprocess.Popen[bytes] | None = None
        self._bucket: Any = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)
        # The longest time from one acknowledged record to the next, in seconds.
        self.longest = 0.0
        self.acknowledged: list[str] = []
        self.missing: list[str] = []

    def __enter__(self) -> Customer:
        self._connect()
        self._thread.start()
        return self

    def __exit__(self, error: object, *_more: object) -> None:
        """Wait for the last record, then look for every acknowledged one where the bucket is now."""
        self._stop.set()
        if error is None:
            self._thread.join(300)
            self.missing = [key for key in self.acknowledged if not self._has(key)]
        if self._tunnel:
            self._tunnel.terminate()

    def _has(self, key: str) -> bool:
        try:
            return self._bucket.get_object(Bucket="dump", Key=key)["Body"].read() == key.encode()
        except ClientError:
            return False

    def _write(self) -> None:
        number, since = 0, time.monotonic()
        while not self._stop.is_set():
            number += 1
            key = f"customer/{number:05}"
            self._write_until_acknowledged(key)
            self.acknowledged.append(key)
            self.longest, since = max(self.longest, time.monotonic() - since), time.monotonic()
            time.sleep(PAUSE)

    def _write_until_acknowledged(self, key: str) -> None:
        located = time.monotonic()
        while True:
            try:
                self._bucket.put_object(Bucket="dump", Key=key, Body=key.encode())
                return
            except (BotoCoreError, ClientError):
                time.sleep(1)
            if time.monotonic() - located > LOOK_UP_AFTER:
                # A new node may not answer yet.
                with suppress(KeyError, subprocess.CalledProcessError):
                    self._connect()
                located = time.monotonic()

    def _connect(self) -> None:
        """Forward a local port to the object store on the tenant's node."""
        (*ssh, node), port = self._locate()
        if self._tunnel:
            self._tunnel.terminate()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            local = free.getsockname()[1]
        self._tunnel = subprocess.Popen(
            [*ssh, "-N", "-L", f"127.0.0.1:{local}:127.0.0.1:{port}", node],
            # ssh makes its standard input non-blocking; Ansible refuses to run with one that it shares.
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        address = {"endpoint_url": f"http://127.0.0.1:{local}", "region_name": "us-east-1"}
        self._bucket = boto3.client("s3", config=SETTINGS, **address, **self._keys)
