"""Where a certificate says its revocation is told, and the question to ask there. The asking itself is an adapter's.

Sources: RFC 5280 sections 4.2.1.13, 4.2.2.1 and 5.2.6; RFC 6960 section 4.1 and RFC 8954 for the nonce.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from signing.revocation import NotChecked

NONCE_BYTES: Final = 32
"""RFC 8954 section 2.1 allows 1 to 32."""

_T = TypeVar("_T", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """HTTP addresses by what is found there; others (LDAP, files) are not for us."""

    crls: tuple[str, ...] = ()
    """Complete lists and deltas."""
    ocsp: tuple[str, ...] = ()
    issuers: tuple[str, ...] = ()


def sources(certificate: x509.Certificate) -> Sources:
    crls: list[str] = []
    for points in (_find(certificate, x509.CRLDistributionPoints), _find(certificate, x509.FreshestCRL)):
        for point in points or ():
            crls += _http(name.value for name in point.full_name or ())
    access = _find(certificate, x509.AuthorityInformationAccess) or ()
    found = {
        method: tuple(_http(one.access_location.value for one in access if one.access_method == method))
        for method in (AuthorityInformationAccessOID.OCSP, AuthorityInformationAccessOID.CA_ISSUERS)
    }
    return Sources(
        crls=tuple(dict.fromkeys(crls)),
        ocsp=found[AuthorityInformationAccessOID.OCSP],
        issuers=found[AuthorityInformationAccessOID.CA_ISSUERS],
    )


def ocsp_request(certificate: x509.Certificate, issuer: x509.Certificate, *, nonce: bytes | None = None) -> bytes:
    """DER of an unsigned request about one certificate.

    SHA-1 names the issuer in it, as RFC 5019 has it and every responder understands; nothing is trusted for it.
    """
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def nonce_problem(answer: bytes, nonce: bytes) -> NotChecked | None:
    """None if the answer repeats our nonce, or carries none: many responders sign their answers beforehand.

    An answer that carries another nonce is somebody else's (RFC 6960, 4.4.1).
    """
    try:
        parsed = asn1_ocsp.OCSPResponse.load(answer, strict=True)
        if parsed["response_status"].native != "successful":
            return None
        value = parsed.nonce_value
    except (ValueError, TypeError, KeyError):
        return NotChecked.UNREADABLE
    return NotChecked.NONCE if value is not None and value.native != nonce else None


def _http(values: Iterable[object]) -> list[str]:
    return [value for value in values if isinstance(value, str) and value.lower().startswith(("http://", "https://"))]


def _find(certificate: x509.Certificate, kind: type[_T]) -> _T | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, ValueError):
        return None
