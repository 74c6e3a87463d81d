"""What looking at the files of a letter needs from the world: an examiner, a scanner, and whom to believe.

Both are ports: the examiner runs where hostile bytes can do no harm, the scanner is somebody else's program.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from exchange_axis.ports import FileExaminer, MalwareScanner
from signing.pdf_trust import stamps_by
from signing.pdf_verdict import RevocationCheck, StampTrust, Trust, revocation_not_checked
from signing.trust import TrustAnchors


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTools:
    examiner: FileExaminer
    scanner: MalwareScanner | None = None
    refuse_unscanned: bool = False
    """Whether a letter is refused while the scanner is down; otherwise it is taken with a warning."""
    seconds: float = 10.0
    """For all files of one letter while its sender waits; what is left is done later."""
    revocation: RevocationCheck = revocation_not_checked
    stamps: StampTrust | None = None
    """None: time-stamping authorities below the trust anchors."""

    def trust(self, anchors: TrustAnchors, *, received_at: datetime, now: datetime) -> Trust:
        return Trust(
            anchors=anchors,
            received_at=received_at,
            now=now,
            revocation=self.revocation,
            stamps=self.stamps or stamps_by(anchors),
        )
