"""Object storage: moto's S3 in the lab's process, behind the lab's own access key."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable
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
        self._server: Any = None
        self._thread: threading.Thread | None = None

    @property
    def endpoint(self) -> str:
        """Its URL; raises ``RuntimeError`` before the start."""
        if self._server is None:
            raise RuntimeError("S3 has not been started")
        return f"http://{HOST}:{self._server.server_port}"

    def start(self) -> None:
        """Answer from now on."""
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            MotoRequestHandler,
            create_backend_app,
        )
        from werkzeug.serving import make_server

        logging.getLogger("werkzeug").setLevel(logging.WARNING)  # else a line of log for each request
        served = DomainDispatcherApplication(create_backend_app)
        self._server = make_server(
            HOST, self._port, self._guarded(served), threaded=True, request_handler=MotoRequestHandler
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the listener; what was stored is gone with the process."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def reset(self) -> None:
        """Forget every bucket."""
        if self._server is not None:
            from moto.backends import get_backend

            for regions in get_backend("s3").values():
                for backend in regions.values():
                    backend.reset()

    def _guarded(self, served: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            signed = environ.get("HTTP_AUTHORIZATION", "") + "&" + environ.get("QUERY_STRING", "")
            found = CREDENTIAL.search(signed)
            if found is None or found[1] != self._key:
                start_response("403 Forbidden", [("Content-Type", "application/xml")])
                return [REFUSED]
            return served(environ, start_response)

        return application
