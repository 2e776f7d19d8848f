"""Certificates: uploaded ones, and managed ones that are issued for zones of the project."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID, NameOID

from ..core.clock import iso
from ..core.errors import ApiError
from ..core.routing import Call, Reply
from .actions import Action, ActionFailed
from .collection import Collection, Filters, operation, required
from .labels import invalid
from .project import Project
from .store import Identity, Resource
from .zones import Zones

MANAGED_DAYS = 90


class Certificate(Resource):
    """One certificate."""

    kind = "certificate"

    def __init__(self, identity: Identity, kind: str, users: Callable[[int], list[Resource]]) -> None:
        super().__init__(*identity)
        self.type = kind
        self.domains: list[str] = []
        self.found: x509.Certificate | None = None
        # State of the issuance of a managed certificate.
        self.issuance = "pending"
        self.error: dict[str, str] | None = None
        self._users = users

    def render(self) -> dict[str, Any]:
        """The view, not cached: load balancers change ``used_by``."""
        return self.view()

    @property
    def used_by(self) -> list[dict[str, Any]]:
        """The resources that use it, as the API shows them."""
        return [{"id": user.id, "type": user.kind} for user in self._users(self.id)]

    def view(self) -> dict[str, Any]:
        found = self.found
        status = {"issuance": self.issuance, "renewal": "unavailable", "error": self.error}
        if self.issuance == "completed":
            status["renewal"] = "scheduled"
        return {
            "id": self.id,
            "name": self.name,
            "labels": self.labels,
            "type": self.type,
            "certificate": found and found.public_bytes(serialization.Encoding.PEM).decode(),
            "created": self.created,
            "not_valid_before": found and iso(found.not_valid_before_utc.timestamp()),
            "not_valid_after": found and iso(found.not_valid_after_utc.timestamp()),
            "domain_names": self.domains,
            "fingerprint": found and found.fingerprint(hashes.SHA256()).hex(":").upper(),
            "status": status if self.type == "managed" else None,
            "used_by": self.used_by,
        }


class Certificates(Collection[Certificate]):
    """All certificates."""

    kind, plural, label = "certificate", "certificates", "certificate"
    filters: ClassVar[Filters] = {"type": lambda certificate: certificate.type}

    def __init__(self, project: Project, zones: Zones) -> None:
        super().__init__(project)
        self._zones = zones
        # Returns the resources that use the certificate with an id; the load balancers set it.
        self.find_users: Callable[[int], list[Resource]] = lambda _ident: []

    def _new(self, body: dict[str, Any], kind: str) -> Certificate:
        return self.store.add(Certificate(self.new_identity(body), kind, lambda ident: self.find_users(ident)))

    @operation("create_certificate")
    def create(self, call: Call) -> Reply:
        body = call.body or {}
        kind = body.get("type") or "uploaded"
        if kind == "managed":
            domains = required(body, "domain_names")
            if not domains:
                raise invalid("domain_names", "must name at least one domain")
            certificate = self._new(body, kind)
            certificate.domains = list(domains)
            action = self.project.action_view(self._issue(certificate, "create_certificate"))
        else:
            found = read(str(required(body, "certificate")), str(required(body, "private_key")))
            certificate = self._new(body, kind)
            certificate.found, certificate.domains = found, domains_of(found)
            action = None
        return Reply(201, {"certificate": certificate.render(), "action": action})

    @operation("retry_certificate")
    def retry(self, call: Call) -> Reply:
        certificate = self.find(call.params["id"])
        if certificate.type != "managed" or certificate.issuance != "failed":
            raise ApiError(422, "unsupported_error", "only a failed issuance can be retried")
        action = self._issue(certificate, "issue_certificate")
        return Reply(201, {"action": self.project.action_view(action)})

    @operation("delete_certificate")
    def delete(self, call: Call) -> Reply:
        certificate = self.find(call.params["id"])
        if certificate.used_by:
            raise ApiError(422, "resource_in_use", f"certificate with ID '{certificate.id}' is still in use")
        self.store.remove(certificate)
        return Reply(204)

    def _issue(self, certificate: Certificate, command: str) -> Action:
        certificate.issuance, certificate.error = "pending", None
        certificate.invalidate()

        def issued() -> None:
            certificate.invalidate()
            for domain in certificate.domains:
                if self._zones.of(domain) is None:
                    certificate.issuance = "failed"
                    certificate.error = {"code": "dns_zone_not_found", "message": f"no DNS zone for {domain}"}
                    raise ActionFailed(**certificate.error)
            certificate.issuance = "completed"
            certificate.found = signed(certificate.domains, self.project.lab.clock.now())

        return self.project.start_action(command, [certificate], issued, locks=[certificate])


def read(pem: str, key_pem: str) -> x509.Certificate:
    """The certificate of a request; raises ``ApiError`` 422 if it or its key is invalid."""
    try:
        found = x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        raise invalid("certificate", "is not a certificate in PEM format") from None
    try:
        key = serialization.load_pem_private_key(key_pem.encode(), password=None)
    except (ValueError, TypeError):
        raise invalid("private_key", "is not a private key in PEM format") from None
    if _public(key.public_key()) != _public(found.public_key()):
        raise invalid("private_key", "does not belong to the certificate")
    return found


def _public(key: Any) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def domains_of(found: x509.Certificate) -> list[str]:
    """The domain names of a certificate."""
    try:
        extension = found.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
        return list(extension.value.get_values_for_type(x509.DNSName))  # type: ignore[attr-defined]
    except x509.ExtensionNotFound:
        return [str(name.value) for name in found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]


def signed(domains: list[str], now: float) -> x509.Certificate:
    """A self-signed certificate for ``domains``: the lab has no certificate authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domains[0])])
    start = datetime.fromtimestamp(now, UTC)
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=start,
        not_valid_after=start + timedelta(days=MANAGED_DAYS),
    )
    names = x509.SubjectAlternativeName([x509.DNSName(domain) for domain in domains])
    return builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
