"""One file under verification: what has been found out so far, filled in step by step, closed once.

A case starts with every answer "no" or "not checked"; a step that fails leaves them so. Nothing can be accepted
unless `accept` was reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypedDict, TypeVar, cast

from cryptography import x509

from exchange_axis.errors import CheckFailed
from exchange_axis.pipeline.receipt_code import ReceiptCode
from exchange_axis.pipeline.verify_refusals import (
    ExpiredSince,
    FutureTime,
    NoAnchors,
    NotPinned,
    OpinionsDiffer,
    OwnTime,
    Unreadable,
)
from exchange_axis.pipeline.verify_result import (
    Answer,
    Profile,
    Reason,
    Signer,
    TimeKind,
    Verification,
    Why,
    mask,
    masked,
    reason_of,
)
from exchange_axis.pipeline.verify_trust import Trust
from exchange_axis.wire.times import to_text
from schemas.findings import Finding, Severity, Stage
from schemas.gate.refusal import Refusal
from signing.certificates import fingerprint
from signing.examined import Examined
from signing.roots import RootUse
from signing.second_opinion import IMPLEMENTATION, SecondOpinion
from signing.trust import Purpose, TrustAnchors, check_use, judge_for
from signing.verifier import SignerInfo, check_signer

_Result = TypeVar("_Result")
_END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)
Asking = Callable[[datetime], SecondOpinion]
Examine = Callable[[Path, int, str], Examined]
"""Path, size and SHA-256 of a file to what it holds."""

_ABOUT_SIGNATURES = frozenset(
    {
        Reason.UNSIGNED,
        Reason.ALTERED,
        Reason.SIGNATURE_FORM,
        Reason.ALGORITHM,
        Reason.CERTIFICATE,
        Reason.CERTIFICATE_EXPIRED,
        Reason.CERTIFICATE_NOT_YET_VALID,
        Reason.CERTIFICATE_USAGE,
        Reason.UNKNOWN_ROOT,
    }
)
"""Refusals on which the other implementation has a view; it knows nothing of schemas, hubs and bindings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked, beside the file."""

    trust: Trust
    at: datetime | None = None
    """Time at which certificates must be valid, aware UTC; None: the document's own."""
    now: datetime | None = None
    """For remarks only; never decides."""
    receipt: Path | None = None
    """The receipt that a proof speaks of."""
    second_opinion: bool = False
    profile: Profile = Profile.EDXML_2
    code: ReceiptCode | None = None
    """Text of a certificate's QR code that the file must be the receipt of."""
    examine: Examine | None = None
    """Reads a hostile file; None: nobody does, and PDFs are not judged."""
    pinned: x509.Certificate | None = None
    """The only certificate that may have signed; None: any that leads to a known root."""
    memory: dict[object, object] = field(default_factory=dict, compare=False, repr=False)
    """What was worked out under this trust: the documents of a dossier ask the same of the same checkpoints."""

    @property
    def judged_at(self) -> datetime:
        """The time by which time-stamps must last and answers must have been given: the later one of both."""
        return max((at for at in (self.at, self.now) if at is not None), default=_END_OF_TIME)

    def remembered(self, key: object, work: Callable[[], _Result]) -> _Result:
        """What `work` gives, worked out once."""
        if key not in self.memory:
            self.memory[key] = work()
        return cast("_Result", self.memory[key])


class Answers(TypedDict):
    """The six questions that are answered apart from the verdict."""

    signed: Answer
    bound: Answer
    logged: Answer
    witnessed: Answer
    stamped: Answer
    revocation: Answer


@dataclass(slots=True, kw_only=True)
class Case:
    question: Question
    path: Path | None
    """None: a member of a dossier, whose proof is given."""
    sha256: str
    proof: bytes | None = None
    second_proof: bytes | None = None
    """By another log; whoever knows only one of the two is told by that one."""
    reason: Reason = Reason.MALFORMED
    findings: list[Finding] = field(default_factory=list)
    signer: Signer | None = None
    proof_time: datetime | None = None
    proof_time_kind: TimeKind | None = None
    document: dict[str, Any] | None = None
    signed: Answer = Answer.NO
    bound: Answer = Answer.NOT_CHECKED
    logged: Answer = Answer.NOT_CHECKED
    witnessed: Answer = Answer.NOT_CHECKED
    stamped: Answer = Answer.NOT_CHECKED
    revocation: Answer = Answer.NOT_CHECKED
    why: dict[str, Why] = field(default_factory=dict)
    evidence: list[Mapping[str, Any]] = field(default_factory=list)
    log: dict[str, Any] | None = None
    witnesses: dict[str, Any] | None = None
    second_opinion: dict[str, Any] | None = None
    content: bytes | None = None
    proven: datetime | None = None
    """Time by which others prove that the file existed; what was good then stays good, whatever came after."""

    @contextmanager
    def judging(self) -> Iterator[None]:
        """Whatever the block raises becomes the verdict, except that the file itself could not be read."""
        try:
            yield
        except CheckFailed as failed:
            self.reason = reason_of(failed.findings[0].code) if failed.findings else Reason.MALFORMED
            self.findings += failed.findings
        except Refusal as refusal:
            self.refuse(refusal)
        except OSError:
            raise
        except Exception as error:
            # Certificates and XML from outside make libraries raise errors of any family.
            self.refuse(Unreadable(kind=type(error).__name__))

    def accept(self) -> None:
        self.reason = Reason.OK

    def refuse(self, refusal: Refusal) -> None:
        self.reason = reason_of(refusal.code)
        self.findings.append(Finding.of(refusal, Stage.SIGNATURE))

    def remark(self, remark: Refusal) -> None:
        self.findings.append(Finding.of(remark, Stage.SIGNATURE, Severity.WARNING))

    def set_time(self, own: datetime, kind: TimeKind) -> datetime:
        """The document's own, and a word about it. Where a time was asked for: what is proved of an earlier one, else
        that very time, for nothing else is known to have been earlier."""
        stamped = kind is TimeKind.STAMPED
        if self.question.at is not None:
            proofs = [at for at in (self.proven, own if stamped else None) if at is not None]
            early = min(proofs, default=self.question.at) < self.question.at
            self.proof_time = min(proofs) if early else self.question.at
            self.proof_time_kind = TimeKind.STAMPED if early else TimeKind.GIVEN
            return self.proof_time
        self.proof_time, self.proof_time_kind = own, kind
        if stamped:
            return own
        self.remark(OwnTime(at=to_text(own)))
        if self.question.now is not None and own > self.question.now:
            self.remark(FutureTime(at=to_text(own)))
        return own

    def anchors(self) -> TrustAnchors:
        """Raises NoAnchors."""
        if self.question.trust.anchors is None:
            raise NoAnchors
        return self.question.trust.anchors

    def check_signer(self, signer: SignerInfo, *, at: datetime, use: RootUse | None) -> None:
        """From a signature that verified to somebody we know; afterwards `signed` is yes.

        Args:
            use: what the root above must be trusted for; None: for anything.

        Raises:
            NoAnchors: no root was given.
            CertificateRefusal: the path.
        """
        pinned = self.question.pinned
        if pinned is not None and signer.fingerprint != fingerprint(pinned):
            raise NotPinned(signer=signer.subject)
        if pinned is None or self.question.trust.anchors is not None:
            check = partial(check_signer, signer, at=at)
            check(self.anchors()) if use is None else judge_for(use, self.anchors(), at, check)
        else:
            check_use(signer.certificate, at=at, purpose=Purpose.SEAL)
        self.signed = Answer.YES
        expiry = signer.certificate.not_valid_after_utc
        if self.question.now is not None and self.question.now > expiry:
            self.remark(ExpiredSince(not_after=to_text(expiry)))

    @contextmanager
    def second_judge(self, ask: Asking) -> Iterator[None]:
        """Judges the block; then, if wanted and possible, asks the other implementation about the same bytes."""
        with self.judging():
            yield
        at = self.question.at or self.proof_time
        if self.question.second_opinion and self.question.trust.anchors is not None and at is not None:
            self._note(ask(at))

    def _note(self, opinion: SecondOpinion) -> None:
        reason = mask(opinion.reason)
        self.second_opinion = {"implementation": IMPLEMENTATION, "accepted": opinion.accepted, "reason": reason}
        refused_here = self.signed is Answer.NO and self.reason in _ABOUT_SIGNATURES
        if (opinion.accepted and refused_here) or (not opinion.accepted and self.signed is Answer.YES):
            self.remark(OpinionsDiffer(implementation=IMPLEMENTATION, opinion=reason or "accepted"))

    def _whys(self) -> dict[str, Why]:
        """An answer that nobody explained: it holds, it fails, or nothing was there to look at."""
        plain = {Answer.YES: Why.HOLDS, Answer.NO: Why.FAILS}
        unasked = Why.NOTHING_HERE if self.signed is Answer.YES else Why.NOT_REACHED
        return {name: self.why.get(name) or plain.get(getattr(self, name), unasked) for name in Answers.__annotations__}

    def close(self) -> Verification:
        return Verification(
            reason=self.reason,
            findings=tuple(masked(finding) for finding in self.findings),
            signer=self.signer,
            proof_time=self.proof_time,
            proof_time_kind=self.proof_time_kind,
            document=self.document,
            signed=self.signed,
            bound=self.bound,
            logged=self.logged,
            witnessed=self.witnessed,
            stamped=self.stamped,
            revocation=self.revocation,
            why=self._whys(),
            evidence=tuple(self.evidence),
            sha256=self.sha256,
            log=self.log,
            witnesses=self.witnesses,
            second_opinion=self.second_opinion,
            content=self.content if self.reason is Reason.OK else None,
        )
