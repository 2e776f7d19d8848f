# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one judge of email addresses: what it accepts at the sign-up, every mail server takes as a recipient.

An address is ``local@domain``. The local part is a dot-atom of ASCII characters (RFC 5321), because a local part of
other characters needs SMTPUTF8, which many mail servers do not have. The domain may be internationalized (IDNA 2008)
and is sent in its ASCII form. A dot at the end of the domain is refused and not removed: it has no meaning in SMTP, and
at the end of what a person typed it is the end of a sentence or a typing error.
"""

from __future__ import annotations

import re
import traceback
import unicodedata
from dataclasses import dataclass

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import LibraryMissing

try:
    import idna

    IMPORT_ERROR = None
except ImportError:
    IMPORT_ERROR = traceback.format_exc()

# RFC 5321, 4.5.3.1: octets of the local part, and of the address in a path without its angle brackets.
MAX_LOCAL, MAX_ADDRESS = 64, 254
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LOCAL = re.compile(rf"{ATOM}(\.{ATOM})*")
# Control and format characters (such as zero-width ones), surrogates, unassigned characters, and all kinds of spaces.
INVISIBLE = ("Cc", "Cf", "Cs", "Cn", "Co", "Zs", "Zl", "Zp")


@dataclass(frozen=True)
class EmailAddress:
    """An address that mail can be sent to; ``domain`` is in lower case as people read it, ``ascii_domain`` as SMTP does."""

    local: str
    domain: str
    ascii_domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def smtp(self) -> str:
        """The address in ASCII, for mail headers and SMTP."""
        return f"{self.local}@{self.ascii_domain}"


def parse(text: str) -> EmailAddress:
    """Return the address in ``text``.

    Raises ``ValueError`` with the reason for anything else, ``LibraryMissing`` where the package idna is missing.
    """
    if IMPORT_ERROR:
        raise LibraryMissing("idna", IMPORT_ERROR)
    reason = _flaw(text)
    if reason:
        raise ValueError(f"{_shown(text)} is not an email address because {reason}; use the form name@example.org")
    local, _at, domain = text.rpartition("@")
    encoded = _ascii_domain(domain)
    return EmailAddress(local, idna.decode(encoded), encoded)


def is_same(one: str, other: str) -> bool:
    """Whether two texts are the same address in different spellings of the domain; texts that are no addresses are not."""
    try:
        return parse(one) == parse(other)
    except ValueError:
        return False


def _flaw(text: str) -> str:
    """What is wrong with ``text``; empty for an address."""
    for character in text:
        if unicodedata.category(character) in INVISIBLE:
            name = unicodedata.name(character, "a control character")
            return f"it contains U+{ord(character):04X} ({name.lower()})"
    if text.count("@") != 1:
        return "it has no @" if "@" not in text else "it has more than one @"
    local, _at, domain = text.partition("@")
    if not local.isascii():
        return "the part before the @ has characters other than ASCII, which many mail servers do not accept"
    if not LOCAL.fullmatch(local):
        return "the part before the @ is empty, or has a character or a dot where none may be"
    if len(local) > MAX_LOCAL:
        return f"the part before the @ has {len(local)} characters, and at most {MAX_LOCAL} may be there"
    if len(domain) > MAX_ADDRESS:
        return f"it is longer than {MAX_ADDRESS} characters"
    try:
        encoded = _ascii_domain(domain)
        readable = idna.decode(encoded)
    except UnicodeError as error:
        return f"its domain is not valid ({_sentence(error)})"
    labels = encoded.split(".")
    if not labels[-1]:
        return "it ends with a dot"
    if len(labels) < 2 or labels[-1].isdigit():
        return "its domain is not a full domain name"
    length = len(local) + 1 + max(len(encoded), len(readable))
    if length > MAX_ADDRESS:
        return f"it has {length} octets, and at most {MAX_ADDRESS} may be there"
    return ""


def _ascii_domain(domain: str) -> str:
    return idna.encode(domain, uts46=True, std3_rules=True).decode("ascii").lower()


def _sentence(error: UnicodeError) -> str:
    text = str(error) or type(error).__name__
    return text[0].lower() + text[1:].rstrip(".")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
