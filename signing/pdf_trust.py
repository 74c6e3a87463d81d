"""Whom to believe about signed PDFs, by trust anchors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509

from schemas.gate.refusal import Refusal
from signing.pdf_verdict import StampTrust
from signing.roots import RootUse
from signing.trust import Purpose, TrustAnchors, check_path


def stamps_by(anchors: TrustAnchors) -> StampTrust:
    """Time-stamping authorities below these anchors, for the use that they were certified for."""

    def trusted(certificate: x509.Certificate, others: Sequence[x509.Certificate], *, at: datetime) -> bool:
        try:
            roots = anchors.for_use(RootUse.TIME_STAMP, at)
            check_path(certificate, others, roots, at=at, purpose=Purpose.TIME_STAMPING)
        except Refusal:
            return False
        return True

    return trusted
