"""Certificates of the tunnel: what the authority signs, for which name, and what it stores."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography import x509

PROGRAM = Path(__file__).resolve().parents[3] / "roles/tunnel/files/certify.py"
Certify = Callable[..., dict[str, Any]]


@pytest.fixture
def certify(tmp_path: Path) -> Certify:
    """``certify(public, next, *options)``: run certify.py with an authority below ``tmp_path``; its result."""

    def run(
        public: str, following: str = "", *more: str, name: str = "f-compute-1", days: str = "365"
    ) -> dict[str, Any]:
        command = [sys.executable, str(PROGRAM), str(tmp_path / "ca"), name, days, *more]
        request = json.dumps({"changed": [], "backend": "ipsec", "public": public, "next": following})
        return json.loads(subprocess.run(command, input=request, capture_output=True, text=True, check=True).stdout)

    return run


@pytest.fixture
def request_for(ipsec: ModuleType, tmp_path: Path) -> Callable[[str], str]:
    """``request_for(name)``: the certificate request of the key in that file, generated once."""

    def request(name: str) -> str:
        if not (tmp_path / name).exists():
            (tmp_path / name).write_text(ipsec.new_key())
        return ipsec.request(tmp_path / name)

    return request


def test_certificate_is_signed_once_and_returned_again(
    certify: Certify, request_for: Callable[[str], str], tmp_path: Path
) -> None:
    predicted = {"changed": True, "public": "", "next": "", "authority": ""}
    assert certify(request_for("key"), "", "--check") == predicted
    first, again = certify(request_for("key")), certify(request_for("key"))
    assert (first.pop("changed"), again.pop("changed")) == (True, False)
    assert first == again
    assert not certify(request_for("key"), "", "--check")["changed"]
    assert (tmp_path / "ca").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "ca").iterdir()} == {0o600}


def test_certificate_names_the_inventory_host_and_cannot_sign_others(
    certify: Certify, request_for: Callable[[str], str]
) -> None:
    issued = certify(request_for("key"))
    signed, authority = (x509.load_pem_x509_certificate(issued[which].encode()) for which in ("public", "authority"))
    signed.verify_directly_issued_by(authority)
    names = signed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["f-compute-1"]
    assert signed.subject.rfc4514_string() == "CN=f-compute-1"
    for certificate, may in ((signed, False), (authority, True)):
        assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is may
        assert certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign is may


def test_next_keys_certificate_stays_valid_after_the_switch(
    certify: Certify, request_for: Callable[[str], str], tmp_path: Path
) -> None:
    before = certify(request_for("key"))
    both = certify(request_for("key"), request_for("next"))
    assert (both["changed"], both["public"]) == (True, before["public"])
    after = certify(request_for("next"))
    assert (after["changed"], after["public"], after["next"]) == (False, both["next"], "")
    assert len(json.loads((tmp_path / "ca/f-compute-1.json").read_text())["certificates"]) == 1


def test_certificate_is_renewed_before_it_expires_and_after_a_new_authority(
    certify: Certify, request_for: Callable[[str], str], tmp_path: Path
) -> None:
    assert certify(request_for("key"), days="29")["changed"]
    assert certify(request_for("key"))["changed"]
    for path in ("ca.key", "ca.crt"):
        (tmp_path / "ca" / path).unlink()
    renewed = certify(request_for("key"))
    assert renewed["changed"]
    assert renewed["authority"] == (tmp_path / "ca/ca.crt").read_text()


def test_without_request_no_certificate_and_no_authority_are_created(certify: Certify, tmp_path: Path) -> None:
    assert certify("") == {"changed": False, "public": "", "next": "", "authority": ""}
    assert not (tmp_path / "ca/ca.key").exists()


def test_node_selects_the_certificate_of_its_current_key(
    certify: Certify, request_for: Callable[[str], str], ipsec: ModuleType, tmp_path: Path
) -> None:
    issued = certify(request_for("key"), request_for("next"))
    node = {"certificates": [issued["public"], issued["next"]]}
    assert ipsec.certificate_of(tmp_path / "key", node) == issued["public"]
    assert ipsec.certificate_of(tmp_path / "next", node) == issued["next"]
    assert ipsec.certificate_of(tmp_path / "none", node) == ""
