"""Since when the documents of a dossier provably existed: what makes them good long after the certificates under them.

Rules of this file:
1. A document that is in a log which was time-stamped existed by then, and so did whatever it names by its SHA-256.
   Who signed it is no matter here: existence is proved by the log and the service, both of which are known.
2. A time-stamp over the manifest proves the same of everything that it lists, as of the packing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from exchange_axis.domain.dossier import MANIFEST_STAMP, Dossier, MemberKind
from exchange_axis.ledger.proof import MAX_PROOF
from exchange_axis.pipeline.verify_case import Case, Question
from exchange_axis.pipeline.verify_dossier_proofs import proofs_of
from exchange_axis.pipeline.verify_log import proven_by
from exchange_axis.pipeline.verify_members import Members, bytes_of
from exchange_axis.pipeline.verify_read import DOCUMENT_MAX, kind_of_xml, statement_of
from exchange_axis.pipeline.verify_refusals import MemberChanged
from exchange_axis.pipeline.verify_result import Why
from exchange_axis.pipeline.verify_trust import TOKEN_MAX
from exchange_axis.pipeline.verify_views import judge_tokens
from schemas.gate.refusal import Refusal
from signing.xades import verify_enveloped_unanchored

_LOGGED: Final = frozenset({MemberKind.EVIDENCE, MemberKind.TRANSFER, MemberKind.RETURN, MemberKind.BINDING})


def manifest_time(case: Case, manifest: bytes, members: Members) -> datetime | None:
    """By the time-stamp over the manifest; None where there is none, or none that can be believed.

    Raises:
        MemberChanged: it is over something else.
    """
    if MANIFEST_STAMP not in set(members.names()):
        return None
    trust = case.question.trust
    token = bytes_of(members, MANIFEST_STAMP, TOKEN_MAX)
    question = replace(case.question, trust=replace(trust, tokens=(token, *trust.tokens)))
    found = judge_tokens(question, manifest)
    if found.at is None and found.why is Why.NOTHING_HERE:
        raise MemberChanged(where=MANIFEST_STAMP, name=MANIFEST_STAMP)
    if found.refusal is not None:
        case.remark(found.refusal)
    return found.at


def proven_times(question: Question, dossier: Dossier, members: Members) -> Mapping[str, datetime]:
    """By the SHA-256 of a document; the earliest where several tell."""
    listed = {member.name for member in dossier.members}
    times: dict[str, datetime] = {}
    for member in dossier.members:
        proofs = [name for name in proofs_of(member.name) if name in listed and member.kind in _LOGGED]
        told = (proven_by(question, bytes_of(members, name, MAX_PROOF), member.sha256) for name in proofs)
        at = min((one for one in told if one is not None), default=None)
        if at is None:
            continue
        for sha256 in (member.sha256, *_named(bytes_of(members, member.name, DOCUMENT_MAX))):
            times[sha256] = min(at, times.get(sha256, at))
    return times


def _named(document: bytes) -> Iterator[str]:
    """Digests of other documents that it speaks of."""
    try:
        root = verify_enveloped_unanchored(document).root
        said: Mapping[str, Any] = statement_of(kind_of_xml(document), root).document
    except Refusal:
        return
    one = (said.get(name) for name in ("container_sha256", "status_sha256", "acceptance_sha256"))
    yield from (sha256 for sha256 in one if sha256)
    yield from (hop["sha256"] for hop in said.get("trace", ()))
    yield from said.get("bindings", ())
    if said["kind"] == MemberKind.RETURN.value:
        yield from said["evidence"]
