# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writing mails, and handing them to a mail server."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

SUBJECT = "Subject:"
# The ports that each security is offered at by custom.
PORTS = {"none": 25, "starttls": 587, "tls": 465}


class MailFailed(Exception):
    """One mail was not taken, or whether it was is not known."""


class ServerFailed(MailFailed):
    """The server takes no mail at all for now."""


@dataclass(frozen=True)
class Server:
    """Where mail is handed in. ``port`` 0 is the customary one of ``security`` (``none``,
    ``starttls``, ``tls``); ``timeout`` (seconds) is that of each step, of which a mail takes
    at most ``STEPS``."""

    host: str
    port: int = 0
    security: str = "starttls"
    user: str = ""
    password: str = ""
    ca_file: str = ""
    timeout: int = 30

    STEPS = 10

    def check(self) -> None:
        """Raise ``ValidationError`` for what cannot be, before anything is sent."""
        if self.user and self.security == "none":
            raise ValidationError(
                "smtp_security: a password is not sent in the clear; use starttls or tls, or leave smtp_user out"
            )
        if self.ca_file:
            try:
                ssl.create_default_context(cafile=self.ca_file)
            except OSError as error:
                raise ValidationError(
                    f"smtp_ca_file: {self.ca_file} cannot be used: {error.strerror or error}"
                ) from None

    @property
    def place(self) -> str:
        """Host and port, for messages."""
        return f"{self.host}:{self.port or PORTS[self.security]}"


class Post:
    """Hands in mails one after the other over one connection, made when the first is handed in and
    again after it broke."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client: smtplib.SMTP | None = None

    def __enter__(self) -> Post:
        return self

    def __exit__(self, *_error: object) -> None:
        self._leave()

    def send(self, message: EmailMessage) -> None:
        """Hand one mail in; raises ``MailFailed`` and, when no other mail would fare better, ``ServerFailed``."""
        client = self._client or self._connect()
        try:
            client.send_message(message)
        except smtplib.SMTPServerDisconnected:
            self._leave()
            raise MailFailed(f"{self._server.place} broke the connection") from None
        except smtplib.SMTPRecipientsRefused as error:
            (code, said) = next(iter(error.recipients.values()))
            raise MailFailed(f"{self._server.place} refused the recipient: {_words(code, said)}") from None
        except smtplib.SMTPResponseException as error:
            raise MailFailed(
                f"{self._server.place} refused the mail: {_words(error.smtp_code, error.smtp_error)}"
            ) from None
        except (OSError, ValueError) as error:
            self._leave()
            raise MailFailed(f"{self._server.place} did not take the mail: {_reason(error)}") from None

    def _connect(self) -> smtplib.SMTP:
        server, port = self._server, self._server.port or PORTS[self._server.security]
        ours = socket.gethostname()
        try:
            if server.security == "tls":
                trusted = ssl.create_default_context(cafile=server.ca_file or None)
                client: smtplib.SMTP = smtplib.SMTP_SSL(
                    server.host, port, ours, timeout=server.timeout, context=trusted
                )
            else:
                client = smtplib.SMTP(server.host, port, ours, timeout=server.timeout)
        except smtplib.SMTPResponseException as error:
            raise ServerFailed(f"{server.place} refused us: {_words(error.smtp_code, error.smtp_error)}") from None
        except OSError as error:
            raise ServerFailed(f"{server.place} cannot be reached: {_reason(error)}") from None
        self._client = client
        try:
            if server.security == "starttls":
                client.starttls(context=ssl.create_default_context(cafile=server.ca_file or None))
            if server.user:
                client.login(server.user, server.password)
        except smtplib.SMTPNotSupportedError:
            self._leave()
            raise ServerFailed(f"{server.place} does not offer what smtp_security and smtp_user ask for") from None
        except smtplib.SMTPResponseException as error:
            self._leave()
            raise ServerFailed(f"{server.place} refused us: {_words(error.smtp_code, error.smtp_error)}") from None
        except OSError as error:
            self._leave()
            raise ServerFailed(f"{server.place} cannot be spoken to: {_reason(error)}") from None
        return client

    def _leave(self) -> None:
        if self._client is not None:
            with contextlib.suppress(OSError):
                self._client.quit()
            self._client.close()
            self._client = None


def split(text: str) -> tuple[str, str]:
    """Subject and body of a rendered mail: its first line is ``Subject: …``; raises ``ValueError``."""
    first, _newline, body = text.lstrip().partition("\n")
    subject = first[len(SUBJECT) :].strip()
    if not first.startswith(SUBJECT) or not subject or not body.strip():
        raise ValueError("its first line must be 'Subject: …', and a text must follow")
    return subject, body.strip() + "\n"


def check_address(address: str) -> str:
    """``address`` itself; raises ``ValueError`` for what is no mail address."""
    try:
        parsed = Address(addr_spec=address)
    except (MessageError, ValueError, IndexError):
        parsed = Address()
    if not parsed.username or not parsed.domain or parsed.addr_spec != address:
        raise ValueError(f"{address!r} is no mail address")
    return address


def write(sender: str, recipient: str, text: str, message_id: str, now: int) -> EmailMessage:
    """A mail in plain text, dated ``now`` (seconds since the epoch); raises ``ValueError``."""
    subject, body = split(text)
    message = EmailMessage()
    message["From"] = Address(addr_spec=check_address(sender))
    message["To"] = Address(addr_spec=check_address(recipient))
    message["Subject"] = subject
    message["Date"] = formatdate(now)
    message["Message-ID"] = f"<{message_id}@{sender.rpartition('@')[2]}>"
    # No out-of-office replies (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body, cte=None if body.isascii() else "quoted-printable")
    return message


def _words(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}".strip()


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
