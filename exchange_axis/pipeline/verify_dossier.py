"""A dossier: the manifest and its seal, every member against it, and then every member for what it is.

Rules of this file:
1. The order is fixed: seal of the manifest, names, digests, each document by itself, what they say of each other.
2. A member is judged as `axis verify` would judge it alone; a dossier adds bindings, never roots and never log keys:
   whoever packed it could have packed his own.
3. A page and a certificate for people prove nothing; they are only shown to be unchanged. Verdict reports are held
   against what vouches for them (`verify_dossier_reports`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, BinaryIO, Final

from exchange_axis.domain.dossier import (
    MANIFEST,
    MANIFEST_STAMP,
    Content,
    Dossier,
    IssuerKind,
    LetterEntry,
    Member,
    MemberKind,
)
from exchange_axis.domain.transfer import KeyUse
from exchange_axis.ledger.proof import MAX_PROOF, SUFFIX
from exchange_axis.pipeline.verify_case import Case, Question
from exchange_axis.pipeline.verify_dossier_proofs import check_proved, proofs_of
from exchange_axis.pipeline.verify_dossier_reports import check_reports
from exchange_axis.pipeline.verify_dossier_times import manifest_time, proven_times
from exchange_axis.pipeline.verify_members import Members, bytes_of, digest_of
from exchange_axis.pipeline.verify_refusals import (
    MemberAbsent,
    MemberChanged,
    MemberExtra,
    MemberForeign,
    MemberMissing,
    MemberRejected,
    SplitView,
)
from exchange_axis.pipeline.verify_result import Answer, Kind, Reason, Signer, TimeKind, Verdict, Why
from exchange_axis.pipeline.verify_signers import check_bound, require_hub
from exchange_axis.pipeline.verify_standing import check_signer
from exchange_axis.pipeline.verify_trust import BINDING_MAX, CHECKPOINT_MAX, CRL_MAX, OCSP_MAX, TOKEN_MAX, Trust
from exchange_axis.wire.dossier import read_dossier
from exchange_axis.wire.times import to_text
from schemas.gate.limits import SIGNED_LIMITS
from signing.roots import RootUse
from signing.verifier import SignerInfo
from signing.xades import verify_enveloped_unanchored

Judge = Callable[[Case, BinaryIO], None]

JUDGED: Final[Mapping[MemberKind, frozenset[Kind]]] = {
    MemberKind.LETTER: frozenset({Kind.LETTER}),
    MemberKind.COPY: frozenset({Kind.LETTER}),
    MemberKind.STATUS: frozenset({Kind.STATUS}),
    MemberKind.EVIDENCE: frozenset({Kind.RECEIPT}),
    MemberKind.TRANSFER: frozenset({Kind.TRANSFER}),
    MemberKind.RETURN: frozenset({Kind.RETURN}),
    MemberKind.BINDING: frozenset({Kind.BINDING}),
    MemberKind.CHECKPOINT: frozenset({Kind.CHECKPOINT}),
    MemberKind.TRUST_LIST: frozenset({Kind.TRUST_LIST}),
}
"""Members that are judged by themselves, and as what; the others are compared with the manifest."""

_ABOUT_THE_CONTAINER: Final = frozenset({"SubmissionAcceptance", "RelayAcceptance", "ContentHandover"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One member."""

    member: Member
    kind: MemberKind
    case: Case

    @property
    def document(self) -> Mapping[str, Any]:
        return self.case.document or {}


def judge_dossier(case: Case, members: Members, judge: Judge) -> None:
    """
    Raises:
        Refusal: the first thing that is wrong; what is wrong with single members is collected.
        OSError.
    """
    case.document = {"kind": Kind.DOSSIER.value}
    if MANIFEST not in set(members.names()):
        raise MemberMissing(name=MANIFEST)
    manifest = _manifest(members)
    verified = verify_enveloped_unanchored(manifest)
    case.content, case.signer = verified.content, Signer.of(verified.signer)
    dossier = read_dossier(verified.root)
    case.document = describe(dossier)
    hub = dossier.issuer_kind is IssuerKind.HUB
    trust = _with_enclosed(case, dossier, members)
    own, case.question = case.question, replace(case.question, trust=trust, memory={})
    case.proven = manifest_time(case, manifest, members)
    at = case.set_time(dossier.at, TimeKind.HUB_RECORDED if hub else TimeKind.CLAIMED)
    check_signer(case, verified.signer, at=at, use=RootUse.HUB_SEAL if hub else RootUse.NODE_SEAL)
    _check_issuer(case, dossier, verified.signer)
    _check_names(dossier, members)
    question = replace(case.question, receipt=None, code=None)
    times = {} if question.at is None else proven_times(question, dossier, members)
    how = _Judging(question=question, judge=judge, times=times, packed=case.proven)
    judged = _judge_members(case, dossier, members, how)
    _check_sense(case, dossier, judged)
    accepted = ((one.member.name, one.document) for one in judged if _is_accepted_evidence(one))
    check_reports(case, dossier, members, question, evidence=accepted)
    _sum_up(case, judged)
    case.question = own


def describe(dossier: Dossier) -> dict[str, Any]:
    return {
        "kind": Kind.DOSSIER.value,
        "id": dossier.id,
        "issuer": dossier.issuer,
        "issuer_kind": dossier.issuer_kind.value,
        "recorded_at": to_text(dossier.at),
        "query": dossier.query,
        "scope": dossier.scope,
        "members": len(dossier.members),
        "letters": [
            {
                "folder": letter.folder,
                "sender": letter.sender,
                "consignment_id": letter.consignment_id,
                "container_sha256": letter.container_sha256,
                "content": letter.content.value,
            }
            for letter in dossier.letters
        ],
    }


def _manifest(members: Members) -> bytes:
    return bytes_of(members, MANIFEST, SIGNED_LIMITS.document_bytes)


def _with_enclosed(case: Case, dossier: Dossier, members: Members) -> Trust:
    """The trust that was given, and what is enclosed that is only as good as its own signatures: bindings, lists and
    answers about revocation, checkpoints, time-stamps."""
    names, trust = set(members.names()), case.question.trust

    def enclosed(kind: MemberKind, suffix: str, limit: int) -> tuple[bytes, ...]:
        listed = (one.name for one in dossier.members if one.kind == kind and one.name.endswith(suffix))
        return tuple(bytes_of(members, name, limit) for name in listed if name in names)

    return replace(
        trust,
        bindings=(*trust.bindings, *enclosed(MemberKind.BINDING, ".xml", BINDING_MAX)),
        crls=(*trust.crls, *enclosed(MemberKind.REVOCATION, ".crl", CRL_MAX)),
        ocsp=(*trust.ocsp, *enclosed(MemberKind.REVOCATION, ".ocsp", OCSP_MAX)),
        certificates=(*trust.certificates, *enclosed(MemberKind.REVOCATION, ".cer", TOKEN_MAX)),
        tokens=(*trust.tokens, *enclosed(MemberKind.TIMESTAMP, ".tst", TOKEN_MAX)),
        token_proofs=(*trust.token_proofs, *enclosed(MemberKind.PROOF, f".tst{SUFFIX}", MAX_PROOF)),
        checkpoints=(*trust.checkpoints, *enclosed(MemberKind.CHECKPOINT, ".checkpoint", CHECKPOINT_MAX)),
        consistency=(*trust.consistency, *enclosed(MemberKind.CONSISTENCY, ".consistency", CHECKPOINT_MAX)),
    )


def _check_issuer(case: Case, dossier: Dossier, signer: SignerInfo) -> None:
    """
    Raises:
        SignerMismatch, NotBound.
    """
    use = KeyUse.NODE_SEAL
    if dossier.issuer_kind is IssuerKind.HUB:
        require_hub(case, dossier.issuer, signer, sealed_at=dossier.at)
        use = KeyUse.HUB_SEAL
    check_bound(
        case,
        signer,
        holder=dossier.issuer,
        fits=lambda bound: bound.use is use and bound.holder == dossier.issuer,
    )


def _check_names(dossier: Dossier, members: Members) -> None:
    """
    Raises:
        MemberMissing, MemberExtra: the first by name.
    """
    listed = {member.name for member in dossier.members}
    present = set(members.names()) - {MANIFEST, MANIFEST_STAMP}
    for name in sorted(listed - present):
        raise MemberMissing(where=name, name=name)
    for name in sorted(present - listed):
        raise MemberExtra(where=name, name=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judging:
    question: Question
    judge: Judge
    times: Mapping[str, datetime]
    """By the SHA-256 of a document, since when it provably existed."""
    packed: datetime | None
    """Since when everything did that the manifest lists."""


def _judge_members(case: Case, dossier: Dossier, members: Members, how: _Judging) -> tuple[Judged, ...]:
    """Every member compared with the manifest, those that can be judged by themselves judged."""
    listed = {member.name for member in dossier.members}
    found = []
    for member in dossier.members:
        if digest_of(members, member.name) != (member.size, member.sha256):
            raise MemberChanged(where=member.name, name=member.name)
        kind = next((one for one in JUDGED if one == member.kind), None)
        if kind is None:
            case.evidence.append({"name": member.name, "kind": member.kind, "sha256": member.sha256})
            continue
        proof, second = (
            bytes_of(members, name, MAX_PROOF) if name in listed else None for name in proofs_of(member.name)
        )
        inner = Case(
            question=how.question,
            path=None,
            sha256=member.sha256,
            proof=proof,
            second_proof=second,
            proven=how.times.get(member.sha256, how.packed),
        )
        with members.open(member.name) as file, inner.judging():
            how.judge(inner, file)
        one = Judged(member=member, kind=kind, case=inner)
        _note(case, one)
        found.append(one)
    return tuple(found)


def _note(case: Case, one: Judged) -> None:
    """The member's answers, and a refusal of it as a finding of the dossier."""
    inner, name = one.case, one.member.name
    case.evidence.append(
        {
            "name": name,
            "kind": one.member.kind,
            "sha256": one.member.sha256,
            "verdict": inner.reason.verdict.value,
            "reason": inner.reason.value,
            "signed": inner.signed.value,
            "bound": inner.bound.value,
            "logged": inner.logged.value,
            "witnessed": inner.witnessed.value,
            "stamped": inner.stamped.value,
            "revocation": inner.revocation.value,
        }
    )
    as_expected = one.document.get("kind") in {kind.value for kind in JUDGED[one.kind]}
    if inner.reason.verdict is Verdict.REJECT:
        case.refuse(MemberRejected(where=name, name=name, reason=inner.reason.value))
        case.findings += inner.findings
    elif not as_expected:
        case.refuse(MemberForeign(where=name, name=name, what=str(one.document.get("kind"))))


def _check_sense(case: Case, dossier: Dossier, judged: Iterable[Judged]) -> None:
    """What verified members say must be about the letters that the manifest names, and fit together."""
    judged = tuple(judged)
    letters = {letter.folder: letter for letter in dossier.letters}
    statuses = {one.member.sha256 for one in judged if one.kind is MemberKind.STATUS}
    for one in judged:
        letter = letters.get("/".join(one.member.name.split("/")[:2]))
        if one.case.reason is not Reason.OK:
            continue
        if one.kind in (MemberKind.EVIDENCE, MemberKind.LETTER, MemberKind.COPY) and not _belongs(one, letter):
            case.refuse(MemberForeign(where=one.member.name, name=one.member.name, what=_topic(one)))
        elif one.kind is MemberKind.EVIDENCE:
            check_proved(case, dossier, one.member.name, one.case)
        status = one.document.get("status_sha256")
        if one.kind is MemberKind.EVIDENCE and status is not None and status not in statuses:
            case.remark(MemberAbsent(where=one.member.name, name=one.member.name, what=f"status {status[:16]}"))
    held = {one.member.name for one in judged if one.kind is MemberKind.LETTER}
    for letter in dossier.letters:
        name = f"{letter.folder}/letter.asice"
        if (letter.content is Content.HELD) is not (name in held):
            case.refuse(MemberMissing(where=name, name=name))
    _check_copies(case, judged)
    _check_views(case, judged)


def _is_accepted_evidence(one: Judged) -> bool:
    return one.kind is MemberKind.EVIDENCE and one.case.reason is Reason.OK


def _check_copies(case: Case, judged: Iterable[Judged]) -> None:
    """A copy for long keeping holds what its letter holds."""
    parts = {}
    for one in judged:
        folder = one.member.name.rpartition("/")[0]
        if one.kind is MemberKind.LETTER:
            parts[folder] = one.document.get("parts")
        elif one.kind is MemberKind.COPY and parts.get(folder) != one.document.get("parts"):
            case.refuse(MemberForeign(where=one.member.name, name=one.member.name, what=_topic(one)))


def _belongs(one: Judged, letter: LetterEntry | None) -> bool:
    if letter is None:
        return False
    document = one.document
    if (document.get("sender"), document.get("consignment_id")) != (letter.sender, letter.consignment_id):
        return False
    if one.kind is MemberKind.LETTER:
        return one.member.sha256 == letter.container_sha256
    same = document.get("container_sha256") == letter.container_sha256
    return same or document.get("event") not in _ABOUT_THE_CONTAINER


def _topic(one: Judged) -> str:
    return f"{one.document.get('sender')} {one.document.get('consignment_id')}"


def _check_views(case: Case, judged: Iterable[Judged]) -> None:
    """One log shows one history: two checkpoints of one size have one root."""
    roots: dict[tuple[str, int], str] = {}
    for one in judged:
        if one.kind is MemberKind.CHECKPOINT and one.case.reason is Reason.OK:
            document = one.document
            place = (str(document["origin"]), int(document["size"]))
            if roots.setdefault(place, document["root"]) != document["root"]:
                case.refuse(SplitView(where=one.member.name, origin=place[0], size=place[1]))


def _sum_up(case: Case, judged: tuple[Judged, ...]) -> None:
    """Verdict and answers of the whole: no better than those of its documents."""
    documents = [one for one in judged if one.kind is not MemberKind.CHECKPOINT]
    logged = [one for one in documents if one.kind is MemberKind.EVIDENCE]
    held = [one for one in documents if one.kind in (MemberKind.LETTER, MemberKind.STATUS)]
    for name in ("logged", "witnessed", "stamped"):
        setattr(case, name, _answer(case, name, [one.case for one in logged]))
    case.revocation = _answer(case, "revocation", [case, *(one.case for one in documents)])
    if held and case.bound is not Answer.NO:
        own, case.bound = case.bound, _answer(case, "bound", [one.case for one in held])
        if own is Answer.YES and case.bound is Answer.NOT_CHECKED:
            case.why["bound"] = Why.IN_PART
    if case.reason is Reason.MEMBER:
        return
    undecided = [one for one in documents if one.case.reason.verdict is Verdict.INDETERMINATE]
    if undecided:
        first = undecided[0]
        case.reason = first.case.reason
        case.findings += first.case.findings
        return
    case.accept()


def _answer(case: Case, name: str, cases: list[Case]) -> Answer:
    """Yes if all say so, no if one says no; a mixture of yes and not checked is not checked, in part."""
    answers = {getattr(one, name) for one in cases}
    if Answer.NO in answers:
        return Answer.NO
    if answers == {Answer.YES}:
        return Answer.YES
    if Answer.YES in answers:
        case.why[name] = Why.IN_PART
    else:
        for why in (Why.OUT_OF_DATE, Why.NO_KEY, Why.NO_POLICY):
            if any(one.why.get(name) is why for one in cases):
                case.why[name] = why
    return Answer.NOT_CHECKED
