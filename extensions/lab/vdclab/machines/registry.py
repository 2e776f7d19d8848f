"""A read-only container registry (the pull part of the distribution API) for the images in the cache."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket

from .containers import MANIFEST

HOST = "203.0.113.1"  # the lab's address in the guests' network
ADDRESS = (HOST, 5000)
PATHS = re.compile(r"/v2/(?P<name>[a-z0-9/._-]+)/(?P<what>manifests|blobs|tags)/(?P<reference>[A-Za-z0-9:._-]+)")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Registry:
    """Serves ``images`` (name -> directory) on ``listener``, a listening socket in the lab's network, from
    threads of the lab's process."""

    def __init__(self, images: dict[str, Path], listener: socket) -> None:
        indexes = {name: json.loads((directory / "index.json").read_text()) for name, directory in images.items()}
        handler = type("Handler", (_Handler,), {"images": images, "indexes": indexes})
        self._server = ThreadingHTTPServer(ADDRESS, handler, bind_and_activate=False)
        self._server.socket.close()
        self._server.socket = listener
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="registry", daemon=True).start()

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    images: dict[str, Path]
    indexes: dict[str, dict]

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, body: bool) -> None:
        if self.path.rstrip("/") == "/v2":
            self._send(200, "application/json", b"{}", body)
            return
        found = PATHS.fullmatch(self.path)
        if not found or found["name"] not in self.images:
            self._missing("NAME_UNKNOWN", body)
            return
        directory, index = self.images[found["name"]], self.indexes[found["name"]]
        if found["what"] == "tags":
            tags = {"name": found["name"], "tags": index["tags"]}
            self._send(200, "application/json", json.dumps(tags).encode(), body)
            return
        manifest = found["what"] == "manifests"
        reference = index["manifest"] if manifest and found["reference"] in index["tags"] else found["reference"]
        blob = directory / reference.replace(":", "-")
        if not DIGEST.fullmatch(reference) or not blob.is_file():
            self._missing("MANIFEST_UNKNOWN" if manifest else "BLOB_UNKNOWN", body)
            return
        kind = MANIFEST if manifest else "application/octet-stream"
        self._send(200, kind, blob.read_bytes(), body, {"Docker-Content-Digest": reference})

    def _missing(self, code: str, body: bool) -> None:
        error = {"errors": [{"code": code, "message": "not in the lab's registry", "detail": self.path}]}
        self._send(404, "application/json", json.dumps(error).encode(), body)

    def _send(self, status: int, kind: str, raw: bytes, body: bool, extra: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        for name, value in (extra or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Log nothing."""
