"""What a signed PDF is worth: one verdict of a closed list for each signature, in plain Vietnamese, and for the file.

Rules of this file:
1. A signature is judged at the time for which there is proof: a trusted time-stamp, else the time when it was first
   received. What the signer's own clock says is shown and proves nothing (Circular 22/2020; R36).
2. "Not checked" is a verdict of its own: never shown as valid, never as revoked.
3. A file is as good as its worst signature, and a file whose last signature does not take in all of it is never
   called valid, but for validation data that was added (PAdES B-LT).
4. Trust is passed in: anchors, revocation, and who may stamp time.

Sources: Circular 15/2025/TT-BKHCN (what a checking program shows), ETSI EN 319 102-1 (order of checks).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from cryptography import x509

from schemas.gate.refusal import Refusal
from signing.certificates import fingerprint
from signing.errors import AlgorithmRefusal, CertificateExpired
from signing.pdf import Change, Coverage, PdfFacts, SignatureFacts, SignatureKind, Stamp
from signing.pdf_signers import SignerKind, SignerName, signer_name
from signing.revocation import Evidence
from signing.roots import RootUse
from signing.trust import TrustAnchors, check_path, judge_for


class Verdict(StrEnum):
    """The closed list, from bad to good; a file has the first that applies."""

    NOT_INTACT = "not-intact"
    REVOKED = "revoked"
    EXPIRED_BEFORE_SIGNING = "expired-before-signing"
    UNKNOWN_ROOT = "unknown-root"
    UNSIGNED = "unsigned"
    AGENCY_MISSING = "agency-missing"
    PERSON_MISSING = "person-missing"
    REVOCATION_UNKNOWN = "revocation-unknown"
    VALID_NOW_EXPIRED = "valid-now-expired"
    VALID = "valid"

    @property
    def is_valid(self) -> bool:
        return self in {Verdict.VALID, Verdict.VALID_NOW_EXPIRED}

    @property
    def vi(self) -> str:
        return VERDICT_TEXTS[self][0]

    @property
    def en(self) -> str:
        return VERDICT_TEXTS[self][1]


VERDICT_TEXTS: Final = {
    Verdict.NOT_INTACT: ("KHÔNG TOÀN VẸN", "not intact"),
    Verdict.REVOKED: ("CHỨNG THƯ BỊ THU HỒI", "certificate revoked"),
    Verdict.EXPIRED_BEFORE_SIGNING: ("CHỨNG THƯ HẾT HẠN TRƯỚC KHI KÝ", "certificate expired before signing"),
    Verdict.UNKNOWN_ROOT: ("KHÔNG RÕ NGUỒN TIN CẬY", "no known source of trust"),
    Verdict.UNSIGNED: ("KHÔNG CÓ CHỮ KÝ", "no signature"),
    Verdict.AGENCY_MISSING: ("THIẾU CHỮ KÝ CƠ QUAN", "the agency's signature is missing"),
    Verdict.PERSON_MISSING: (
        "THIẾU CHỮ KÝ NGƯỜI CÓ THẨM QUYỀN",
        "the authorised person's signature is missing",
    ),
    Verdict.REVOCATION_UNKNOWN: ("CHƯA KIỂM TRA ĐƯỢC THU HỒI", "revocation could not be checked"),
    Verdict.VALID_NOW_EXPIRED: ("HỢP LỆ – CHỨNG THƯ NAY ĐÃ HẾT HẠN", "valid; the certificate has expired since"),
    Verdict.VALID: ("HỢP LỆ", "valid"),
}

_ORDER: Final = {verdict: place for place, verdict in enumerate(Verdict)}


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    return min(verdicts, key=_ORDER.__getitem__, default=Verdict.UNSIGNED)


class Revocation(StrEnum):
    GOOD = "good"
    REVOKED = "revoked"
    """Before or at the time asked about."""
    NOT_CHECKED = "not-checked"


class RevocationCheck(Protocol):
    def __call__(
        self, certificate: x509.Certificate, others: Sequence[x509.Certificate], *, at: datetime, carried: Evidence
    ) -> Revocation:
        """What is known of the certificate and those above it for that time.

        Args:
            carried: what the file itself brought along; unverified.
        """
        ...


class StampTrust(Protocol):
    def __call__(self, certificate: x509.Certificate, others: Sequence[x509.Certificate], *, at: datetime) -> bool:
        """Whether this authority's word on the time is accepted."""
        ...


def revocation_not_checked(
    certificate: x509.Certificate, others: Sequence[x509.Certificate], *, at: datetime, carried: Evidence
) -> Revocation:
    """For those who have neither CRL nor OCSP."""
    return Revocation.NOT_CHECKED


def no_stamp_is_trusted(certificate: x509.Certificate, others: Sequence[x509.Certificate], *, at: datetime) -> bool:
    """For those who know no time-stamping authority."""
    return False


class TimeBasis(StrEnum):
    STAMP = "stamp"
    RECEIPT = "receipt"


class Reason(StrEnum):
    """Why a signature is not valid, finer than the verdict."""

    ALGORITHM = "algorithm"
    CERTIFICATE_UNREADABLE = "certificate-unreadable"
    CHANGED_AFTER = "changed-after"
    DIGEST = "digest"
    MALFORMED = "malformed"
    NOT_PERMITTED = "not-permitted"
    PATH = "path"
    PERIOD = "period"
    REVOCATION = "revocation"
    WHOLE_FILE = "whole-file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whom to believe, and when the file was first received."""

    anchors: TrustAnchors
    received_at: datetime
    now: datetime
    revocation: RevocationCheck = revocation_not_checked
    stamps: StampTrust = no_stamp_is_trusted


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureJudgement:
    facts: SignatureFacts
    verdict: Verdict
    reason: Reason | None = None
    detail: str = ""
    """Code of the refusal behind a path that failed."""
    signer: SignerName | None = None
    issuer: str = ""
    serial: str = ""
    fingerprint: str = ""
    judged_at: datetime
    basis: TimeBasis
    revocation: Revocation = Revocation.NOT_CHECKED


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfJudgement:
    verdict: Verdict
    """Before any rule about who must have signed."""
    signatures: tuple[SignatureJudgement, ...]
    covers_whole_file: bool
    """The last signature or document time-stamp takes in every byte."""

    def has(self, kind: SignerKind) -> bool:
        """Whether somebody of that kind signed, whatever the signature is worth."""
        return any(one.signer is not None and one.signer.kind is kind for one in self.signatures)


def judge_pdf(facts: PdfFacts, trust: Trust) -> PdfJudgement:
    """Every signature of the file, and the file."""
    signed = [one for one in facts.signatures if one.kind is SignatureKind.SIGNATURE]
    judged = tuple(_judge(one, facts, trust) for one in signed)
    whole = bool(facts.signatures) and facts.signatures[-1].coverage is Coverage.WHOLE_FILE
    if judged and not _ends_well(facts.signatures):
        last = judged[-1]
        if last.verdict.is_valid or last.verdict is Verdict.REVOCATION_UNKNOWN:
            judged = (*judged[:-1], replace(last, verdict=Verdict.NOT_INTACT, reason=Reason.WHOLE_FILE))
    return PdfJudgement(verdict=worst([one.verdict for one in judged]), signatures=judged, covers_whole_file=whole)


def _ends_well(signatures: Sequence[SignatureFacts]) -> bool:
    """Nothing was appended after the last one but validation data."""
    last = signatures[-1]
    if last.problem is not None or not last.intact:
        return False
    added = last.coverage is Coverage.REVISION and last.change is Change.VALIDATION_DATA
    return last.coverage is Coverage.WHOLE_FILE or added


def _judge(one: SignatureFacts, facts: PdfFacts, trust: Trust) -> SignatureJudgement:
    """(1) form  (2) integrity and later changes  (3) time  (4) algorithm and path  (5) revocation  (6) expiry since."""
    at, basis = _proof_time(one, facts.signatures, trust)
    judged = SignatureJudgement(facts=one, verdict=Verdict.NOT_INTACT, judged_at=at, basis=basis)
    if one.problem is not None:
        return replace(judged, reason=Reason.MALFORMED, detail=one.problem.value)
    try:
        certificate = x509.load_der_x509_certificate(one.certificate)
        others = [x509.load_der_x509_certificate(other) for other in one.others]
        judged = _with_signer(judged, certificate)
    except (ValueError, TypeError):
        return replace(judged, reason=Reason.CERTIFICATE_UNREADABLE)
    broken = _broken(one)
    if broken is not None:
        return replace(judged, reason=broken)
    return _with_revocation(_judge_path(judged, certificate, others, trust), (certificate, others), facts, trust)


def _with_signer(judged: SignatureJudgement, certificate: x509.Certificate) -> SignatureJudgement:
    return replace(
        judged,
        signer=signer_name(certificate),
        issuer=certificate.issuer.rfc4514_string()[:300],
        serial=f"{certificate.serial_number:x}",
        fingerprint=fingerprint(certificate),
    )


def _broken(one: SignatureFacts) -> Reason | None:
    if not one.intact:
        return Reason.DIGEST
    if one.digest not in DIGESTS or one.scheme not in SCHEMES:
        return Reason.ALGORITHM
    if one.coverage is Coverage.PARTIAL:
        return Reason.WHOLE_FILE
    if one.change in {Change.OTHER, Change.ANNOTATIONS}:
        return Reason.CHANGED_AFTER
    return None if one.permitted else Reason.NOT_PERMITTED


DIGESTS: Final = frozenset({"sha256", "sha384", "sha512", "sha512_256", "sha3_256", "sha3_384", "sha3_512"})
"""Circular 15/2025/TT-BKHCN; SHA-1 and MD5 are not there."""
SCHEMES: Final = frozenset({"rsassa_pkcs1v15", "rsassa_pss", "ecdsa"})


def _judge_path(
    judged: SignatureJudgement, certificate: x509.Certificate, others: Sequence[x509.Certificate], trust: Trust
) -> SignatureJudgement:
    """Valid if the path holds under a root that is trusted for PDF files."""
    at = judged.judged_at
    try:
        judge_for(RootUse.PDF, trust.anchors, at, lambda roots: check_path(certificate, others, roots, at=at))
    except CertificateExpired as refusal:
        return replace(judged, verdict=Verdict.EXPIRED_BEFORE_SIGNING, reason=Reason.PERIOD, detail=refusal.code)
    except AlgorithmRefusal as refusal:
        return replace(judged, verdict=Verdict.NOT_INTACT, reason=Reason.ALGORITHM, detail=refusal.code)
    except Refusal as refusal:
        return replace(judged, verdict=Verdict.UNKNOWN_ROOT, reason=Reason.PATH, detail=refusal.code)
    return replace(judged, verdict=Verdict.VALID)


def _with_revocation(
    judged: SignatureJudgement,
    signer: tuple[x509.Certificate, Sequence[x509.Certificate]],
    facts: PdfFacts,
    trust: Trust,
) -> SignatureJudgement:
    if judged.verdict is not Verdict.VALID:
        return judged
    certificate, others = signer
    revocation = trust.revocation(certificate, others, at=judged.judged_at, carried=facts.carried)
    judged = replace(judged, revocation=revocation)
    if revocation is not Revocation.GOOD:
        verdict = Verdict.REVOKED if revocation is Revocation.REVOKED else Verdict.REVOCATION_UNKNOWN
        return replace(judged, verdict=verdict, reason=Reason.REVOCATION)
    over = trust.now > certificate.not_valid_after_utc
    return replace(judged, verdict=Verdict.VALID_NOW_EXPIRED if over else Verdict.VALID)


def _proof_time(one: SignatureFacts, all_of: Sequence[SignatureFacts], trust: Trust) -> tuple[datetime, TimeBasis]:
    """The earliest time for which there is proof that the signature was there."""
    place = next(number for number, other in enumerate(all_of) if other is one)
    later = [other.stamp for other in all_of[place + 1 :] if other.kind is SignatureKind.TIMESTAMP and other.intact]
    times = [stamp.at for stamp in (one.stamp, *later) if stamp is not None and _is_trusted(stamp, trust)]
    if not times or min(times) > trust.received_at:
        return trust.received_at, TimeBasis.RECEIPT
    return min(times), TimeBasis.STAMP


def _is_trusted(stamp: Stamp, trust: Trust) -> bool:
    if not stamp.intact:
        return False
    try:
        certificate = x509.load_der_x509_certificate(stamp.certificate)
        others = [x509.load_der_x509_certificate(other) for other in stamp.others]
    except (ValueError, TypeError):
        return False
    return trust.stamps(certificate, others, at=stamp.at)
