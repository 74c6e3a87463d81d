"""Whether a verified signer's certificate was revoked, by the lists and answers that were given.

Only "revoked at the time of proof" refuses a file; whatever else is missing is an answer and a remark. "Not checked"
stays "not checked".
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from exchange_axis.pipeline.verify_case import Case
from exchange_axis.pipeline.verify_refusals import RevokedLater
from exchange_axis.pipeline.verify_result import Answer, Why
from exchange_axis.wire.times import to_text
from signing.roots import RootUse
from signing.verifier import SignerInfo

if TYPE_CHECKING:
    from signing.revocation import RevocationStatus


def check_signer(case: Case, signer: SignerInfo, *, at: datetime, use: RootUse | None) -> None:
    """Path and, where somebody gave answers about it, revocation.

    Args:
        use: what the root above must be trusted for; None: for anything.

    Raises:
        NoAnchors, NotPinned, CertificateRefusal: also CertificateRevoked and CertificateOnHold.
    """
    case.check_signer(signer, at=at, use=use)
    trust = case.question.trust
    if not (trust.crls or trust.ocsp) or trust.anchors is None:
        return
    # Some half a second of libraries, for those who bring lists and answers.
    from signing.revocation import Evidence, NotChecked, RevocationState, require_not_revoked  # noqa: PLC0415
    from signing.validation import Proof, validate  # noqa: PLC0415

    evidence = Evidence(crls=trust.crls, ocsp=trust.ocsp, certificates=trust.certificates)
    proof = Proof(at=at, now=case.question.judged_at, evidence=evidence)
    status = validate(signer.certificate, signer.intermediates, trust.anchors, proof).revocation
    case.evidence.append(_entry(status))
    if status.state is RevocationState.REVOKED:
        case.revocation = Answer.NO
        require_not_revoked(status, subject=signer.subject)
    if status.state is RevocationState.GOOD:
        case.revocation = Answer.YES
        if status.revoked_later and status.revoked_at is not None:
            case.remark(RevokedLater(revoked_at=to_text(status.revoked_at)))
        return
    late = {NotChecked.STALE, NotChecked.FUTURE, NotChecked.EXPIRED}
    case.why["revocation"] = Why.OUT_OF_DATE if status.why in late else Why.NOTHING_HERE


def _entry(status: RevocationStatus) -> dict[str, object]:
    told = {name: value for name, value in status.as_dict().items() if value is not None and name != "evidence"}
    sha256 = status.evidence[0] if status.evidence else ""
    return {"kind": "revocation", "sha256": sha256, **told}
