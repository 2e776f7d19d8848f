"""One conversation in SMTP (RFC 5321): EHLO, HELO, MAIL, RCPT, DATA, RSET, NOOP and QUIT, with SIZE and 8BITMIME."""

from __future__ import annotations

import asyncio
import re
from typing import Protocol

from ..core.faults import Fault

# Announced by SIZE; larger mails are rejected.
MAX_BYTES = 10 << 20
NAME = "lab.vdc.example"
PATH = re.compile(r"<([^<>\s]*)>(?:\s+(.*))?")
SIZE = re.compile(r"(?:^|\s)SIZE=(\d+)", re.IGNORECASE)


class Broken(ConnectionError):
    """A fault, or a line that is too long, ended the conversation."""


class Mailbox(Protocol):
    """Where a conversation stores its mails and looks up its faults."""

    def match_fault(self, operation: str) -> Fault | None:
        """The fault that applies to this step of a conversation, if any."""

    def store(self, sender: str, recipients: list[str], raw: bytes) -> None:
        """Store one mail."""


class Session:
    """A client's conversation. Faults apply at ``connect``, ``mail``, ``rcpt`` and ``data``."""

    def __init__(self, mailbox: Mailbox, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._mailbox = mailbox
        self._reader = reader
        self._writer = writer
        self._greeted = False
        self._sender: str | None = None
        self._recipients: list[str] = []

    async def run(self) -> None:
        """Answer until the client sends QUIT; raises ``ConnectionError`` when the connection breaks."""
        if await self._apply_fault(self._mailbox.match_fault("connect")):
            return
        await self._reply(220, f"{NAME} accepts every mail and delivers none")
        while True:
            line = (await self._line()).decode("utf-8", "replace").rstrip("\r\n")
            verb, _, rest = line.partition(" ")
            if verb.upper() == "QUIT":
                await self._reply(221, "goodbye")
                return
            step = getattr(self, f"_on_{verb.lower()}", None) if verb.isalpha() else None
            await (step(rest) if step else self._reply(502, f"command {verb[:20]!r} is not implemented"))

    async def _on_ehlo(self, rest: str) -> None:
        self._reset()
        self._greeted = True
        await self._reply(250, NAME, f"SIZE {MAX_BYTES}", "8BITMIME")

    async def _on_helo(self, rest: str) -> None:
        self._reset()
        self._greeted = True
        await self._reply(250, NAME)

    async def _on_noop(self, rest: str) -> None:
        await self._reply(250, "OK")

    async def _on_rset(self, rest: str) -> None:
        self._reset()
        await self._reply(250, "reset")

    async def _on_mail(self, rest: str) -> None:
        found = PATH.fullmatch(rest[5:].strip()) if rest.upper().startswith("FROM:") else None
        size = SIZE.search(found[2] or "") if found else None
        if not self._greeted or self._sender is not None:
            await self._reply(503, "send EHLO first, and one MAIL command per mail")
        elif found is None:
            await self._reply(501, "syntax: MAIL FROM:<address>")
        elif size and int(size[1]) > MAX_BYTES:
            await self._reply(552, f"message exceeds {MAX_BYTES} bytes")
        elif not await self._apply_fault(self._mailbox.match_fault("mail")):
            self._sender = found[1]
            await self._reply(250, "sender accepted")

    async def _on_rcpt(self, rest: str) -> None:
        found = PATH.fullmatch(rest[3:].strip()) if rest.upper().startswith("TO:") else None
        if self._sender is None:
            await self._reply(503, "send MAIL first")
        elif found is None or "@" not in found[1]:
            await self._reply(501, "syntax: RCPT TO:<address>")
        elif not await self._apply_fault(self._mailbox.match_fault("rcpt")):
            self._recipients.append(found[1])
            await self._reply(250, "recipient accepted")

    async def _on_data(self, rest: str) -> None:
        if not self._recipients or self._sender is None:
            await self._reply(503, "send RCPT first")
            return
        await self._reply(354, "end data with <CRLF>.<CRLF>")
        raw = await self._body()
        fault = self._mailbox.match_fault("data")
        if (fault is None or fault.when == "after" or not _replaces_answer(fault)) and raw is not None:
            self._mailbox.store(self._sender, self._recipients, raw)
        self._reset()
        if raw is None:
            await self._reply(552, f"message exceeds {MAX_BYTES} bytes")
        elif not await self._apply_fault(fault):
            await self._reply(250, "accepted")

    async def _body(self) -> bytes | None:
        """The message up to the line with a single dot; ``None`` when it exceeds ``MAX_BYTES``."""
        lines: list[bytes] = []
        size = 0
        while (line := await self._line()) != b".\r\n":
            size += len(line)
            if size <= MAX_BYTES:
                lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines) if size <= MAX_BYTES else None

    async def _line(self) -> bytes:
        try:
            return await self._reader.readuntil(b"\r\n")
        except asyncio.LimitOverrunError:
            raise Broken("line too long") from None

    async def _apply_fault(self, fault: Fault | None) -> bool:
        """Apply the fault; returns whether it replaced the answer."""
        if fault is None:
            return False
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.drop:
            self._writer.transport.abort()
            raise Broken("dropped by a fault")
        if fault.status:
            await self._reply(fault.status, fault.message)
        return _replaces_answer(fault)

    async def _reply(self, code: int, *lines: str) -> None:
        last = len(lines) - 1
        for number, line in enumerate(lines):
            self._writer.write(f"{code}{' ' if number == last else '-'}{line}\r\n".encode())
        await self._writer.drain()

    def _reset(self) -> None:
        self._sender = None
        self._recipients = []


def _replaces_answer(fault: Fault) -> bool:
    return fault.drop or fault.status is not None
