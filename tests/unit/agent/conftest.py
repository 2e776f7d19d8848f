"""The filing agent's package and the servers that it uses."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "roles/tenant_stack/files/agent"))


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """An S3 endpoint (moto)."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class Recorder:
    """An HTTP server that records JSON requests and returns ``status`` and ``answer``."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, Any, dict[str, str]]] = []
        self.status = 200
        self.answer: Any = {}
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def _take(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"null")
                recorder.calls.append((self.command, self.path, body, dict(self.headers)))
                self.send_response(recorder.status)
                self.end_headers()
                self.wfile.write(json.dumps(recorder.answer).encode())

            do_PUT = do_POST = _take

            def log_message(self, *_: Any) -> None:
                """Silence the agent's own output."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    made = Recorder()
    yield made
    made.close()
