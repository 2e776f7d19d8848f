"""Composing mails, and sending them to a mail server that requires encryption and a password."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.mail import (
    MailConnection,
    MailServerError,
    Server,
    split,
    write,
)

TEXT = "Subject: It is ready\n\nGood day.\n"


class Conversation(socketserver.StreamRequestHandler):
    """SMTP with STARTTLS and AUTH PLAIN for user vdc with password secret; what was received is kept."""

    def handle(self) -> None:
        server = self.server
        with contextlib.suppress(OSError):
            if server.tls_at_once:
                self.encrypt()
            self.say("220 ready")
            while line := self.rfile.readline().decode().strip():
                server.received.append((line, isinstance(self.connection, ssl.SSLSocket)))
                self.answer(line)

    def answer(self, line: str) -> None:
        command = line.split()[0].upper()
        if command == "EHLO":
            self.say("250-test", *(["250-STARTTLS"] if self.server.offers_starttls else []), "250 AUTH PLAIN")
        elif command == "STARTTLS":
            self.say("220 go on")
            self.encrypt()
        elif command == "AUTH":
            self.say("235 welcome" if line.endswith("AHZkYwBzZWNyZXQ=") else "535 who are you")
        elif command == "DATA":
            self.say("354 go on")
            while self.rfile.readline() != b".\r\n":
                pass
            self.say("250 taken")
        else:
            self.say("250 fine")

    def encrypt(self) -> None:
        self.speak_on(self.server.context.wrap_socket(self.connection, server_side=True))

    def setup(self) -> None:
        self.speak_on(self.request)

    def speak_on(self, connection: socket.socket) -> None:
        self.connection = connection
        self.rfile = connection.makefile("rb")

    def finish(self) -> None:
        self.connection.close()

    def say(self, *lines: str) -> None:
        self.connection.sendall("".join(f"{line}\r\n" for line in lines).encode())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with key and certificate of localhost, its own authority."""
    directory = tmp_path_factory.mktemp("tls")
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-noenc",
        "-days",
        "2",
    ]
    made += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made += ["-keyout", str(directory / "key.pem"), "-out", str(directory / "cert.pem")]
    subprocess.run(made, check=True, capture_output=True)
    (directory / "both.pem").write_text((directory / "key.pem").read_text() + (directory / "cert.pem").read_text())
    return directory / "both.pem"


@pytest.fixture
def server(certificate: Path) -> Iterator[socketserver.ThreadingTCPServer]:
    """The server on its own thread; ``received`` records the received commands and whether they were encrypted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        server.daemon_threads = True
        server.context, server.received, server.tls_at_once, server.offers_starttls = context, [], False, True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


def send(server, certificate: Path | None, **more) -> None:
    given = {"user": "vdc", "password": "secret", "ca_file": str(certificate or ""), "timeout": 5, **more}
    with MailConnection(Server("localhost", server.server_address[1], **given)) as post:
        post.send(write("vdc@example.org", "owner@acme.example", TEXT, "one", 0))


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_login_and_mail_are_encrypted(server, certificate, security):
    server.tls_at_once = security == "tls"
    send(server, certificate, security=security)
    received = {line.split()[0]: encrypted for line, encrypted in server.received}
    assert received["AUTH"]
    assert received["mail"]
    assert {line for line, encrypted in server.received if not encrypted} <= {
        line for line, _ in server.received if line.startswith(("ehlo", "STARTTLS"))
    }


def test_an_untrusted_certificate_ends_the_connection_before_login(server):
    with pytest.raises(MailServerError, match="failed to encrypt or to log in"):
        send(server, None)
    server.tls_at_once = True
    with pytest.raises(MailServerError, match="cannot be reached"):
        send(server, None, security="tls")
    assert not any("AUTH" in line for line, _ in server.received)


def test_nothing_is_sent_to_a_server_without_encryption(server, certificate):
    server.offers_starttls = False
    with pytest.raises(MailServerError, match="does not support the smtp_security or the login"):
        send(server, certificate)
    assert [line.split()[0].lower() for line, _ in server.received if not line.upper().startswith("QUIT")] == ["ehlo"]


def test_a_login_error_does_not_contain_the_password(server, certificate):
    with pytest.raises(MailServerError, match="refused the connection: 535 who are you") as failed:
        send(server, certificate, password="wr0ng")
    assert "wr0ng" not in str(failed.value)


def test_a_password_without_encryption_is_rejected():
    with pytest.raises(ValidationError, match="would send the password unencrypted"):
        Server("localhost", security="none", user="vdc", password="secret").validate()
    Server("localhost", security="none").validate()


def test_a_silent_server_times_out():
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as silent:
        server = Server("127.0.0.1", silent.server_address[1], "none", timeout=1)
        with MailConnection(server) as post, pytest.raises(MailServerError, match="timed out"):
            post.send(write("vdc@example.org", "owner@acme.example", TEXT, "one", 0))


def test_the_first_line_is_the_subject():
    assert split("\nSubject:  Good news \n\n\n  Good day.\n\n") == ("Good news", "Good day.\n")
    for bad in ("", "Good day", "Subject:\n\nGood day", "Subject: x", "Subject: x\n \n"):
        with pytest.raises(ValueError, match="begin it with the line"):
            split(bad)


def test_a_composed_mail_has_all_headers_and_its_text():
    mail = write("vdc@example.org", "owner@acme.example", "Subject: Zürich\n\nGrüezi.\n", "tag", 1_795_219_200)
    assert mail["Message-ID"] == "<tag@example.org>"
    assert mail["Date"] == "Sat, 21 Nov 2026 00:00:00 -0000"
    assert mail.get_content() == "Grüezi.\n"
    assert mail.as_bytes().isascii()
