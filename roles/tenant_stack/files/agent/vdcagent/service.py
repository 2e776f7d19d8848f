"""The agent as a service: a loop over the bucket, ``/healthz`` and ``/metrics``."""

from __future__ import annotations

import json
import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .filing import MAX_DOCUMENT, Filer
from .s3 import Bucket, S3Error
from .stores import Neo4j, Qdrant, Store

log = logging.getLogger(__name__)

LONGEST_WAIT = 300.0  # seconds between two rounds while they fail
NEEDED = ("endpoint", "bucket", "access_key", "secret_key")


class ConfigError(Exception):
    """The configuration file is wrong; the message names the key and what is needed."""


class Agent:
    """Processes the bucket every ``interval`` seconds until ``stop``."""

    def __init__(self, filer: Filer, bucket: Bucket, interval: float) -> None:
        self._filer = filer
        self._bucket = bucket
        self._interval = interval
        self._stopped = threading.Event()
        self._last_round = 0.0  # time of the last successful round, seconds since 1970

    def run(self) -> None:
        """Process the bucket until ``stop``. A round that fails, for any reason, is followed by another one after a
        time that doubles up to ``LONGEST_WAIT``."""
        failed = 0
        while not self._stopped.is_set():
            try:
                self._bucket.ensure()
                self._filer.round()
                self._last_round = time.time()
                failed = 0
            except S3Error as error:
                failed += 1
                log.warning("the bucket is not usable: %s", error)
            except Exception:
                failed += 1
                log.exception("the round failed")
            self._stopped.wait(min(self._interval * 2 ** min(failed, 10), max(LONGEST_WAIT, self._interval)))

    def stop(self) -> None:
        """Stop after the current round."""
        self._stopped.set()

    def healthy(self) -> bool:
        """Return whether the last successful round is not older than three intervals or 30 s, whichever is longer."""
        return time.time() - self._last_round < max(30.0, 3 * self._interval)

    def metrics(self) -> str:
        """Return the counters in Prometheus' text format."""
        counters = self._filer.counters
        rows = (
            ("filed_documents_total", "counter", counters.filed),
            ("filed_bytes_total", "counter", counters.bytes),
            ("indexed_documents_total", "counter", counters.indexed),
            ("failures_total", "counter", counters.failed),
            ("quarantined_documents", "gauge", self._filer.attempts.quarantined),
            ("kept_originals", "gauge", self._filer.kept),
            ("last_round_timestamp_seconds", "gauge", self._last_round),
        )
        return "".join(f"# TYPE vdc_agent_{name} {kind}\nvdc_agent_{name} {value}\n" for name, kind, value in rows)


def serve(agent: Agent, port: int) -> ThreadingHTTPServer:
    """Serve ``/healthz`` and ``/metrics`` on ``port`` in a thread; return the server, which the caller closes."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/healthz":
                self._answer(
                    200 if agent.healthy() else 503,
                    "ok\n" if agent.healthy() else "the last successful round is too old\n",
                )
            elif self.path == "/metrics":
                self._answer(200, agent.metrics())
            else:
                self._answer(404, "GET /healthz or /metrics\n")

        def _answer(self, status: int, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Do not log requests: health checks come every few seconds."""

    server = ThreadingHTTPServer(("", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def configure(path: Path) -> tuple[Agent, int]:
    """Create the agent from a JSON file (mode 0400: it holds credentials); return it and its port. Raises ``ConfigError``."""
    try:
        config = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from None
    if not isinstance(config, dict):
        raise ConfigError(f"{path}: is a {type(config).__name__}; write an object with {', '.join(NEEDED)}")
    for key in NEEDED:
        if not config.get(key):
            raise ConfigError(f"{path}: {key} is missing; set {', '.join(NEEDED)}")
    bucket = Bucket(*(config[key] for key in NEEDED), region=config.get("region", "us-east-1"))
    stores: list[Store] = []
    if "qdrant" in config:
        stores.append(Qdrant(config["qdrant"]["url"], config["qdrant"].get("api_key", "")))
    if "neo4j" in config:
        stores.append(Neo4j(config["neo4j"]["url"], config["neo4j"]["user"], config["neo4j"]["password"]))
    filer = Filer(bucket, stores, int(config.get("max_document_bytes", MAX_DOCUMENT)))
    agent = Agent(filer, bucket, float(config.get("interval", 5)))
    return agent, int(config.get("port", 8080))
