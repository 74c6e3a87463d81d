"""Who else vouches for an entry of a log: witnesses by the policy, time-stamping authorities.

Rules of this file:
1. They vouch for a checkpoint: the one that the entry was proved under, or another of the same log that is enclosed
   and provably covers the entry. Of two that a consistency proof joins, the smaller is the beginning of the larger.
2. Witnesses are judged by the policy that was given (a `*.policy` file, else the trust list); without one nothing is
   said.
3. A time-stamp counts only if its authority leads to one of the roots. Nothing here refuses a file, but a wrong
   cosignature in the name of a known witness.
4. A time-stamp whose authority's certificate has ended counts if it was in a log, which was time-stamped again before
   that end (ADR 0015); what was proved then is proved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from exchange_axis.ledger.checkpoint import Checkpoint, open_checkpoint, read_unverified_checkpoint
from exchange_axis.ledger.cosignature import cosignature_names
from exchange_axis.ledger.errors import LedgerError
from exchange_axis.ledger.note import NoteVerifier, note_text
from exchange_axis.ledger.policy import Witnessed, witnessed
from exchange_axis.ledger.proof import read_path, read_proof, verify_evidence_proof
from exchange_axis.ledger.tree import verify_consistency
from exchange_axis.pipeline.verify_case import Case, Question
from exchange_axis.pipeline.verify_refusals import TooFewWitnesses, UnknownLog
from exchange_axis.pipeline.verify_result import Answer, Why
from exchange_axis.pipeline.verify_trust import Trust
from exchange_axis.wire.times import to_text
from schemas.gate.refusal import Refusal
from signing.errors import CertificateRefusal

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """A checkpoint's text with time-stamps that hold, or what is to be said instead."""

    at: datetime | None = None
    service: str = ""
    sha256: str = ""
    """Of the first token."""
    answer: Answer = Answer.NOT_CHECKED
    why: Why = Why.NOTHING_HERE
    refusal: Refusal | None = None


def with_known_log(trust: Trust, origin: str, judge: Callable[[NoteVerifier], _Result]) -> _Result:
    """What `judge` returns for the first key of that log that satisfies it.

    Raises:
        UnknownLog: no key of that log was given.
        LedgerError: of the last key.
    """
    refusal: LedgerError | UnknownLog = UnknownLog(origin=origin)
    for log in trust.logs_of(origin):
        try:
            return judge(log)
        except LedgerError as wrong:
            refusal = wrong
    raise refusal


def check_views(case: Case, note: bytes, index: int | None = None) -> None:
    """Sets `witnessed` and `stamped` for a checkpoint that verified, or an entry proved under it.

    Raises:
        UntrustedNote: a cosignature in the name of a known witness is wrong.
    """
    views = list(_views(case.question, note, index))
    _check_witnessed(case, views)
    _check_stamped(case, views)


def stamped_at(question: Question, note: bytes, index: int | None) -> datetime | None:
    """Since when an entry provably existed; None where no time-stamp tells."""
    times = (_stamped(question, view).at for view in _views(question, note, index))
    return min((at for at in times if at is not None), default=None)


def _views(question: Question, note: bytes, index: int | None) -> Iterator[bytes]:
    """The note, and every enclosed checkpoint of that log that covers the entry."""
    yield note
    own = read_unverified_checkpoint(note)
    for other in question.trust.checkpoints:
        key = ("checkpoint", other)
        found = question.remembered(key, lambda one=other: _opened(question.trust, one))  # type: ignore[misc]
        if found is None or found.origin != own.origin:
            continue
        covers = found.size >= own.size if index is None else found.size > index
        if covers and question.remembered(
            ("joined", own, found),
            lambda one=found: _joined(own, one, question.trust.consistency),  # type: ignore[misc]
        ):
            yield other


def _opened(trust: Trust, note: bytes) -> Checkpoint | None:
    try:
        claimed = read_unverified_checkpoint(note)
        return with_known_log(trust, claimed.origin, lambda log: open_checkpoint(note, log))
    except (LedgerError, UnknownLog):
        return None


def _joined(own: Checkpoint, other: Checkpoint, proofs: Iterable[bytes]) -> bool:
    """One of the proofs joins them; two of one size join themselves."""
    old, new = sorted((own, other), key=lambda one: one.size)
    for data in (b"", *proofs):
        try:
            path = read_path(data)
            verify_consistency(old.size, new.size, path, root1=old.root, root2=new.root)
        except LedgerError:
            continue
        return True
    return False


def _check_witnessed(case: Case, views: Iterable[bytes]) -> None:
    policy = case.question.trust.policy
    best: Witnessed | None = None
    for view in views:
        if policy is None or not policy.asks:
            if any(cosignature_names(view)):
                case.why["witnessed"] = Why.NO_POLICY
            continue
        found = case.question.remembered(("witnessed", view), lambda note=view: witnessed(note, policy))  # type: ignore[misc]
        if best is None or (found.enough, len(found.cosignatures)) > (best.enough, len(best.cosignatures)):
            best = found
    if best is None or policy is None:
        case.why.setdefault("witnessed", Why.NO_POLICY)
        return
    case.witnessed = Answer.YES if best.enough else Answer.NO
    needed, of = policy.wanted
    case.witnesses = {"found": len(best.cosignatures), "needed": needed, "of": of, "since": _text(best.since)}
    for one in best.cosignatures:
        digest = hashlib.sha256(one.line.encode()).hexdigest()
        case.evidence.append(
            {"kind": "cosignature", "sha256": digest, "witness": one.witness.name, "at": to_text(one.at)}
        )
    if not best.enough:
        case.remark(TooFewWitnesses(found=len(best.cosignatures), needed=needed, of=of))


def _check_stamped(case: Case, views: Iterable[bytes]) -> None:
    told = [_stamped(case.question, view) for view in views]
    held = [one for one in told if one.at is not None]
    if held:
        first = min(held, key=lambda one: _text(one.at) or "")
        case.stamped = Answer.YES
        entry = {"kind": "time-stamp", "sha256": first.sha256, "at": _text(first.at), "by": first.service}
        case.evidence.append(entry)
        return
    for one in told:
        if one.why is not Why.NOTHING_HERE:
            case.stamped, case.why["stamped"] = one.answer, one.why
            if one.refusal is not None:
                case.remark(one.refusal)
            return


def _stamped(question: Question, note: bytes) -> Stamped:
    if not question.trust.tokens:
        return Stamped()
    text = note_text(note).encode()
    return question.remembered(("stamped", text), lambda: judge_tokens(question, text))


def judge_tokens(question: Question, octets: bytes) -> Stamped:
    """Time-stamps over some octets, renewed ones after those that they renew."""
    from signing.timestamp_chain import verify_chain  # noqa: PLC0415 - for those who bring tokens
    from signing.timestamp_errors import TimestampFuture, TimestampLapsed  # noqa: PLC0415
    from signing.timestamp_form import read_token  # noqa: PLC0415

    chain = _chain(octets, question.trust.tokens)
    if not chain:
        return Stamped()
    if question.trust.anchors is None:
        return Stamped(why=Why.NO_KEY)
    try:
        untold = question.at is None and question.now is None
        at = read_token(chain[-1]).gen_time if untold else question.judged_at
        try:
            held = verify_chain(octets, chain, question.trust.anchors, at=at)
        except TimestampLapsed:
            carried = _carried_to(question, chain[-1])
            if carried is None or carried > at:
                raise
            held = verify_chain(octets, chain, question.trust.anchors, at=carried)
    except CertificateRefusal as refusal:
        return Stamped(why=Why.NO_KEY, refusal=refusal)
    except TimestampFuture as refusal:
        return Stamped(why=Why.OUT_OF_DATE, refusal=refusal)
    except Refusal as refusal:
        return Stamped(answer=Answer.NO, why=Why.FAILS, refusal=refusal)
    digest = hashlib.sha256(chain[0]).hexdigest()
    return Stamped(at=held.at, service=held.timestamps[0].service, sha256=digest)


def _carried_to(question: Question, token: bytes) -> datetime | None:
    """By when the token was in a log that somebody time-stamped: what it proved then it proves for ever.

    No token can carry itself on: what it covers would have to hold its own digest.
    """
    digest, times = hashlib.sha256(token).digest(), []
    for data in question.trust.token_proofs:
        try:
            proof = read_proof(data)
            origin = read_unverified_checkpoint(proof.checkpoint).origin
            with_known_log(question.trust, origin, lambda log, one=data: verify_evidence_proof(one, digest, log))  # type: ignore[misc]
        except (LedgerError, UnknownLog):
            continue
        times.append(stamped_at(question, proof.checkpoint, proof.index))
    return min((at for at in times if at is not None), default=None)


def _chain(text: bytes, tokens: Iterable[bytes]) -> list[bytes]:
    """The tokens that are over this, each after the one that it renews."""
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


def _text(at: datetime | None) -> str | None:
    return None if at is None else to_text(at)
