"""Revocation of those who signed PDFs, from collected evidence. A file of its own: its validator loads slowly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography import x509

from schemas.gate.refusal import Refusal
from signing.pdf_verdict import Revocation, RevocationCheck
from signing.revocation import STANDARD, Evidence, RevocationPolicy, RevocationState
from signing.trust import TrustAnchors
from signing.validation import Proof, validate

_STATES: Final = {RevocationState.GOOD: Revocation.GOOD, RevocationState.REVOKED: Revocation.REVOKED}


def revocation_by(
    anchors: TrustAnchors, evidence: Evidence, *, now: datetime, policy: RevocationPolicy = STANDARD
) -> RevocationCheck:
    """What CRLs and OCSP answers say of the whole path; whatever does not come to a judgement is "not checked"."""

    def check(certificate: x509.Certificate, others: Sequence[x509.Certificate], *, at: datetime) -> Revocation:
        proof = Proof(at=at, now=now, evidence=evidence, policy=policy)
        try:
            validated = validate(certificate, others, anchors, proof)
        except Refusal:
            return Revocation.NOT_CHECKED
        return _STATES.get(validated.revocation.state, Revocation.NOT_CHECKED)

    return check
