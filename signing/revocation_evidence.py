"""CRLs and OCSP answers as they arrive: bytes in, pieces with their times out; whom they speak for is asked elsewhere.

Rules of this file:
1. What cannot be read whole is no evidence; it never ends a judgement that other evidence would allow.
2. A digest older than SHA-256 makes a piece weak, whoever signed it.
3. Times may carry fractions of a second, as some responders write them; that is why they are not read with
   cryptography's OCSP parser, which refuses them.

Sources: RFC 5280 sections 5.1 and 5.2, RFC 6960 section 4.2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from asn1crypto.core import GeneralizedTime
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from signing.revocation import NotChecked

STRONG_DIGESTS: Final = frozenset({"sha256", "sha384", "sha512"})


@dataclass(frozen=True, slots=True, kw_only=True)
class List:
    """A CRL, complete or delta."""

    sha256: str
    der: bytes
    container: CRLContainer
    this_update: datetime
    next_update: datetime | None
    number: int | None
    base: int | None
    """BaseCRLNumber of a delta; None for a complete list."""
    partial: bool
    """For some reasons of revocation only."""
    weak: bool
    covers_expired: datetime | None
    """ExpiredCertsOnCRL: certificates that expired since then stay listed (X.509, 9.5.2.8)."""

    @property
    def parsed(self) -> Any:
        return self.container.crl_data


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One single response of an OCSP answer."""

    sha256: str
    container: OCSPContainer
    this_update: datetime
    next_update: datetime | None
    weak: bool
    covers_expired: datetime | None
    """ArchiveCutoff (RFC 6960, 4.4.4)."""

    @property
    def single(self) -> Any:
        return self.container.extract_single_response()

    @property
    def basic(self) -> Any:
        return self.container.extract_basic_ocsp_response()


def read_lists(crls: Iterable[bytes]) -> Iterator[List | NotChecked]:
    for data in crls:
        try:
            yield _list(_der(data))
        except (ValueError, TypeError, KeyError):
            yield NotChecked.UNREADABLE


def read_responses(answers: Iterable[bytes]) -> Iterator[Response | NotChecked]:
    for data in answers:
        try:
            yield from _responses(_der(data))
        except (ValueError, TypeError, KeyError):
            yield NotChecked.UNREADABLE


def read_certificates(certificates: Iterable[bytes]) -> Iterator[asn1_x509.Certificate]:
    """Those that can be read; a helper certificate that cannot helps nobody."""
    for data in certificates:
        try:
            found = asn1_x509.Certificate.load(_der(data), strict=True)
            _ = found.subject, found.public_key, found.critical_extensions
        except (ValueError, TypeError, KeyError):
            continue
        yield found


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _der(data: bytes) -> bytes:
    if not pem.detect(data):
        return data
    unarmoured: bytes = pem.unarmor(data)[2]
    return unarmoured


def _list(der: bytes) -> List:
    parsed = asn1_crl.CertificateList.load(der, strict=True)
    body = parsed["tbs_cert_list"]
    number, base = parsed.crl_number_value, parsed.delta_crl_indicator_value
    scope = parsed.issuing_distribution_point_value
    return List(
        sha256=sha256_of(der),
        der=der,
        container=CRLContainer(parsed),
        this_update=body["this_update"].native,
        next_update=body["next_update"].native,
        number=None if number is None else number.native,
        base=None if base is None else base.native,
        partial=scope is not None and scope["only_some_reasons"].native is not None,
        weak=_is_weak(parsed["signature_algorithm"]),
        covers_expired=_expired_since(parsed),
    )


def _expired_since(parsed: Any) -> datetime | None:
    """asn1crypto has no name for this extension, so its value is read as the plain time it is."""
    for extension in parsed["tbs_cert_list"]["crl_extensions"] or ():
        if extension["extn_id"].dotted == "2.5.29.60":
            found: datetime = GeneralizedTime.load(extension["extn_value"].contents).native
            return found
    return None


def _responses(der: bytes) -> Iterator[Response | NotChecked]:
    parsed = asn1_ocsp.OCSPResponse.load(der, strict=True)
    containers = OCSPContainer.load_multi(parsed)
    if not containers:  # an error answer such as tryLater: it says nothing, and is not signed
        yield NotChecked.UNREACHABLE
    for container in containers:
        single: Any = container.extract_single_response()
        basic: Any = container.extract_basic_ocsp_response()
        cutoff = single.archive_cutoff_value
        yield Response(
            sha256=sha256_of(der),
            container=container,
            this_update=single["this_update"].native,
            next_update=single["next_update"].native,
            weak=_is_weak(basic["signature_algorithm"]),
            covers_expired=None if cutoff is None else cutoff.native,
        )


def _is_weak(algorithm: Any) -> bool:
    """Ed25519 and its like name no digest of their own; whether they are allowed is asked elsewhere."""
    try:
        return algorithm.hash_algo not in STRONG_DIGESTS
    except ValueError:
        return algorithm.signature_algo not in {"ed25519", "ed448"}
