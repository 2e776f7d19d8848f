"""The lab's mail server: its listener and the mails that it received."""

from __future__ import annotations

import asyncio
import socket
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from ..core.clock import iso
from ..core.faults import Fault
from ..core.gateway import Lab
from .session import MAX_BYTES, Session

# Fault rules name the mail server by this ``cloud``.
NAME = "smtp"


class MailSink:
    """Accepts mail on ``listener`` from ``start`` to ``stop`` and stores it in order of arrival.

    Repeats are not detected: a mail that was sent twice is stored twice.
    """

    def __init__(self, lab: Lab, listener: socket.socket) -> None:
        self._lab = lab
        self._listener = listener
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self._mails: list[dict[str, Any]] = []

    async def start(self) -> None:
        """Start to accept connections."""
        self._server = await asyncio.start_server(self._serve, sock=self._listener, limit=MAX_BYTES)

    async def stop(self) -> None:
        """Close the listener and all open connections."""
        if self._server is not None:
            self._server.close()
            for task in self._open:
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    def clear(self) -> None:
        """Delete every mail."""
        self._mails.clear()

    def dump(self) -> list[dict[str, Any]]:
        """Every mail, for ``/_lab/mails``."""
        return self._mails

    def store(self, sender: str, recipients: list[str], raw: bytes) -> None:
        """Store one mail."""
        message = message_from_bytes(raw, _class=EmailMessage, policy=default)
        body = message.get_body(("plain",))
        self._mails.append(
            {
                "number": len(self._mails) + 1,
                "arrived": iso(self._lab.clock.now()),
                "from": sender,
                "to": recipients,
                "message_id": str(message["Message-ID"] or ""),
                "subject": str(message["Subject"] or ""),
                "headers": [[name, str(value)] for name, value in message.items()],
                "text": body.get_content().replace("\r\n", "\n") if body else "",
            }
        )

    def match_fault(self, operation: str) -> Fault | None:
        """The fault that applies to this step of a conversation, if any."""
        return self._lab.faults.match(NAME, operation, operation.upper())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await Session(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client closed the connection
        finally:
            self._open.discard(task)
            writer.close()
