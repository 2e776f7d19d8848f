# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compose mails and send them through a mail server."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import email_addresses

SUBJECT = "Subject:"
# The default port of each kind of security.
PORTS = {"none": 25, "starttls": 587, "tls": 465}


class MailError(Exception):
    """One mail was not accepted, or it is unknown whether it was."""


class MailServerError(MailError):
    """The server accepts no mail at all for now."""


@dataclass(frozen=True)
class Server:
    """A mail server and the account on it.

    ``port`` 0 is the default port of ``security`` (``none``, ``starttls``, ``tls``). ``timeout`` is in seconds for
    each step; a mail takes at most ``STEPS`` steps.
    """

    host: str
    port: int = 0
    security: str = "starttls"
    user: str = ""
    password: str = ""
    ca_file: str = ""
    timeout: int = 30

    STEPS = 10

    def validate(self) -> None:
        """Raise ``ValidationError`` for invalid settings, before anything is sent."""
        if self.user and self.security == "none":
            raise ValidationError(
                "smtp_security: 'none' would send the password unencrypted; use starttls or tls, or leave smtp_user out"
            )
        if self.ca_file:
            try:
                ssl.create_default_context(cafile=self.ca_file)
            except OSError as error:
                raise ValidationError(
                    f"smtp_ca_file: {self.ca_file} cannot be used ({error.strerror or error}); use a file of PEM certificates"
                ) from None

    @property
    def address(self) -> str:
        """Host and port, for messages."""
        return f"{self.host}:{self.port or PORTS[self.security]}"


class MailConnection:
    """Sends mails one after the other over one connection, opened for the first and again after it broke."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client: smtplib.SMTP | None = None

    def __enter__(self) -> MailConnection:
        return self

    def __exit__(self, *_error: object) -> None:
        self._close()

    def send(self, message: EmailMessage) -> None:
        """Send one mail; raises ``MailError``, and ``MailServerError`` if every other mail would fail as well."""
        client = self._client or self._connect()
        try:
            client.send_message(message)
        except smtplib.SMTPServerDisconnected:
            self._close()
            raise MailError(f"{self._server.address} closed the connection") from None
        except smtplib.SMTPRecipientsRefused as error:
            (code, reply) = next(iter(error.recipients.values()))
            raise MailError(f"{self._server.address} refused the recipient: {_reply(code, reply)}") from None
        except smtplib.SMTPResponseException as error:
            raise MailError(
                f"{self._server.address} refused the mail: {_reply(error.smtp_code, error.smtp_error)}"
            ) from None
        except (OSError, ValueError) as error:
            self._close()
            raise MailError(f"{self._server.address} did not accept the mail: {_reason(error)}") from None

    def _connect(self) -> smtplib.SMTP:
        server, port = self._server, self._server.port or PORTS[self._server.security]
        hostname = socket.gethostname()
        try:
            if server.security == "tls":
                trusted = ssl.create_default_context(cafile=server.ca_file or None)
                client: smtplib.SMTP = smtplib.SMTP_SSL(
                    server.host, port, hostname, timeout=server.timeout, context=trusted
                )
            else:
                client = smtplib.SMTP(server.host, port, hostname, timeout=server.timeout)
        except smtplib.SMTPResponseException as error:
            raise MailServerError(
                f"{server.address} refused the connection: {_reply(error.smtp_code, error.smtp_error)}"
            ) from None
        except OSError as error:
            raise MailServerError(f"{server.address} cannot be reached: {_reason(error)}") from None
        self._client = client
        try:
            if server.security == "starttls":
                client.starttls(context=ssl.create_default_context(cafile=server.ca_file or None))
            if server.user:
                client.login(server.user, server.password)
        except smtplib.SMTPNotSupportedError:
            self._close()
            raise MailServerError(
                f"{server.address} does not support the smtp_security or the login that is set"
            ) from None
        except smtplib.SMTPResponseException as error:
            self._close()
            raise MailServerError(
                f"{server.address} refused the connection: {_reply(error.smtp_code, error.smtp_error)}"
            ) from None
        except OSError as error:
            self._close()
            raise MailServerError(f"{server.address} failed to encrypt or to log in: {_reason(error)}") from None
        return client

    def _close(self) -> None:
        if self._client is not None:
            with contextlib.suppress(OSError):
                self._client.quit()
            self._client.close()
            self._client = None


def split(text: str) -> tuple[str, str]:
    """The subject and the body of a rendered mail, which begins with ``Subject: …``; raises ``ValueError``."""
    first, _newline, body = text.lstrip().partition("\n")
    subject = first[len(SUBJECT) :].strip()
    if not first.startswith(SUBJECT) or not subject or not body.strip():
        raise ValueError("the text is not a mail; begin it with the line 'Subject: …' and a body")
    return subject, body.strip() + "\n"


def write(sender: str, recipient: str, text: str, message_id: str, now: int) -> EmailMessage:
    """Compose a mail in plain text, dated ``now`` (seconds since the epoch); raises ``ValueError``."""
    subject, body = split(text)
    origin = email_addresses.parse(sender)
    message = EmailMessage()
    message["From"] = Address(addr_spec=origin.smtp)
    message["To"] = Address(addr_spec=email_addresses.parse(recipient).smtp)
    message["Subject"] = subject
    message["Date"] = formatdate(now)
    message["Message-ID"] = f"<{message_id}@{origin.ascii_domain}>"
    # No out-of-office replies (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body, cte=None if body.isascii() else "quoted-printable")
    return message


def _reply(code: int, reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {' '.join(text.split())}".strip()


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
