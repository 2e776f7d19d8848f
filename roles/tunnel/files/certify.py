"""Issue certificates for the tunnel's nodes, on the controller.

    certify.py DIRECTORY NAME DAYS [--check]

Reads from standard input the output of ``vdc-tunnel key`` on the node NAME: JSON with the certificate
requests for its key (``public``) and its next key (``next``), either of which may be empty. Prints JSON
with the certificates in the same fields, and the authority's certificate. A certificate is stored and
returned again until it has less than a month left. The authority is created with the first certificate.
All files are in DIRECTORY, readable by its owner alone.
"""

from __future__ import annotations

import datetime
import fcntl
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAY = 86400  # seconds
AUTHORITY, AUTHORITY_DAYS = "sovereign.vdc tunnel", 7300
LEAST_LEFT = 30 * DAY  # seconds
PEM = serialization.Encoding.PEM
NO_USE = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


def write(path: Path, text: str) -> None:
    """Replace a file atomically."""
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text)
    draft.replace(path)


def pem(item: Any) -> str:
    """Return a public key or a certificate as PEM text."""
    if isinstance(item, x509.Certificate):
        return item.public_bytes(PEM).decode()
    return item.public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def issue(name: str, public: Any, days: int, key: Any, issuer: x509.Certificate | None = None) -> x509.Certificate:
    """Sign a certificate for ``name`` with ``key``; without an issuer, the authority's self-signed one."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    use = "digital_signature" if issuer else "key_cert_sign"
    draft = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))  # clocks differ
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**{**NO_USE, use: True}), critical=True)
    )
    if issuer:
        draft = draft.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return draft.sign(key, hashes.SHA384())


def authority(directory: Path) -> tuple[Any, x509.Certificate]:
    """Return the authority's key and certificate, generated if they are missing. The key is written first, so
    that the next run after an interruption generates only the certificate."""
    key_path, certificate_path = directory / "ca.key", directory / "ca.crt"
    if not key_path.exists():
        clear = serialization.NoEncryption()
        made = ec.generate_private_key(ec.SECP384R1()).private_bytes(PEM, serialization.PrivateFormat.PKCS8, clear)
        write(key_path, made.decode())
    key = serialization.load_pem_private_key(key_path.read_bytes(), None)
    if not certificate_path.exists():
        write(certificate_path, pem(issue(AUTHORITY, key.public_key(), AUTHORITY_DAYS, key)))
    return key, x509.load_pem_x509_certificate(certificate_path.read_bytes())


def certify(directory: Path, name: str, days: int, requested: dict[str, str], check: bool) -> dict[str, Any]:
    """Return the certificates for the requests, for the inventory's name and not for a name in the request."""
    authority_path, path = directory / "ca.crt", directory / f"{name}.json"
    stored = json.loads(path.read_text()) if path.exists() else {}
    trusted = authority_path.read_text() if authority_path.exists() else ""
    if stored.get("authority") != trusted:
        stored = {}
    known = dict(stored.get("certificates", {}))
    requests = {
        which: x509.load_pem_x509_csr(requested[which].encode()) for which in ("public", "next") if requested[which]
    }
    keys = {which: pem(request.public_key()) for which, request in requests.items()}
    stale = [which for which, key in keys.items() if known.get(key, {}).get("until", 0) < time.time() + LEAST_LEFT]
    if stale and not check:
        signer, issuer = authority(directory)
        trusted = pem(issuer)
        for which in stale:
            if not requests[which].is_signature_valid:
                sys.exit(f"{name} requested a certificate for a key that it does not have")
            signed = pem(issue(name, requests[which].public_key(), days, signer, issuer))
            known[keys[which]] = {"certificate": signed, "until": time.time() + days * DAY}
    certificates = {which: known.get(keys.get(which, ""), {}).get("certificate", "") for which in ("public", "next")}
    after = {"authority": trusted, "certificates": {key: known[key] for key in keys.values() if key in known}}
    if keys and not check and after != stored:
        write(path, json.dumps(after, indent=2))
    return {"changed": bool(stale), "authority": trusted, **certificates}


if __name__ == "__main__":
    os.umask(0o077)
    directory, check = Path(sys.argv[1]), "--check" in sys.argv
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        print(json.dumps(certify(directory, sys.argv[2], int(sys.argv[3]), json.load(sys.stdin), check)))
