"""Object storage: moto's S3 in the lab's process, behind the lab's own access key."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable
from socket import socket
from typing import Any

from ..core.settings import Settings

HOST = "127.0.0.1"
# The access key in a signed header or in a presigned URL.
CREDENTIAL = re.compile(r"(?:Credential=|AWSAccessKeyId=|AWS )([^/:&,\s%]+)")
REFUSED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>InvalidAccessKeyId</Code><Message>The access key is not this lab's.</Message></Error>"
)


class S3:
    """Serves S3 on ``port`` (0: a free one) of loopback from ``start`` to ``stop``.

    The access key is checked, the signature is not: moto does not. Importing moto's server
    takes about a second, so it waits until the start.
    """

    def __init__(self, settings: Settings, port: int = 0) -> None:
        self._key = settings.s3_access_key
        self._port = port
        self._servers: list[Any] = []
        self._threads: list[threading.Thread] = []

    @property
    def endpoint(self) -> str:
        """Its URL; raises ``RuntimeError`` before the start."""
        return self._url(0)

    @property
    def guests_endpoint(self) -> str:
        """Its URL where guests reach it; raises ``RuntimeError`` before the start."""
        return self._url(-1)

    def start(self, guests: socket | None = None) -> None:
        """Answer from now on, on ``guests`` (a listening socket) too."""
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            MotoRequestHandler,
            create_backend_app,
        )
        from werkzeug.serving import make_server

        logging.getLogger("werkzeug").setLevel(logging.WARNING)  # else a line of log for each request
        served = DomainDispatcherApplication(create_backend_app)
        places: list[tuple[str, int, int | None]] = [(HOST, self._port, None)]
        if guests is not None:
            places.append((*guests.getsockname(), guests.fileno()))
        for host, port, handle in places:
            server = make_server(
                host, port, self._guarded(served), threaded=True, request_handler=MotoRequestHandler, fd=handle
            )
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            self._servers.append(server)
            self._threads.append(thread)
        if guests is not None:
            guests.close()  # the server has a copy

    def stop(self) -> None:
        """End the listeners; what was stored is gone with the process."""
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join(timeout=10)
        self._servers, self._threads = [], []

    def reset(self) -> None:
        """Forget every bucket."""
        if self._servers:
            from moto.backends import get_backend

            for regions in get_backend("s3").values():
                for backend in regions.values():
                    backend.reset()

    def _url(self, place: int) -> str:
        if not self._servers:
            raise RuntimeError("S3 has not been started")
        host, port = self._servers[place].socket.getsockname()
        return f"http://{host}:{port}"

    def _guarded(self, served: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            signed = environ.get("HTTP_AUTHORIZATION", "") + "&" + environ.get("QUERY_STRING", "")
            found = CREDENTIAL.search(signed)
            if found is None or found[1] != self._key:
                start_response("403 Forbidden", [("Content-Type", "application/xml")])
                return [REFUSED]
            return served(environ, start_response)

        return application
