"""What looking at the files of a letter needs from the world: an examiner, a scanner, and whom to believe.

Both are ports: the examiner runs where hostile bytes can do no harm, the scanner is somebody else's program.
"""

from __future__ import annotations

from dataclasses import dataclass

from exchange_axis.ports import FileExaminer, MalwareScanner
from signing.pdf_verdict import RevocationCheck, StampTrust, no_stamp_is_trusted, revocation_not_checked


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTools:
    examiner: FileExaminer
    scanner: MalwareScanner | None = None
    refuse_unscanned: bool = False
    """Whether a letter is refused while the scanner is down; otherwise it is taken with a warning."""
    seconds: float = 10.0
    """For all files of one letter while its sender waits; what is left is done later."""
    revocation: RevocationCheck = revocation_not_checked
    stamps: StampTrust = no_stamp_is_trusted
