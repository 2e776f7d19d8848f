"""What the fakes share: HTTP handlers, and files that survive a crash."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class HttpError(Exception):
    """A request that is answered with the error ``status`` and ``body``."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body


class Handler(BaseHTTPRequestHandler):
    """An HTTP/1.1 handler that keeps connections open and logs nothing."""

    protocol_version = "HTTP/1.1"

    def reply(self, status: int, body: bytes, kind: str, **headers: str) -> None:
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
        """Log nothing: agents call every few seconds."""


class JsonHandler(Handler):
    """Answers with what ``handle_call`` returns: a status and a JSON value."""

    def handle_call(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Answer one call; may raise ``HttpError``."""
        raise NotImplementedError

    def _handle(self) -> None:
        try:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(raw) if raw else None
            status, answer = self.handle_call(self.command, self.path.partition("?")[0], body)
        except HttpError as error:
            status, answer = error.status, error.body
        except (ValueError, KeyError, TypeError) as error:
            status, answer = 400, {"error": f"{type(error).__name__}: {error}"}
        self.reply(status, json.dumps(answer).encode(), "application/json")

    do_GET = do_PUT = do_POST = do_DELETE = _handle


def write(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content`` atomically: a crash leaves the old or the new content."""
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
