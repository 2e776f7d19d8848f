"""A fake of Vault: a key-value store of version 2 at ``secret/``, tokens and AppRole, as far as clients of secrets use it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN, ROLE_ID, SECRET_ID = "fake-vault-token", "fake-role", "fake-secret-id"
MOUNT = "/v1/secret/"


class FakeVault(ThreadingHTTPServer):
    """The server; ``versions`` are the values of each path, oldest first, None for a deleted version."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.versions: dict[str, list[dict[str, Any] | None]] = {}
        self.lock = threading.Lock()
        self.sealed = False

    @property
    def address(self) -> str:
        """What clients have in VAULT_ADDR."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of Vault's HTTP API."""

    server: FakeVault

    def log_message(self, *_given: Any) -> None:
        """Log nothing."""

    def _respond(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        path = self.path.partition("?")[0]
        if self.server.sealed:
            return self._send(503, {"errors": ["Vault is sealed"]})
        if path == "/v1/auth/approle/login":
            known = (body.get("role_id"), body.get("secret_id")) == (ROLE_ID, SECRET_ID)
            return (
                self._send(200, {"auth": {"client_token": TOKEN}})
                if known
                else self._send(400, {"errors": ["invalid role or secret ID"]})
            )
        if self.headers.get("X-Vault-Token") != TOKEN:
            return self._send(403, {"errors": ["permission denied"]})
        with self.server.lock:
            return self._store(path, body)

    do_GET = do_POST = do_PUT = do_DELETE = do_LIST = _respond

    def _store(self, path: str, body: dict[str, Any]) -> None:
        kind, _slash, name = path.removeprefix(MOUNT).partition("/")
        versions = self.server.versions
        if not path.startswith(MOUNT) or kind not in ("data", "metadata"):
            return self._send(404, {"errors": ["no handler for route"]})
        if (kind, self.command) == ("metadata", "LIST"):
            below = [each.removeprefix(f"{name}/") for each in versions if each.startswith(f"{name}/")]
            keys = sorted({part + slash for part, slash, _rest in (each.partition("/") for each in below)})
            return self._send(200, {"data": {"keys": keys}}) if keys else self._send(404, {"errors": []})
        if (kind, self.command) == ("metadata", "DELETE"):
            versions.pop(name, None)
            return self._send(204, None)
        stored = versions.get(name, [])
        if self.command in ("POST", "PUT"):
            cas = body.get("options", {}).get("cas")
            if cas is not None and cas != len(stored):
                return self._send(400, {"errors": ["check-and-set parameter did not match the current version"]})
            versions.setdefault(name, []).append(body["data"])
            return self._send(200, {"data": {"version": len(versions[name])}})
        if self.command == "DELETE" and stored:
            stored.append(None)
            return self._send(204, None)
        if not stored:
            return self._send(404, {"errors": []})
        metadata = {"version": len(stored), "deletion_time": "" if stored[-1] else "2026-11-28T00:00:00Z"}
        return self._send(200 if stored[-1] else 404, {"data": {"data": stored[-1], "metadata": metadata}})

    def _send(self, status: int, document: dict[str, Any] | None) -> None:
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def fake_vault() -> Iterator[FakeVault]:
    """Run a fake Vault."""
    server = FakeVault()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
