"""The lab's mail server, used with Python's own client."""

from __future__ import annotations

import asyncio
import smtplib
import threading
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from vdclab.core.gateway import Lab
from vdclab.http.serve import bind
from vdclab.mail.sink import MailSink


@pytest.fixture
def sink() -> Iterator[MailSink]:
    """A server on its own thread; ``port`` is its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    listener = bind("127.0.0.1")
    sink = MailSink(Lab(), listener)
    sink.port = listener.getsockname()[1]
    asyncio.run_coroutine_threadsafe(sink.start(), loop).result(10)
    yield sink
    asyncio.run_coroutine_threadsafe(sink.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def client(sink: MailSink) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=10) as client:
        yield client


def mail(text: str = "Good day,\n.\n.two dots\nÄöü\n") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "vdc@example.org"
    message["To"] = "owner@acme.example"
    message["Subject"] = "Zürich"
    message["Message-ID"] = "<one@example.org>"
    message.set_content(text, cte="8bit")
    return message


def test_every_mail_is_stored_unchanged_and_repeats_too(sink, client):
    client.send_message(mail())
    client.send_message(mail())
    first, second = sink.dump()
    assert (first["from"], first["to"]) == ("vdc@example.org", ["owner@acme.example"])
    assert (first["subject"], first["message_id"]) == ("Zürich", "<one@example.org>")
    assert first["text"] == "Good day,\n.\n.two dots\nÄöü\n"
    assert ["To", "owner@acme.example"] in first["headers"]
    assert (first["number"], second["number"]) == (1, 2)
    sink.clear()
    assert sink.dump() == []


def test_commands_must_come_in_order(client):
    assert client.docmd("MAIL", "FROM:<a@example.org>")[0] == 503
    assert client.ehlo()[0] == 250
    assert client.esmtp_features["size"] == str(10 << 20)
    assert client.docmd("RCPT", "TO:<b@example.org>")[0] == 503
    assert client.docmd("MAIL", "a@example.org")[0] == 501
    assert client.docmd("MAIL", f"FROM:<a@example.org> SIZE={11 << 20}")[0] == 552
    assert client.docmd("MAIL", "FROM:<a@example.org>")[0] == 250
    assert client.docmd("DATA")[0] == 503
    assert client.docmd("RCPT", "TO:<nobody>")[0] == 501
    assert client.rset()[0] == 250
    assert client.docmd("RCPT", "TO:<b@example.org>")[0] == 503
    assert client.docmd("VRFY", "b")[0] == 502
    assert client.noop()[0] == 250
    assert client.helo()[0] == 250
    assert client.quit()[0] == 221


def test_a_mail_that_is_too_large_is_rejected_and_the_next_is_accepted(sink, client):
    client.ehlo()
    client.mail("a@example.org")
    client.rcpt("b@example.org")
    assert client.data((b"x" * 998 + b"\r\n") * 10600)[0] == 552
    client.send_message(mail())
    assert len(sink.dump()) == 1


@pytest.mark.parametrize("operation", ["mail", "rcpt", "data"])
def test_a_fault_rejects_a_number_of_mails(sink, client, operation):
    sink._lab.faults.replace([{"cloud": "smtp", "operation": operation, "times": 2, "status": 451}])
    for _attempt in range(2):
        with pytest.raises(smtplib.SMTPException):
            client.send_message(mail())
    assert sink.dump() == []
    client.send_message(mail())
    assert len(sink.dump()) == 1


def test_a_fault_rejects_or_drops_a_connection(sink):
    sink._lab.faults.replace(
        [
            {"cloud": "smtp", "operation": "connect", "times": 1, "status": 421},
            {"cloud": "smtp", "operation": "connect", "times": 1, "drop": True},
        ]
    )
    with pytest.raises(smtplib.SMTPConnectError):
        smtplib.SMTP("127.0.0.1", sink.port, timeout=10)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        smtplib.SMTP("127.0.0.1", sink.port, timeout=10)


def test_an_answer_is_lost_after_the_mail_was_stored(sink, client):
    sink._lab.faults.replace([{"cloud": "smtp", "operation": "data", "when": "after", "drop": True, "delay": 0.01}])
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.send_message(mail())
    assert len(sink.dump()) == 1
