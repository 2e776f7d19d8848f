"""Object storage: moto's S3 in the lab's process, protected by the lab's own access key."""

from __future__ import annotations

import logging
import re
import select
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

from ..core.settings import Settings

HOST = "127.0.0.1"
# The access key in a signed header or in a presigned URL.
CREDENTIAL = re.compile(r"(?:Credential=|AWSAccessKeyId=|AWS )([^/:&,\s%]+)")
REJECTED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>InvalidAccessKeyId</Code><Message>The access key is not this lab's.</Message></Error>"
)
POLL_SECONDS = 0.05  # how often a server checks whether it shall stop


class S3:
    """Serves S3 on ``port`` (0: a free one) of the loopback interface from ``start`` to ``stop``.

    The access key is checked, the signature is not, because moto does not. Importing moto takes
    most of a second, so a thread does it when the first client connects.
    """

    def __init__(self, settings: Settings, port: int = 0) -> None:
        self._key = settings.s3_access_key
        self._port = port
        self._listeners: list[socket.socket] = []
        self._servers: list[Any] = []
        self._threads: list[threading.Thread] = []
        self._stop, self._stopped = socket.socketpair()

    @property
    def endpoint(self) -> str:
        """The URL for the controller; raises ``RuntimeError`` before ``start``."""
        return self._url(0)

    @property
    def guests_endpoint(self) -> str:
        """The URL for guests; raises ``RuntimeError`` before ``start``."""
        return self._url(-1)

    def start(self, guests: socket.socket | None = None) -> None:
        """Start to answer, also on the listening socket ``guests``."""
        self._listeners = [socket.create_server((HOST, self._port), backlog=128)]
        if guests is not None:
            self._listeners.append(guests)
        thread = threading.Thread(target=self._serve_first_client, name="s3", daemon=True)
        thread.start()
        self._threads.append(thread)

    def stop(self) -> None:
        """Close the listeners."""
        self._stop.close()
        for thread in self._threads[:1]:
            thread.join(timeout=10)  # else it could still add servers
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join(timeout=10)
        for listener in (*self._listeners, self._stopped):
            listener.close()
        self._listeners, self._servers, self._threads = [], [], []

    def reset(self) -> None:
        """Delete every bucket."""
        if self._servers:
            from moto.backends import get_backend

            for regions in get_backend("s3").values():
                for backend in regions.values():
                    backend.reset()

    def _url(self, index: int) -> str:
        if not self._listeners:
            raise RuntimeError("S3 has not been started")
        host, port = self._listeners[index].getsockname()
        return f"http://{host}:{port}"

    def _serve_first_client(self) -> None:
        """Wait for the first connection, then start a server on each listener."""
        readable, _, _ = select.select([*self._listeners, self._stopped], [], [])
        if self._stopped in readable:
            return
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            MotoRequestHandler,
            create_backend_app,
        )
        from werkzeug.serving import make_server

        logging.getLogger("werkzeug").setLevel(logging.WARNING)  # else it logs every request
        application = self._guarded(DomainDispatcherApplication(create_backend_app))
        for listener in self._listeners:
            host, port = listener.getsockname()
            server = make_server(
                host,
                port,
                application,
                threaded=True,
                request_handler=MotoRequestHandler,
                fd=listener.fileno(),
            )
            thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
            thread.start()
            self._servers.append(server)
            self._threads.append(thread)

    def _guarded(self, application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        """``application``, but requests without the lab's access key are answered with 403."""

        def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            signed = environ.get("HTTP_AUTHORIZATION", "") + "&" + environ.get("QUERY_STRING", "")
            found = CREDENTIAL.search(signed)
            if found is None or found[1] != self._key:
                start_response("403 Forbidden", [("Content-Type", "application/xml")])
                return [REJECTED]
            return application(environ, start_response)

        return guarded
