"""What looking at the files of a letter needs from the world: an examiner, a scanner, and whom to believe.

Both are ports: the examiner runs where hostile bytes can do no harm, the scanner is somebody else's program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from exchange_axis.ports import FileExaminer, MalwareScanner
from signing.pdf_trust import stamps_by
from signing.pdf_verdict import Revocation, RevocationCheck, StampTrust, Trust, Verdict
from signing.revocation import NOTHING, Evidence
from signing.trust import TrustAnchors


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTools:
    examiner: FileExaminer
    scanner: MalwareScanner | None = None
    refuse_unscanned: bool = False
    """Whether a letter is refused while the scanner is down; otherwise it is taken with a warning."""
    refuse_verdicts: frozenset[Verdict] = frozenset()
    """Verdicts on a PDF that refuse the letter; the others are warnings, and decide its legal standing."""
    seconds: float = 10.0
    """For all files of one letter while its sender waits; what is left is done later."""
    revocation: RevocationCheck | None = None
    """None: by what the file itself brings along, unless whoever asks knows more."""
    stamps: StampTrust | None = None
    """None: time-stamping authorities below the trust anchors."""

    def trust(
        self, anchors: TrustAnchors, *, received_at: datetime, now: datetime, revocation: RevocationCheck | None = None
    ) -> Trust:
        """
        Args:
            revocation: what the asker knows.
        """
        return Trust(
            anchors=anchors,
            received_at=received_at,
            now=now,
            revocation=self.revocation or revocation or _by_carried(anchors, now),
            stamps=self.stamps or stamps_by(anchors),
        )


def _by_carried(anchors: TrustAnchors, now: datetime) -> RevocationCheck:
    def check(
        certificate: x509.Certificate, others: Sequence[x509.Certificate], *, at: datetime, carried: Evidence
    ) -> Revocation:
        if carried == NOTHING:
            return Revocation.NOT_CHECKED
        from signing.pdf_revocation import revocation_by  # noqa: PLC0415 - its validator loads slowly

        return revocation_by(anchors, NOTHING, now=now)(certificate, others, at=at, carried=carried)

    return check
