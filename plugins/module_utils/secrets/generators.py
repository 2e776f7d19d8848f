# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values of new secrets."""

from __future__ import annotations

import datetime
import secrets
import string
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
except ImportError:  # ansible-core requires it
    x509 = None

ALPHABET = string.ascii_letters + string.digits


def password(length: int) -> str:
    """A password of ``length`` letters and digits; raises ``ValidationError`` for one that could be guessed."""
    if length < 20:
        raise ValidationError(f"length: {length} characters can be guessed; use 20 or more")
    return "".join(secrets.choice(ALPHABET) for _position in range(length))


def ssh_key() -> str:
    """A new Ed25519 private key in OpenSSH's format. ``ssh-keygen -y`` and ``public_key`` derive the public key."""
    return _private(ed25519.Ed25519PrivateKey.generate(), serialization.PrivateFormat.OpenSSH)


def public_key(private_key: str, comment: str = "") -> str:
    """The public key of an OpenSSH private key, as a line of ``authorized_keys``; raises ``ValidationError``."""
    try:
        key: Any = serialization.load_ssh_private_key(private_key.encode(), None)
    except (ValueError, TypeError):
        raise ValidationError(
            "names: the secret is not an OpenSSH private key without a passphrase; store one that `ssh-keygen -t ed25519 -N ''` made"
        ) from None
    line = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    return f"{line} {comment}".strip()


def tls_key() -> str:
    """A new P-256 private key in PEM."""
    return _private(ec.generate_private_key(ec.SECP256R1()), serialization.PrivateFormat.PKCS8)


def certificate(key: str, name: str, days: int) -> str:
    """A self-signed certificate in PEM for the DNS name ``name``, made with the private key ``key``, valid for ``days``."""
    try:
        signer: Any = serialization.load_pem_private_key(key.encode(), None)
    except (ValueError, TypeError):
        raise ValidationError(
            "certificate_key: the secret is not a private key in PEM; delete both secrets, or restore it"
        ) from None
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name[:64])])
    now = datetime.datetime.now(datetime.UTC)
    draft = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(signer.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))  # clocks differ
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    return draft.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def _private(key: Any, form: Any) -> str:
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
