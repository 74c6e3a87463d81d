"""Copies of containers for long keeping: what their time-stamps prove, and what they enclose about revocation.

Rules of this file:
1. A time-stamp that is not over the signature, or does not verify, refuses the file: somebody put it there.
2. One whose service nobody here knows says nothing; the time is then what the signer claims.
3. What is enclosed about revocation is only as good as its own signatures, and is judged like what lies in the trust.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from exchange_axis.pipeline.verify_case import Case
from exchange_axis.pipeline.verify_result import Answer, TimeKind, Why
from exchange_axis.wire.times import to_text
from signing.container import VerifiedMembers
from signing.errors import CertificateRefusal
from signing.trust import Purpose, check_path
from signing.verifier import SignerInfo

if TYPE_CHECKING:
    from signing.long_term import LongTermMembers
    from signing.timestamps import Timestamp


def read_signatures(signatures: bytes) -> LongTermMembers:
    """A container's signature file, with whatever stands beside what was signed.

    Raises:
        Refusal: the signature or a time-stamp is not right; nothing is known of paths yet.
    """
    from signing.long_term import verify_long_term_unanchored  # noqa: PLC0415 - the forms of time-stamps load slowly

    return verify_long_term_unanchored(signatures)


def as_members(found: LongTermMembers) -> VerifiedMembers:
    return VerifiedMembers(members=found.members, signer=found.signer, signing_time=found.signing_time)


def own_time(case: Case, found: LongTermMembers) -> tuple[datetime, TimeKind]:
    """When the signature existed: by its oldest time-stamp that can be believed, else by the signer's word.

    Sets `stamped`.
    """
    believed = [one for one in found.stamps if _is_believed(case, one)]
    if not believed:
        return found.signing_time, TimeKind.CLAIMED
    first = believed[0]
    case.stamped = Answer.YES
    case.why.pop("stamped", None)
    digest = hashlib.sha256(first.token).hexdigest()
    case.evidence.append({"kind": "time-stamp", "sha256": digest, "at": to_text(first.at), "by": first.service})
    return first.at, TimeKind.STAMPED


def enclose(case: Case, found: LongTermMembers) -> SignerInfo:
    """Adds what the copy brings to what was given; the signer with the certificates that stand beside the signature."""
    trust, brought = case.question.trust, found.revocation
    enlarged = replace(trust, crls=(*trust.crls, *brought.crls), ocsp=(*trust.ocsp, *brought.ocsp))
    case.question = replace(case.question, trust=enlarged)
    return replace(found.signer, intermediates=(*found.signer.intermediates, *found.certificates))


def _is_believed(case: Case, stamp: Timestamp) -> bool:
    """Its service leads to a known root, now too where a later time is asked about: nobody renewed it."""
    anchors = case.question.trust.anchors
    if anchors is None:
        case.why["stamped"] = Why.NO_KEY
        return False
    times = (stamp.at,) if case.question.at is None else (stamp.at, max(stamp.at, case.question.at))
    for at, why in zip(times, (Why.NO_KEY, Why.OUT_OF_DATE), strict=False):
        try:
            check_path(stamp.certificate, stamp.chain, anchors, at=at, purpose=Purpose.TIME_STAMPING)
        except CertificateRefusal as refusal:
            case.why["stamped"] = why
            case.remark(refusal)
            return False
    return True
