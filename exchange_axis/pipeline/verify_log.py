"""The log's part of verifying: is this document in a log whose key we know.

Rules of this file:
1. Without the log's key nothing is said about the log; with it, a proof that does not hold refuses the file.
2. The proof lies beside its receipt: `NAME.tlog-proof` by the receipt's full name or by its stem.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from exchange_axis.ledger.checkpoint import Checkpoint, open_checkpoint, read_unverified_checkpoint
from exchange_axis.ledger.errors import LedgerError
from exchange_axis.ledger.note import NoteVerifier
from exchange_axis.ledger.proof import MAX_PROOF, SUFFIX, LogProof, read_proof, verify_evidence_proof
from exchange_axis.pipeline.verify_case import Case, Question
from exchange_axis.pipeline.verify_refusals import OtherReceipt, ReceiptMissing, UnknownLog
from exchange_axis.pipeline.verify_result import Answer, Kind, Signer, Why
from exchange_axis.pipeline.verify_trust import read_at_most
from exchange_axis.pipeline.verify_views import check_views, stamped_at, with_known_log

_RECEIPT_SUFFIXES = ("", ".xml", ".asice")


def check_beside(case: Case) -> None:
    """The proofs beside a receipt, if there are any and a log key was given; sets `logged`.

    Raises:
        LedgerError: a proof by a log we know that does not hold.
    """
    for data in filter(None, (proof_of(case), case.second_proof)):
        if not case.question.trust.logs:
            case.why["logged"] = Why.NO_KEY
            return
        try:
            _check_one(case, data)
        except UnknownLog as unknown:
            if case.logged is not Answer.YES:
                case.why["logged"] = Why.NO_KEY
            case.remark(unknown)


def _check_one(case: Case, data: bytes) -> None:
    """The first proof by a known log answers; what another one says better is taken over."""
    if case.logged is not Answer.YES:
        check_logged(case, data, case.sha256)
        case.why.pop("logged", None)
        return
    other = Case(question=case.question, path=None, sha256=case.sha256)
    check_logged(other, data, case.sha256)
    case.evidence += other.evidence
    for name in ("witnessed", "stamped"):
        if getattr(other, name) is Answer.YES:
            setattr(case, name, Answer.YES)
            case.why.pop(name, None)


def proven_time(case: Case) -> datetime | None:
    """By when the file was in a log that somebody time-stamped; None if nothing beside it proves that."""
    data = proof_of(case)
    return None if data is None else proven_by(case.question, data, case.sha256)


def proven_by(question: Question, data: bytes, sha256: str) -> datetime | None:
    """The same of any document, by its proof."""
    digest = bytes.fromhex(sha256)
    try:
        proof = read_proof(data)
        origin = read_unverified_checkpoint(proof.checkpoint).origin
        with_known_log(question.trust, origin, lambda log: verify_evidence_proof(data, digest, log))
    except (LedgerError, UnknownLog):
        return None
    return stamped_at(question, proof.checkpoint, proof.index)


def proof_of(case: Case) -> bytes | None:
    if case.path is None:
        return case.proof
    path = proof_beside(case.path)
    return None if path is None else read_at_most(path, MAX_PROOF)


def check_code(case: Case, sha256s: Collection[str], proof: bytes | None) -> None:
    """The text of a certificate's QR code, if one was given, speaks of one of these files, and of this place.

    Raises:
        OtherReceipt: it speaks of another.
        LedgerError: the proof is none.
    """
    code = case.question.code
    if code is None:
        return
    if code.evidence_sha256 not in sha256s:
        raise OtherReceipt(what="SHA-256")
    if code.place is None or proof is None:
        return
    found = read_proof(proof)
    checkpoint = read_unverified_checkpoint(found.checkpoint)
    if (checkpoint.origin, found.index) != (code.place.origin, code.place.index):
        raise OtherReceipt(what=f"{checkpoint.origin} {found.index}")
    # A proof under a later checkpoint has another root, and says nothing about this one.
    if checkpoint.size == code.place.size and checkpoint.root != code.place.root:
        raise OtherReceipt(what="root")


def check_logged(case: Case, data: bytes, sha256: str) -> None:
    """Sets `logged` and `log`.

    Raises:
        UnknownLog: no key of that log was given.
        LedgerError: the proof does not hold; `logged` is then no.
    """
    try:
        proof = read_proof(data)
        claimed = read_unverified_checkpoint(proof.checkpoint)
        checkpoint = with_known_log(
            case.question.trust,
            claimed.origin,
            lambda log: verify_evidence_proof(data, bytes.fromhex(sha256), log),
        )
    except LedgerError:
        case.logged = Answer.NO
        raise
    case.logged = Answer.YES
    case.log = _entry(proof, checkpoint)
    case.evidence.append({"kind": Kind.PROOF.value, "sha256": hashlib.sha256(data).hexdigest(), **case.log})
    check_views(case, proof.checkpoint, proof.index)


def judge_checkpoint(case: Case, data: bytes) -> None:
    """
    Raises:
        UnknownLog, LedgerError.
    """
    claimed = read_unverified_checkpoint(data)
    case.document = {"kind": Kind.CHECKPOINT.value}

    def signed_by(log: NoteVerifier) -> NoteVerifier:
        open_checkpoint(data, log)
        return log

    log = with_known_log(case.question.trust, claimed.origin, signed_by)
    case.document = _checkpoint_dict(Kind.CHECKPOINT, claimed)
    case.signer = Signer(subject=log.name, fingerprint=log.key_id.hex(), serial="", common_name=log.name)
    case.signed = Answer.YES
    case.content = checkpoint_text(data)
    check_views(case, data)
    case.accept()


def checkpoint_text(note: bytes) -> bytes:
    """The octets of a note that its signatures cover (C2SP signed-note)."""
    return note.partition(b"\n\n")[0] + b"\n"


def describe_proof(data: bytes) -> dict[str, object]:
    """What a proof file says of itself.

    Raises:
        LedgerError: not a proof file.
    """
    proof = read_proof(data)
    checkpoint = read_unverified_checkpoint(proof.checkpoint)
    return {**_checkpoint_dict(Kind.PROOF, checkpoint), "index": proof.index}


def proof_beside(receipt: Path) -> Path | None:
    candidates = (receipt.with_name(receipt.name + SUFFIX), receipt.with_suffix(SUFFIX))
    return next((path for path in candidates if path != receipt and path.is_file()), None)


def receipt_beside(proof: Path) -> Path:
    """Raises ReceiptMissing."""
    stem = proof.name.removesuffix(SUFFIX)
    candidates = (proof.with_name(stem + suffix) for suffix in _RECEIPT_SUFFIXES)
    found = next((path for path in candidates if path != proof and path.is_file()), None)
    if found is None:
        raise ReceiptMissing
    return found


def _entry(proof: LogProof, checkpoint: Checkpoint) -> dict[str, object]:
    return {"origin": checkpoint.origin, "size": checkpoint.size, "index": proof.index}


def _checkpoint_dict(kind: Kind, checkpoint: Checkpoint) -> dict[str, object]:
    return {
        "kind": kind.value,
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": base64.b64encode(checkpoint.root).decode(),
    }
