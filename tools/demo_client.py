"""A tenant's customer at work, for the demonstration: writes record after record into the bucket, each until it is
acknowledged, wherever the bucket is by then."""

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

# Between two records; between two looks at where the bucket is, while it does not answer.
PAUSE, PATIENCE = 0.2, 15.0
# A store that does not answer is asked again, and nothing is signed that it would not know.
SETTINGS = Config(
    retries={"total_max_attempts": 1},
    connect_timeout=5,
    read_timeout=30,
    s3={"addressing_style": "path"},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class Customer:
    """Writes until it is told to stop. ``where`` tells how to ssh to the tenant's node, and the stack's port there."""

    def __init__(self, where: Callable[[], tuple[list[str], int]], credentials: Path) -> None:
        self._where = where
        names = {"aws_access_key_id": "s3_access_key", "aws_secret_access_key": "s3_secret_key"}
        self._keys = {key: (credentials / name).read_text().strip() for key, name in names.items()}
        self._ssh: subprocess.Popen[bytes] | None = None
        self._bucket: Any = None
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)
        # The longest time from one acknowledged record to the next, in seconds.
        self.longest = 0.0
        self.acknowledged: list[str] = []
        self.missing: list[str] = []

    def __enter__(self) -> Customer:
        self._go_there()
        self._thread.start()
        return self

    def __exit__(self, why: object, *_more: object) -> None:
        """The record that is being written is acknowledged first; then all are looked for where the bucket is now."""
        self._enough.set()
        if why is None:
            self._thread.join(300)
            self.missing = [key for key in self.acknowledged if not self._has(key)]
        if self._ssh:
            self._ssh.terminate()

    def _has(self, key: str) -> bool:
        """Whether the bucket has the record, with its content."""
        try:
            return self._bucket.get_object(Bucket="dump", Key=key)["Body"].read() == key.encode()
        except ClientError:
            return False

    def _write(self) -> None:
        number, since = 0, time.monotonic()
        while not self._enough.is_set():
            number += 1
            key = f"customer/{number:05}"
            self._until_acknowledged(key)
            self.acknowledged.append(key)
            self.longest, since = max(self.longest, time.monotonic() - since), time.monotonic()
            time.sleep(PAUSE)

    def _until_acknowledged(self, key: str) -> None:
        looked = time.monotonic()
        while True:
            try:
                self._bucket.put_object(Bucket="dump", Key=key, Body=key.encode())
                return
            except (BotoCoreError, ClientError):
                time.sleep(1)
            if time.monotonic() - looked > PATIENCE:
                # A new node may not be there yet.
                with suppress(KeyError, subprocess.CalledProcessError):
                    self._go_there()
                looked = time.monotonic()

    def _go_there(self) -> None:
        """Lead a port of this machine to the stack's on its node."""
        (*ssh, node), port = self._where()
        if self._ssh:
            self._ssh.terminate()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            here = free.getsockname()[1]
        self._ssh = subprocess.Popen(
            [*ssh, "-N", "-L", f"127.0.0.1:{here}:127.0.0.1:{port}", node], stderr=subprocess.DEVNULL
        )
        address = {"endpoint_url": f"http://127.0.0.1:{here}", "region_name": "us-east-1"}
        self._bucket = boto3.client("s3", config=SETTINGS, **address, **self._keys)
