"""The agent as a service: a loop over the bucket, ``/healthz`` and ``/metrics``."""

from __future__ import annotations

import json
import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .filing import Filer
from .s3 import Bucket, S3Error
from .stores import Neo4j, Qdrant, Store

log = logging.getLogger(__name__)

NEEDED = ("endpoint", "bucket", "access_key", "secret_key")


class ConfigError(Exception):
    """The configuration file cannot be used; the text names the key and what would do."""


class Agent:
    """Looks at the bucket every ``interval`` seconds until ``stop``."""

    def __init__(self, filer: Filer, bucket: Bucket, interval: float) -> None:
        self._filer = filer
        self._bucket = bucket
        self._interval = interval
        self._stopped = threading.Event()
        self._last_round = 0.0  # when the bucket could be listed last, seconds since the epoch

    def run(self) -> None:
        """Work until ``stop``. A store that cannot be reached is waited for."""
        while not self._stopped.is_set():
            try:
                self._bucket.ensure()
                self._filer.round()
                self._last_round = time.time()
            except S3Error as error:
                log.warning("the bucket cannot be used: %s", error)
            self._stopped.wait(self._interval)

    def stop(self) -> None:
        """End after the document at hand."""
        self._stopped.set()

    def healthy(self) -> bool:
        """Whether the bucket was seen lately: within three intervals, and at least 30 s."""
        return time.time() - self._last_round < max(30.0, 3 * self._interval)

    def metrics(self) -> str:
        """Counters in Prometheus' text format."""
        counters = self._filer.counters
        rows = (
            ("filed_documents_total", "counter", counters.filed),
            ("filed_bytes_total", "counter", counters.bytes),
            ("indexed_documents_total", "counter", counters.indexed),
            ("failures_total", "counter", counters.failed),
            ("last_round_timestamp_seconds", "gauge", self._last_round),
        )
        return "".join(f"# TYPE vdc_agent_{name} {kind}\nvdc_agent_{name} {value}\n" for name, kind, value in rows)


def serve(agent: Agent, port: int) -> ThreadingHTTPServer:
    """Answer ``/healthz`` and ``/metrics`` on ``port`` from a thread; the server, to be closed."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/healthz":
                self._say(
                    200 if agent.healthy() else 503, "ok\n" if agent.healthy() else "the bucket was not seen lately\n"
                )
            elif self.path == "/metrics":
                self._say(200, agent.metrics())
            else:
                self._say(404, "GET /healthz or /metrics\n")

        def _say(self, status: int, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Probes come every few seconds; they are not worth a line each."""

    server = ThreadingHTTPServer(("", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def configure(path: Path) -> tuple[Agent, int]:
    """The agent and its port from a JSON file (0600: it holds credentials); raises ``ConfigError``."""
    try:
        config = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from None
    for key in NEEDED:
        if not config.get(key):
            raise ConfigError(f"{path}: {key} is missing; needed are {', '.join(NEEDED)}")
    bucket = Bucket(*(config[key] for key in NEEDED), region=config.get("region", "us-east-1"))
    stores: list[Store] = []
    if "qdrant" in config:
        stores.append(Qdrant(config["qdrant"]["url"], config["qdrant"].get("api_key", "")))
    if "neo4j" in config:
        stores.append(Neo4j(config["neo4j"]["url"], config["neo4j"]["user"], config["neo4j"]["password"]))
    agent = Agent(Filer(bucket, stores), bucket, float(config.get("interval", 5)))
    return agent, int(config.get("port", 8080))
