"""XML of other vocabularies: the profiles `generic` and `edxml-legacy`."""

from __future__ import annotations

from typing import BinaryIO

from exchange_axis.pipeline.verify_case import Case
from exchange_axis.pipeline.verify_read import DOCUMENT_MAX
from exchange_axis.pipeline.verify_refusals import OldProfile
from exchange_axis.pipeline.verify_result import Answer, Kind, Profile, Signer, TimeKind, Why
from exchange_axis.pipeline.verify_standing import check_signer
from signing.plain import verify_plain


def judge_plain(case: Case, file: BinaryIO) -> None:
    """One signature over one document, by a certificate that is pinned or leads to a known root.

    The time is the one asked for, else the present: such a document's own claims about time are not looked for.

    Raises:
        OldProfile: the mathematics hold by algorithms that are too old; only with `edxml-legacy`.
        Refusal: anything else that is wrong.
    """
    case.document = {"kind": Kind.XML.value}
    question = case.question
    old = question.profile is Profile.EDXML_LEGACY
    verified = verify_plain(file.read(DOCUMENT_MAX + 1), pinned=question.pinned, old=old)
    case.content, case.signer = verified.content, Signer.of(verified.signer)
    case.document = {"kind": Kind.XML.value, "root": verified.root}
    if verified.old:
        case.signed, case.why["signed"] = Answer.NOT_CHECKED, Why.OUT_OF_DATE
        raise OldProfile(what=", ".join(verified.old))
    if question.at is not None or question.now is None:
        at = case.set_time(question.at or verified.signer.certificate.not_valid_before_utc, TimeKind.GIVEN)
    else:
        at = question.now
        case.proof_time, case.proof_time_kind = at, TimeKind.PRESENT
    check_signer(case, verified.signer, at=at, use=None)
    case.accept()
