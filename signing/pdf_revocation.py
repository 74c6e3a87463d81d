"""Revocation of those who signed PDFs, from collected evidence. A file of its own: its validator loads slowly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from cryptography import x509

from schemas.gate.refusal import Refusal
from signing.certificate_errors import CertificateDisputed
from signing.pdf_verdict import Revocation, RevocationCheck
from signing.revocation import (
    STANDARD,
    Evidence,
    NotChecked,
    RevocationPolicy,
    RevocationState,
    RevocationStatus,
    not_checked,
)
from signing.roots import RootUse
from signing.trust import TrustAnchors
from signing.validation import Proof, validate

STATES: Final = {
    RevocationState.GOOD: Revocation.GOOD,
    RevocationState.REVOKED: Revocation.REVOKED,
    RevocationState.NOT_CHECKED: Revocation.NOT_CHECKED,
}


def revocation_by(
    anchors: TrustAnchors, evidence: Evidence, *, now: datetime, policy: RevocationPolicy = STANDARD
) -> RevocationCheck:
    """What CRLs and OCSP answers say of the whole path, those that the file brings along among them; whatever does not
    come to a judgement is "not checked".
    """

    def check(
        certificate: x509.Certificate, others: Sequence[x509.Certificate], *, at: datetime, carried: Evidence
    ) -> Revocation:
        proof = Proof(at=at, now=now, evidence=together(evidence, carried), policy=policy)
        return STATES[signer_status(certificate, others, anchors, proof).state]

    return check


def signer_status(
    certificate: x509.Certificate, others: Sequence[x509.Certificate], anchors: TrustAnchors, proof: Proof
) -> RevocationStatus:
    """Of the whole path under the roots trusted for PDF files, with the digests of all pieces that decided."""
    try:
        found = validate(certificate, others, anchors.for_use(RootUse.PDF, proof.at), proof)
    except CertificateDisputed:
        return not_checked(proof.at, NotChecked.DISPUTED)
    except Refusal:
        return not_checked(proof.at, NotChecked.PATH)
    digests = tuple(dict.fromkeys(digest for one in found.statuses for digest in one.evidence))
    return replace(found.revocation, evidence=digests)


def together(first: Evidence, second: Evidence) -> Evidence:
    """Each piece once."""
    return replace(
        first,
        crls=tuple(dict.fromkeys((*first.crls, *second.crls))),
        ocsp=tuple(dict.fromkeys((*first.ocsp, *second.ocsp))),
        certificates=tuple(dict.fromkeys((*first.certificates, *second.certificates))),
    )
