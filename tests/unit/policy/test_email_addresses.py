"""Which email addresses are accepted; whatever is accepted can be mailed."""

from __future__ import annotations

import email
import smtplib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils import mail
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import email_addresses
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.email_addresses import parse
from hypothesis import example, given
from hypothesis import strategies as st

TEXT = "Subject: It is ready\n\nGood day.\n"


@pytest.mark.parametrize(
    ("text", "recorded", "smtp"),
    [
        ("owner@acme.example", "owner@acme.example", "owner@acme.example"),
        ("first.last+vdc@acme.example", "first.last+vdc@acme.example", "first.last+vdc@acme.example"),
        ("Owner@ACME.Example", "Owner@acme.example", "Owner@acme.example"),
        ("o'neil@acme.example", "o'neil@acme.example", "o'neil@acme.example"),
        ("a@Bücher.example", "a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@xn--bcher-kva.example", "a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@bu\u0308cher.example", "a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@faß.example", "a@faß.example", "a@xn--fa-hia.example"),
        ("a" * 64 + "@acme.example", "a" * 64 + "@acme.example", "a" * 64 + "@acme.example"),
    ],
)
def test_an_address_is_recorded_in_one_spelling_and_mailed_in_ascii(text: str, recorded: str, smtp: str) -> None:
    assert (str(parse(text)), parse(text).smtp) == (recorded, smtp)
    assert parse(recorded) == parse(text)
    assert email_addresses.is_same(text, smtp)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it has no @"),
        ("owner", "it has no @"),
        ("owner@", "its domain is not valid"),
        ("@acme.example", "the part before the @ is empty"),
        ("a..b@acme.example", "a dot where none may be"),
        (".a@acme.example", "a dot where none may be"),
        ("a.@acme.example", "a dot where none may be"),
        ("owner@acme.example.", "it ends with a dot"),
        ("owner@acme.example。", "it ends with a dot"),
        ("owner@acme..example", "its domain is not valid"),
        ("a@b.example, c@d.example", r"it contains U\+0020 \(space\)"),
        ("a@b.example,c@d.example", "it has more than one @"),
        ("Owner <owner@acme.example>", r"U\+0020"),
        ("<owner@acme.example>", "has a character"),
        ('"a b"@acme.example', r"U\+0020"),
        ('"ab"@acme.example', "has a character"),
        ("a(comment)@acme.example", "has a character"),
        ("owner@acme.example\nBcc: all@example.org", r"U\+000A \(a control character\)"),
        ("owner@acme.example\r\nBcc: all@example.org", r"U\+000D"),
        ("owner\0@acme.example", r"U\+0000"),
        ("own\u200ber@acme.example", r"U\+200B \(zero width space\)"),
        ("owner@ac\u200bme.example", r"U\+200B"),
        ("owner@ac\u00adme.example", r"U\+00AD \(soft hyphen\)"),
        ("owner@acme.example\u202e", r"U\+202E"),
        ("owner\u00a0@acme.example", r"U\+00A0"),
        ("jürgen@acme.example", "characters other than ASCII, which many mail servers do not accept"),
        ("owner@localhost", "its domain is not a full domain name"),
        ("owner@192.0.2.1", "its domain is not a full domain name"),
        ("owner@[192.0.2.1]", "its domain is not valid"),
        ("owner@ac_me.example", "its domain is not valid"),
        ("owner@-acme.example", "its domain is not valid"),
        ("owner@xn--zz.example", "its domain is not valid"),
        ("a" * 65 + "@acme.example", "the part before the @ has 65 characters"),
        ("a@" + ".".join(["b" * 63] * 4) + ".example", "it is longer than 254 characters"),
        ("a" * 60 + "@" + "b" * 63 + "." + "c" * 63 + "." + "d" * 63 + ".xy", "it has 255 octets"),
    ],
)
def test_anything_else_is_rejected_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"is not an email address because .*{reason}.*; use the form") as rejected:
        parse(text)
    assert str(rejected.value).isprintable()


LOCAL = st.text("abcXYZ019.!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=70)
LABEL = st.text(st.sampled_from("abzAZ09-_.äßéπЖあ中\u0301\u200d。\uff21\ufb03K"), min_size=1, max_size=70)
LIKELY = st.builds(lambda local, labels: f"{local}@{'.'.join(labels)}", LOCAL, st.lists(LABEL, min_size=1, max_size=5))


@given(LIKELY | st.text() | st.emails() | st.builds("{}@{}.example".format, st.text(max_size=5), st.text(max_size=9)))
@example("a@ﬃ.example")
def test_whatever_is_accepted_can_be_mailed(text: str) -> None:
    try:
        address = parse(text)
    except ValueError:
        return
    assert parse(str(address)) == address == parse(address.smtp)
    assert address.smtp.isascii()
    assert len(str(address)) <= 254 >= len(address.smtp)
    message = mail.write("vdc@example.org", str(address), TEXT, "one", 0)
    sent = mail.write(str(address), "vdc@example.org", TEXT, "one", 0)
    assert received(message, "To") == received(sent, "From") == address.smtp
    # smtplib encodes the addresses of the envelope in ASCII, and the headers in the policy of SMTP.
    assert smtplib.quoteaddr(address.smtp).encode("ascii") == f"<{address.smtp}>".encode()


def received(message: EmailMessage, header: str) -> str:
    """Return the only address of a header as a receiving server reads it."""
    (address,) = email.message_from_bytes(message.as_bytes(policy=SMTP), policy=SMTP)[header].addresses
    assert isinstance(address, Address)
    return address.addr_spec
