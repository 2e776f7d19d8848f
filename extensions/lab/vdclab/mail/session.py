"""One conversation in SMTP (RFC 5321): EHLO, HELO, MAIL, RCPT, DATA, RSET, NOOP and QUIT, with SIZE and 8BITMIME."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from ..core.faults import Fault

if TYPE_CHECKING:
    from .sink import MailSink

# What is announced by SIZE; bigger mails are refused.
MOST_BYTES = 10 << 20
NAME = "lab.vdc.example"
PATH = re.compile(r"<([^<>\s]*)>(?:\s+(.*))?")
SIZE = re.compile(r"(?:^|\s)SIZE=(\d+)", re.IGNORECASE)


class Broken(ConnectionError):
    """A fault ended the conversation."""


class Session:
    """A client's conversation with the sink. Faults strike at ``connect``, ``mail``, ``rcpt`` and ``data``."""

    def __init__(self, sink: MailSink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sink = sink
        self._reader = reader
        self._writer = writer
        self._greeted = False
        self._sender: str | None = None
        self._recipients: list[str] = []

    async def run(self) -> None:
        """Answer until the client says goodbye; raises ``ConnectionError`` when it is cut."""
        if await self._struck(self._sink.strike("connect")):
            return
        await self._say(220, f"{NAME} takes every mail and delivers none")
        while True:
            line = (await self._line()).decode("utf-8", "replace").rstrip("\r\n")
            verb, _, rest = line.partition(" ")
            if verb.upper() == "QUIT":
                await self._say(221, "goodbye")
                return
            step = getattr(self, f"_on_{verb.lower()}", None) if verb.isalpha() else None
            await (step(rest) if step else self._say(502, f"{verb[:20]!r} is not built"))

    async def _on_ehlo(self, rest: str) -> None:
        self._forget()
        self._greeted = True
        await self._say(250, NAME, f"SIZE {MOST_BYTES}", "8BITMIME")

    async def _on_helo(self, rest: str) -> None:
        self._forget()
        self._greeted = True
        await self._say(250, NAME)

    async def _on_noop(self, rest: str) -> None:
        await self._say(250, "nothing done")

    async def _on_rset(self, rest: str) -> None:
        self._forget()
        await self._say(250, "forgotten")

    async def _on_mail(self, rest: str) -> None:
        found = PATH.fullmatch(rest[5:].strip()) if rest.upper().startswith("FROM:") else None
        size = SIZE.search(found[2] or "") if found else None
        if not self._greeted or self._sender is not None:
            await self._say(503, "greet first, and one sender a mail")
        elif found is None:
            await self._say(501, "say MAIL FROM:<address>")
        elif size and int(size[1]) > MOST_BYTES:
            await self._say(552, f"more than {MOST_BYTES} bytes")
        elif not await self._struck(self._sink.strike("mail")):
            self._sender = found[1]
            await self._say(250, "sender noted")

    async def _on_rcpt(self, rest: str) -> None:
        found = PATH.fullmatch(rest[3:].strip()) if rest.upper().startswith("TO:") else None
        if self._sender is None:
            await self._say(503, "say MAIL first")
        elif found is None or "@" not in found[1]:
            await self._say(501, "say RCPT TO:<address>")
        elif not await self._struck(self._sink.strike("rcpt")):
            self._recipients.append(found[1])
            await self._say(250, "recipient noted")

    async def _on_data(self, rest: str) -> None:
        if not self._recipients or self._sender is None:
            await self._say(503, "say RCPT first")
            return
        await self._say(354, "end with a line that is a single dot")
        raw = await self._body()
        fault = self._sink.strike("data")
        if (fault is None or fault.when == "after" or not _ends(fault)) and raw is not None:
            self._sink.keep(self._sender, self._recipients, raw)
        self._forget()
        if raw is None:
            await self._say(552, f"more than {MOST_BYTES} bytes")
        elif not await self._struck(fault):
            await self._say(250, "taken")

    async def _body(self) -> bytes | None:
        """What comes before the single dot; nothing when it is more than is taken."""
        lines: list[bytes] = []
        size = 0
        while (line := await self._line()) != b".\r\n":
            size += len(line)
            if size <= MOST_BYTES:
                lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines) if size <= MOST_BYTES else None

    async def _line(self) -> bytes:
        try:
            return await self._reader.readuntil(b"\r\n")
        except asyncio.LimitOverrunError:
            raise Broken("a line without end") from None

    async def _struck(self, fault: Fault | None) -> bool:
        """Let the fault take place; whether it took the answer's place."""
        if fault is None:
            return False
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.drop:
            self._writer.transport.abort()
            raise Broken("dropped by a fault")
        if fault.status:
            await self._say(fault.status, fault.message)
        return _ends(fault)

    async def _say(self, code: int, *lines: str) -> None:
        last = len(lines) - 1
        for number, line in enumerate(lines):
            self._writer.write(f"{code}{' ' if number == last else '-'}{line}\r\n".encode())
        await self._writer.drain()

    def _forget(self) -> None:
        self._sender = None
        self._recipients = []


def _ends(fault: Fault) -> bool:
    return fault.drop or fault.status is not None
