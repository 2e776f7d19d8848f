"""The tunnel's certificate authority, on the controller.

    certify.py DIRECTORY NAME DAYS [--check]

Takes from standard input what ``vdc-tunnel key`` told on the node NAME: JSON with certificate requests
for its key (``public``) and for the one that comes next (``next``), either of which may be empty.
Prints JSON with the certificates in their places, and the authority's own. What was signed is kept and
given again as long as a month of it is left. The authority is made with its first certificate. All of
it is in DIRECTORY, readable by its owner alone.
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
    """Keep it, whole or not at all."""
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text)
    draft.replace(path)


def pem(thing: Any) -> str:
    """A public key or a certificate as text."""
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(PEM).decode()
    return thing.public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def issue(name: str, public: Any, days: int, key: Any, issuer: x509.Certificate | None = None) -> x509.Certificate:
    """A certificate in that name, signed with ``key``; without issuer the authority's own."""
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
    """The authority's key and certificate, made if they are not there: the key first, so that a run that was ended
    between the two is followed by one that makes the other."""
    place, shown = directory / "ca.key", directory / "ca.crt"
    if not place.exists():
        clear = serialization.NoEncryption()
        made = ec.generate_private_key(ec.SECP384R1()).private_bytes(PEM, serialization.PrivateFormat.PKCS8, clear)
        write(place, made.decode())
    key = serialization.load_pem_private_key(place.read_bytes(), None)
    if not shown.exists():
        write(shown, pem(issue(AUTHORITY, key.public_key(), AUTHORITY_DAYS, key)))
    return key, x509.load_pem_x509_certificate(shown.read_bytes())


def certify(directory: Path, name: str, days: int, asked: dict[str, str], check: bool) -> dict[str, Any]:
    """The certificates for the requests, in the name that the controller knows, not in the node's own words."""
    shown, path = directory / "ca.crt", directory / f"{name}.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    trusted = shown.read_text() if shown.exists() else ""
    if kept.get("authority") != trusted:
        kept = {}
    known = dict(kept.get("certificates", {}))
    requests = {which: x509.load_pem_x509_csr(asked[which].encode()) for which in ("public", "next") if asked[which]}
    keys = {which: pem(request.public_key()) for which, request in requests.items()}
    stale = [which for which, key in keys.items() if known.get(key, {}).get("until", 0) < time.time() + LEAST_LEFT]
    if stale and not check:
        signer, issuer = authority(directory)
        trusted = pem(issuer)
        for which in stale:
            if not requests[which].is_signature_valid:
                sys.exit(f"{name} asked for a certificate for a key that it does not have")
            signed = pem(issue(name, requests[which].public_key(), days, signer, issuer))
            known[keys[which]] = {"certificate": signed, "until": time.time() + days * DAY}
    told = {which: known.get(keys.get(which, ""), {}).get("certificate", "") for which in ("public", "next")}
    after = {"authority": trusted, "certificates": {key: known[key] for key in keys.values() if key in known}}
    if keys and not check and after != kept:
        write(path, json.dumps(after, indent=2))
    return {"changed": bool(stale), "authority": trusted, **told}


if __name__ == "__main__":
    os.umask(0o077)
    place, check = Path(sys.argv[1]), "--check" in sys.argv
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (place / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        print(json.dumps(certify(place, sys.argv[2], int(sys.argv[3]), json.load(sys.stdin), check)))
