"""A certificate at a time of proof: its path by two validators, and what is known of revocation along it.

Steps:
1. use, period and path by cryptography's validator (`trust.check_path`), with its own reasons of refusal;
2. the same path question to pyhanko-certvalidator, which also knows policies and constraints of directory names; where
   the two disagree neither is believed;
3. revocation of every certificate below the anchor, as of the same time, from the evidence handed in.
Paths are refused by exception; revocation is a value, because "not checked" is an ordinary outcome.

Off the hot path: some 20 ms a certificate. Nothing here reads a clock or opens a connection.
Sources: RFC 5280 section 6; ETSI EN 319 102-1 section 5.6.2 for past times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator.authority import AuthorityWithCert
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, ValidationError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import PKIXValidationParams
from pyhanko_certvalidator.validate import async_validate_path

from signing.certificate_errors import CertificateDisputed
from signing.certificates import subject_text
from signing.errors import CertificateRefusal, CertificateUntrusted
from signing.revocation import NOTHING, STANDARD, Evidence, RevocationPolicy, RevocationState, RevocationStatus, worst
from signing.revocation_evidence import read_certificates
from signing.revocation_judge import WITHOUT_REVOCATION, Judge
from signing.sync import finish
from signing.trust import Purpose, TrustAnchors, check_path

PATHS_MAX: Final = 16
"""Ways up that are tried; bridges between authorities make several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDemand:
    """Which certificate policies a path must carry; the default asks for none (RFC 5280, 6.1.1 (c) to (g))."""

    policies: frozenset[str] = frozenset({"any_policy"})
    explicit: bool = False
    no_mapping: bool = False
    no_any: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Validated:
    """A certificate whose path held at `at`."""

    at: datetime
    chain: tuple[x509.Certificate, ...]
    """The certificate first, the anchor last."""
    statuses: tuple[RevocationStatus, ...]
    """In the same order, without the anchor: nobody revokes what somebody decided to trust."""

    @property
    def revocation(self) -> RevocationStatus:
        """Of the whole path: the worst."""
        return worst(self.statuses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """When, for what and by what a certificate is judged."""

    at: datetime
    """The time of proof, aware UTC."""
    now: datetime
    """When it is judged: evidence issued later than that is refused."""
    evidence: Evidence = NOTHING
    purpose: Purpose = Purpose.SEAL
    policy: RevocationPolicy = STANDARD
    demand: PolicyDemand = PolicyDemand()


def validate(
    certificate: x509.Certificate, intermediates: Sequence[x509.Certificate], anchors: TrustAnchors, proof: Proof
) -> Validated:
    """The path that held at the time of proof, the one known as not revoked if there are several.

    Raises:
        CertificateRefusal: of `trust.check_path`, or CertificateDisputed.
    """
    refused = _refusal_of_first(certificate, intermediates, anchors, proof)
    try:
        paths = held_paths(certificate, intermediates, anchors, proof)
    except (PathBuildingError, ValidationError, ValueError, TypeError, AssertionError) as cause:
        if refused is not None:
            raise refused from cause
        raise _disputed(certificate, "cryptography", "pyhanko-certvalidator", str(cause)) from cause
    if refused is not None:
        if not isinstance(refused, CertificateUntrusted):
            raise refused  # use and period are asked of the first alone
        raise _disputed(certificate, "pyhanko-certvalidator", "cryptography", str(refused.__cause__)) from refused
    judge = Judge(proof.evidence, now=proof.now, policy=proof.policy)
    found = [along(path, judge, proof) for path in paths]
    return next((one for one in found if one.revocation.state is RevocationState.GOOD), found[0])


def _refusal_of_first(
    certificate: x509.Certificate, intermediates: Sequence[x509.Certificate], anchors: TrustAnchors, proof: Proof
) -> CertificateRefusal | None:
    try:
        check_path(certificate, intermediates, anchors, at=proof.at, purpose=proof.purpose)
    except CertificateRefusal as refusal:
        return refusal
    return None


def held_paths(
    certificate: x509.Certificate, intermediates: Sequence[x509.Certificate], anchors: TrustAnchors, proof: Proof
) -> list[ValidationPath]:
    """Those that hold by the second validator, at least one.

    Raises:
        PathBuildingError, ValidationError, ValueError.
    """
    context = _context(intermediates, anchors, proof)
    built = finish(context.path_builder.async_build_paths(_asn1(certificate)))
    held: list[ValidationPath] = []
    problem: ValidationError | None = None
    for path in built[:PATHS_MAX]:
        try:
            finish(async_validate_path(_context(intermediates, anchors, proof), path, _parameters(proof.demand)))
            held.append(path)
        except ValidationError as cause:
            problem = problem or cause
    if not held:
        raise problem or PathBuildingError("no path")
    return held


def along(path: ValidationPath, judge: Judge, proof: Proof) -> Validated:
    """A path that held, with what is known of revocation for each certificate of it."""
    below = list(path.iter_certs(include_root=False))
    statuses = []
    for count in range(len(below)):
        part = ValidationPath(path.trust_anchor, below[:count], below[count])
        statuses.append(judge.status(part, at=proof.at))
    chain = [*reversed(below), *([path.first] if isinstance(path.trust_anchor.authority, AuthorityWithCert) else [])]
    return Validated(
        at=proof.at,
        chain=tuple(x509.load_der_x509_certificate(one.dump()) for one in chain),
        statuses=tuple(reversed(statuses)),
    )


def _context(intermediates: Sequence[x509.Certificate], anchors: TrustAnchors, proof: Proof) -> ValidationContext:
    others = [*(_asn1(one) for one in intermediates), *read_certificates(proof.evidence.certificates)]
    return ValidationContext(
        trust_roots=[_asn1(one) for one in anchors.certificates],
        other_certs=others,
        moment=proof.at,
        allow_fetching=False,
        revinfo_policy=WITHOUT_REVOCATION,
    )


def _parameters(demand: PolicyDemand) -> PKIXValidationParams:
    return PKIXValidationParams(
        user_initial_policy_set=demand.policies,
        initial_policy_mapping_inhibit=demand.no_mapping,
        initial_explicit_policy=demand.explicit,
        initial_any_policy_inhibit=demand.no_any,
    )


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _disputed(certificate: x509.Certificate, accepted: str, refused: str, problem: str) -> CertificateDisputed:
    return CertificateDisputed(
        subject=subject_text(certificate), accepted_by=accepted, refused_by=refused, problem=problem[:300]
    )
