"""What stands behind a verified signature or log entry: revocation, witnesses, time-stamps. Each answers for itself.

Rules of this file:
1. Only "revoked at the time of proof" refuses a file; whatever else is missing or does not hold is an answer and a
   remark. "Not checked" stays "not checked".
2. A cosignature counts only by a key that the trust folder names as a witness's; a time-stamp only if its authority
   leads to one of the roots.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from exchange_axis.ledger.cosignature import cosignature_names, read_cosignatures
from exchange_axis.ledger.note import note_text
from exchange_axis.pipeline.verify_case import Case
from exchange_axis.pipeline.verify_refusals import RevokedLater
from exchange_axis.pipeline.verify_result import Answer, Why
from exchange_axis.wire.times import to_text
from schemas.gate.refusal import Refusal
from signing.errors import CertificateRefusal
from signing.verifier import SignerInfo

if TYPE_CHECKING:
    from signing.revocation import RevocationStatus

_END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)


def check_signer(case: Case, signer: SignerInfo, *, at: datetime) -> None:
    """Path and, where somebody gave answers about it, revocation.

    Raises:
        NoAnchors, NotPinned, CertificateRefusal: also CertificateRevoked and CertificateOnHold.
    """
    case.check_signer(signer, at=at)
    trust = case.question.trust
    if not (trust.crls or trust.ocsp) or trust.anchors is None:
        return
    # Some half a second of libraries, for those who bring lists and answers.
    from signing.revocation import Evidence, NotChecked, RevocationState, require_not_revoked  # noqa: PLC0415
    from signing.validation import Proof, validate  # noqa: PLC0415

    evidence = Evidence(crls=trust.crls, ocsp=trust.ocsp)
    proof = Proof(at=at, now=case.question.now or _END_OF_TIME, evidence=evidence)
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


def check_witnessed(case: Case, note: bytes) -> None:
    """Cosignatures of the checkpoint that the entry was proved under; sets `witnessed`.

    Raises:
        UntrustedNote: one in the name of a known witness is wrong.
    """
    found = read_cosignatures(note, case.question.trust.witnesses)
    if found:
        case.witnessed = Answer.YES
        for one in found:
            case.evidence.append(
                {
                    "kind": "cosignature",
                    "sha256": hashlib.sha256(one.line.encode()).hexdigest(),
                    "witness": one.witness.name,
                    "at": to_text(one.at),
                }
            )
    elif any(cosignature_names(note)):
        case.why["witnessed"] = Why.NO_KEY


def check_stamped(case: Case, note: bytes) -> None:
    """Time-stamps over the checkpoint's text, renewed ones after those that they renew; sets `stamped`."""
    tokens = case.question.trust.tokens
    if not tokens:
        return
    from signing.timestamp_chain import verify_chain  # noqa: PLC0415 - for those who bring tokens

    text = note_text(note).encode()
    chain = _chain(text, tokens)
    if not chain:
        return
    if case.question.trust.anchors is None:
        case.why["stamped"] = Why.NO_KEY
        return
    try:
        held = verify_chain(text, chain, case.question.trust.anchors, at=case.question.now or _END_OF_TIME)
    except CertificateRefusal as refusal:
        case.why["stamped"] = Why.NO_KEY
        case.remark(refusal)
        return
    except Refusal as refusal:
        case.stamped = Answer.NO
        case.remark(refusal)
        return
    case.stamped = Answer.YES
    digest = hashlib.sha256(chain[0]).hexdigest()
    entry = {"kind": "time-stamp", "sha256": digest, "at": to_text(held.at), "by": held.timestamps[0].service}
    case.evidence.append(entry)


def _chain(text: bytes, tokens: Iterable[bytes]) -> list[bytes]:
    """The tokens that are over this text, each after the one that it renews."""
    from signing.timestamp_chain import stamped_octets  # noqa: PLC0415
    from signing.timestamp_form import read_token  # noqa: PLC0415
    from signing.timestamps import imprint_of  # noqa: PLC0415

    waiting = {}
    for token in tokens:
        try:
            waiting[token] = read_token(token).imprint
        except Refusal:
            continue
    chain: list[bytes] = []
    while True:
        octets = stamped_octets(text, chain)
        follows = next(
            (one for one, imprint in waiting.items() if imprint == imprint_of(octets, imprint.algorithm)), None
        )
        if follows is None:
            return chain
        chain.append(follows)
        del waiting[follows]


def _entry(status: RevocationStatus) -> dict[str, object]:
    told = {name: value for name, value in status.as_dict().items() if value is not None and name != "evidence"}
    sha256 = status.evidence[0] if status.evidence else ""
    return {"kind": "revocation", "sha256": sha256, **told}
