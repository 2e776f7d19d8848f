"""What the lab's mail server took, and its listener."""

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
from .session import MOST_BYTES, Session

# The name under which fault rules know it.
NAME = "smtp"


class MailSink:
    """Takes mail on ``listener`` from ``start`` to ``stop`` and keeps all of it, in order of arrival.

    Nothing is recognised as a repeat: what was delivered twice is kept twice.
    """

    def __init__(self, lab: Lab, listener: socket.socket) -> None:
        self._lab = lab
        self._listener = listener
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self._mails: list[dict[str, Any]] = []

    async def start(self) -> None:
        """Answer from now on."""
        self._server = await asyncio.start_server(self._serve, sock=self._listener, limit=MOST_BYTES)

    async def stop(self) -> None:
        """End the listener and what is still connected."""
        if self._server is not None:
            self._server.close()
            for task in self._open:
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    def clear(self) -> None:
        """Forget every mail."""
        self._mails.clear()

    def dump(self) -> list[dict[str, Any]]:
        """Every mail, for ``/_lab/mails``."""
        return self._mails

    def keep(self, sender: str, recipients: list[str], raw: bytes) -> None:
        """Add one mail."""
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

    def strike(self, operation: str) -> Fault | None:
        """The fault that meets this step of a conversation, if any."""
        return self._lab.faults.strike(NAME, operation, operation.upper())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await Session(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away
        finally:
            self._open.discard(task)
            writer.close()
