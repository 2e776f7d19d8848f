"""What the stand-ins share: a JSON-speaking HTTP handler, and files that survive a crash."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Refused(Exception):
    """A request that is answered with ``status`` and ``body`` instead of being done."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body


class Handler(BaseHTTPRequestHandler):
    """Keeps connections open, and its peace."""

    protocol_version = "HTTP/1.1"

    def say(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        """Send an answer; underscores in the names of ``headers`` stand for hyphens."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Calls come every few seconds; they are not worth a line each."""


class JsonHandler(Handler):
    """Answers with what ``handle_call`` returns: a status and a JSON value."""

    def handle_call(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Do one call; may raise ``Refused``."""
        raise NotImplementedError

    def _take(self) -> None:
        try:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(raw) if raw else None
            status, answer = self.handle_call(self.command, self.path.partition("?")[0], body)
        except Refused as refused:
            status, answer = refused.status, refused.body
        except (ValueError, KeyError, TypeError) as error:
            status, answer = 400, {"error": f"{type(error).__name__}: {error}"}
        self.say(status, json.dumps(answer).encode(), "application/json")

    do_GET = do_PUT = do_POST = do_DELETE = _take


def write(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content``: after a crash there is the old or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


def run(handler: type[BaseHTTPRequestHandler], port: int) -> None:
    """Serve on ``port`` until SIGTERM."""
    server = ThreadingHTTPServer(("", port), handler)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
