"""Certificates: reading them, and the small authority with which a hub equips itself and its nodes.

Rules of this file:
1. Serial numbers and validity times are arguments; nothing here asks a clock or invents a number.
2. Every certificate says what it is for: KeyUsage critical always, ExtendedKeyUsage on every end entity.
3. A request gets a certificate for its key only: subject, use and names are decided by the one who issues.

Profile: RFC 5280; document signing by RFC 9336; contentCommitment on seals, because ETSI EN 319 412-2 and the Baltic
container verifiers ask for it, together with digitalSignature, which the default rules of others ask for.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from signing.errors import CertificateUnreadable, RequestUnreadable
from signing.primitives import PrivateKey, PublicKey, describe_key, require_public_key

_DOCUMENT_SIGNING: Final = ObjectIdentifier("1.3.6.1.5.5.7.3.36")


class CertificateUse(StrEnum):
    SEAL = "seal"
    """Agency seal, node seal, hub seal: which of them is said by the binding, not by the certificate."""
    TLS_CLIENT = "tls-client"
    TLS_SERVER = "tls-server"
    TIME_STAMPING = "time-stamping"


_EXTENDED: Final = {
    CertificateUse.SEAL: _DOCUMENT_SIGNING,
    CertificateUse.TLS_CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH,
    CertificateUse.TLS_SERVER: ExtendedKeyUsageOID.SERVER_AUTH,
    CertificateUse.TIME_STAMPING: ExtendedKeyUsageOID.TIME_STAMPING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    common_name: str
    organization: str | None = None
    agency_code: str | None = None
    """Identifier code of an agency, written as organizationIdentifier (2.5.4.97)."""
    title: str | None = None
    """Position of a person."""
    country: str = "VN"

    def name(self) -> x509.Name:
        parts = [
            (NameOID.COUNTRY_NAME, self.country),
            (NameOID.ORGANIZATION_NAME, self.organization),
            (NameOID.ORGANIZATION_IDENTIFIER, self.agency_code),
            (NameOID.TITLE, self.title),
            (NameOID.COMMON_NAME, self.common_name),
        ]
        return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts if value])


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuance:
    """What the one who issues decides: number and time of validity (aware UTC)."""

    serial: int
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateNames:
    """Where a TLS server is found; at least one is needed for TLS_SERVER."""

    dns: tuple[str, ...] = ()
    ip: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Authority:
    """A certificate authority in this process."""

    key: PrivateKey
    certificate: x509.Certificate

    def __repr__(self) -> str:
        kind = describe_key(self.certificate.public_key())
        return f"Authority({kind}, certificate={fingerprint(self.certificate)})"


def new_root(key: PrivateKey, *, subject: Subject, issuance: Issuance) -> Authority:
    """A self-signed root below which one more level of authorities may stand (path length 1)."""
    name = subject.name()
    builder = _builder(name, name, key.public_key(), issuance)
    builder = _as_authority(builder, path_length=1)
    return Authority(key=key, certificate=_sign(builder, key, key.public_key()))


def new_bounded_root(key: PrivateKey, *, subject: Subject, issuance: Issuance, names: CertificateNames) -> Authority:
    """A self-signed root that can vouch for these names and addresses only (RFC 5280 §4.2.1.10): whoever trusts it
    trusts it for nothing else, also if its key is stolen."""
    name = subject.name()
    builder = _as_authority(_builder(name, name, key.public_key(), issuance), path_length=0)
    allowed: list[x509.GeneralName] = [x509.DNSName(dns) for dns in names.dns]
    allowed += [x509.IPAddress(ipaddress.ip_network(address)) for address in names.ip]
    bounds = x509.NameConstraints(permitted_subtrees=allowed, excluded_subtrees=_other_kinds(names))
    return Authority(key=key, certificate=_sign(builder.add_extension(bounds, critical=True), key, key.public_key()))


def _other_kinds(names: CertificateNames) -> list[x509.GeneralName] | None:
    """A kind of name that is not mentioned would be unbounded."""
    every: list[x509.GeneralName] = [] if names.dns else [x509.DNSName("")]
    if not names.ip:
        every += [x509.IPAddress(ipaddress.ip_network(net)) for net in ("0.0.0.0/0", "::/0")]
    return every or None


def issue_authority(authority: Authority, key: PrivateKey, *, subject: Subject, issuance: Issuance) -> Authority:
    """An intermediate authority that may issue end entities only (path length 0)."""
    builder = _builder(subject.name(), authority.certificate.subject, key.public_key(), issuance)
    builder = _as_authority(builder, path_length=0)
    public = authority.certificate.public_key()
    return Authority(key=key, certificate=_sign(builder, authority.key, require_public_key(public)))


def issue(
    authority: Authority,
    public_key: PublicKey,
    *,
    subject: Subject,
    use: CertificateUse,
    issuance: Issuance,
    names: CertificateNames | None = None,
    crl: str = "",
) -> x509.Certificate:
    """An end-entity certificate for one use.

    Args:
        names: become the subject alternative name.
        crl: address of the authority's revocation list (RFC 5280 §4.2.1.13).
    """
    require_public_key(public_key)
    builder = _builder(subject.name(), authority.certificate.subject, public_key, issuance)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signature=True, commitment=use is CertificateUse.SEAL), critical=True)
    alone = use is CertificateUse.TIME_STAMPING  # RFC 3161, 2.3: critical, so that no other use is ever read into it
    builder = builder.add_extension(x509.ExtendedKeyUsage([_EXTENDED[use]]), critical=alone)
    alternatives = _alternatives(names or CertificateNames())
    if use is CertificateUse.TLS_SERVER and not alternatives:
        raise ValueError("a TLS server certificate needs a DNS name or an IP address")
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    if crl:
        builder = builder.add_extension(_list_at(crl), critical=False)
    return _sign(builder, authority.key, require_public_key(authority.certificate.public_key()))


def _list_at(address: str) -> x509.CRLDistributionPoints:
    name = [x509.UniformResourceIdentifier(address)]
    point = x509.DistributionPoint(full_name=name, relative_name=None, reasons=None, crl_issuer=None)
    return x509.CRLDistributionPoints([point])


def make_csr(key: PrivateKey, *, subject: Subject) -> bytes:
    """A PKCS#10 request in PEM; its signature proves possession of the key, its subject is a wish."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject.name())
    return builder.sign(key, _hash_for(key.public_key())).public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRequest:
    """A request whose signature was checked."""

    public_key: PublicKey
    subject: x509.Name
    fingerprint: str
    """SHA-256 of the DER SubjectPublicKeyInfo, lower hex: what two people compare by telephone."""


def read_csr(pem: bytes) -> CertificateRequest:
    try:
        request = x509.load_pem_x509_csr(pem)
        valid = request.is_signature_valid
        subject, public = request.subject, request.public_key()
    except Exception as cause:
        # ValueError, TypeError, UnsupportedAlgorithm: hostile input, one answer.
        raise RequestUnreadable from cause
    if not valid:
        raise RequestUnreadable
    key = require_public_key(public)
    return CertificateRequest(public_key=key, subject=subject, fingerprint=key_fingerprint(key))


def load_certificates(pem: bytes) -> tuple[x509.Certificate, ...]:
    """All certificates of a PEM text, at least one."""
    try:
        return tuple(x509.load_pem_x509_certificates(pem))
    except ValueError as cause:
        raise CertificateUnreadable from cause


def certificate_pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in certificates)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the DER certificate, lower hex."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def key_fingerprint(key: PublicKey) -> str:
    """SHA-256 of the DER SubjectPublicKeyInfo, lower hex."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(key.public_bytes(serialization.Encoding.DER, form)).hexdigest()


def subject_text(certificate: x509.Certificate) -> str:
    """The subject by RFC 4514; the fingerprint where the name cannot be read."""
    try:
        return certificate.subject.rfc4514_string()
    except ValueError:
        return fingerprint(certificate)


def is_self_issued(certificate: x509.Certificate) -> bool:
    return certificate.subject == certificate.issuer


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: PublicKey, issuance: Issuance
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(issuance.serial)
        .not_valid_before(issuance.not_before)
        .not_valid_after(issuance.not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _as_authority(builder: x509.CertificateBuilder, *, path_length: int) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    return builder.add_extension(_usage(authority=True), critical=True)


def _usage(*, signature: bool = False, commitment: bool = False, authority: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signature,
        content_commitment=commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _alternatives(names: CertificateNames) -> Sequence[x509.GeneralName]:
    dns = [x509.DNSName(name) for name in names.dns]
    return [*dns, *(x509.IPAddress(ipaddress.ip_address(address)) for address in names.ip)]


def _sign(builder: x509.CertificateBuilder, key: PrivateKey, issuer_key: PublicKey) -> x509.Certificate:
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key)
    return builder.add_extension(identifier, critical=False).sign(key, _hash_for(issuer_key))


def _hash_for(key: PublicKey) -> hashes.SHA256 | hashes.SHA384:
    return hashes.SHA384() if describe_key(key) == "secp384r1" else hashes.SHA256()
