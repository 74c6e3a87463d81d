"""Offline verification: files in, verdict out. No network, no database, no clock that decides.

Rules of this file:
1. The order is fixed: form and mathematics of the signature, what the signed bytes say, the certificate's path at the
   time of proof, whether the signer may speak so, whether it is in the log.
2. What is reported about a document comes from bytes whose signature verified, never from the file as it stands.
3. The time of proof is the document's own: a time-stamp's, else the one that it states. Where another was asked for,
   only what is proved of an earlier one counts: a time-stamp, or the log in which the file was when that was stamped.
   It is never "now".
4. Whatever the file is, the answer is a verdict. Only a file that cannot be read at all is an error (OSError).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from exchange_axis.domain.consignment import Consignment, ConsignmentClass, Origin
from exchange_axis.domain.dossier import MANIFEST, MemberKind
from exchange_axis.domain.transfer import KeyUse
from exchange_axis.pipeline.check import SMALL_LIMIT, seal_use
from exchange_axis.pipeline.trusting import hear_trust_list
from exchange_axis.pipeline.verify_case import Case, Question
from exchange_axis.pipeline.verify_dossier import judge_dossier
from exchange_axis.pipeline.verify_folder import judge_folder
from exchange_axis.pipeline.verify_log import (
    check_beside,
    check_code,
    check_logged,
    describe_proof,
    judge_checkpoint,
    proof_of,
    proven_time,
    receipt_beside,
)
from exchange_axis.pipeline.verify_long_term import as_members, enclose, own_time, read_signatures
from exchange_axis.pipeline.verify_members import ArchiveMembers, FolderMembers, Members
from exchange_axis.pipeline.verify_pdf import judge_pdf
from exchange_axis.pipeline.verify_plain import judge_plain
from exchange_axis.pipeline.verify_read import Found, consignment_dict, open_regular, recognise, statement_of
from exchange_axis.pipeline.verify_refusals import Unrecognised, Unsigned
from exchange_axis.pipeline.verify_result import (
    Kind,
    Profile,
    Reason,
    Signer,
    TimeKind,
    Verification,
)
from exchange_axis.pipeline.verify_signers import check_bound, require_hub
from exchange_axis.pipeline.verify_standing import check_signer
from exchange_axis.wire import members
from exchange_axis.wire.consignment import read_consignment
from exchange_axis.wire.container import Container, check_kind, check_members
from signing.roots import RootUse
from signing.second_opinion import signxml_verdict
from signing.xades import VerifiedXml, verify_enveloped_unanchored

SECOND_OPINION_MAX = 64 * 1024 * 1024
"""Bytes of a member that the second implementation is given; it holds members in memory."""

_Judge = Callable[[Case, BinaryIO], None]


def verify_file(path: Path, question: Question) -> Verification:
    """Verify one file of any kind that the exchange produces.

    Raises:
        OSError: the file, or one beside it, cannot be read.
    """
    if path.is_dir():
        return _judged_folder(path, question).close()
    return _judged(path, question, _judge_any).close()


def _judged_folder(folder: Path, question: Question) -> Case:
    """An unpacked dossier, or whatever files lie together."""
    case = Case(question=question, path=folder, sha256="")
    with case.judging():
        members = FolderMembers(folder)
        if MANIFEST in set(members.names()):
            judge_dossier(case, members, _judge_member)
        else:
            alone = replace(question, code=None)
            judge_folder(case, members, lambda path: _judged(folder / path, alone, _judge_any))
        if case.reason is Reason.OK:
            check_code(case, _digests(case), None)
    return case


def _judged(path: Path, question: Question, judge: _Judge) -> Case:
    with open_regular(path) as file:
        case = Case(question=question, path=path, sha256=hashlib.file_digest(file, "sha256").hexdigest())
        file.seek(0)
        with case.judging():
            judge(case, file)
    return case


def _judge_any(case: Case, file: BinaryIO) -> None:
    if case.question.profile is not Profile.EDXML_2:
        judge_plain(case, file)
        return
    found = recognise(file)
    if found.kind is Kind.PROOF:
        _judge_proof(case, found.data)
        return
    if case.question.at is not None:
        case.proven = proven_time(case)
    _judge_found(case, file, found)
    if case.reason is Reason.OK:
        with case.judging():
            check_beside(case)
            check_code(case, _digests(case), proof_of(case))


def _digests(case: Case) -> set[str]:
    """Of the file, and of the receipts in a dossier."""
    return {case.sha256, *(str(one["sha256"]) for one in case.evidence if one["kind"] == MemberKind.EVIDENCE)}


def _judge_statement(case: Case, file: BinaryIO, *, checkpoints: bool = False) -> None:
    """Anything that a proof can be about."""
    found = recognise(file)
    if found.kind in (Kind.PROOF, Kind.DOSSIER) or (found.kind is Kind.CHECKPOINT and not checkpoints):
        raise Unrecognised
    _judge_found(case, file, found)


def _judge_found(case: Case, file: BinaryIO, found: Found) -> None:
    if found.kind is None:
        file.seek(0)
        _judge_container(case, file)
        return
    case.document = {"kind": found.kind.value}
    if found.kind is Kind.PDF:
        judge_pdf(case, file)
        return
    if found.kind is Kind.DOSSIER:
        _judge_dossier(case, file, found)
        return
    if found.kind in (Kind.EDXML, Kind.CONSIGNMENT):
        raise Unsigned
    if found.kind is Kind.CHECKPOINT:
        judge_checkpoint(case, found.data)
        return
    with case.second_judge(lambda at: signxml_verdict(found.data, case.anchors(), at=at)):
        _judge_sealed(case, found.kind, found.data)


def _judge_dossier(case: Case, file: BinaryIO, found: Found) -> None:
    """The archive, or the manifest of one that was unpacked, whose members lie beside it."""
    if case.path is None:
        raise Unrecognised
    members: Members = FolderMembers(case.path.parent) if found.data else ArchiveMembers(file)
    judge_dossier(case, members, _judge_member)


def _judge_member(case: Case, file: BinaryIO) -> None:
    _judge_statement(case, file, checkpoints=True)
    if case.reason is Reason.OK:
        check_beside(case)


def _judge_proof(case: Case, data: bytes) -> None:
    case.document = {"kind": Kind.PROOF.value}
    case.document = describe_proof(data)
    if case.path is None:
        raise Unrecognised
    path = case.question.receipt or receipt_beside(case.path)
    receipt = _judged(path, replace(case.question, receipt=None, code=None), _judge_statement)
    case.document["of"] = {**(receipt.document or {}), "sha256": receipt.sha256}
    case.signer, case.signed, case.bound = receipt.signer, receipt.signed, receipt.bound
    case.proof_time, case.proof_time_kind = receipt.proof_time, receipt.proof_time_kind
    case.findings, case.second_opinion = receipt.findings, receipt.second_opinion
    if receipt.reason is not Reason.OK:
        case.reason = receipt.reason
        return
    check_logged(case, data, receipt.sha256)
    check_code(case, {receipt.sha256}, data)
    case.accept()


def _judge_sealed(case: Case, kind: Kind, data: bytes) -> None:
    """A document of a hub, which carries its own signature."""
    verified = verify_enveloped_unanchored(data)
    case.content, case.signer = verified.content, Signer.of(verified.signer)
    statement = statement_of(kind, verified.root)
    case.document = dict(statement.document)
    if kind is Kind.TRUST_LIST:
        hear_trust_list(data)  # it names the seal that it bears
    if statement.recorded_at is None:
        at = case.set_time(verified.signing_time, TimeKind.CLAIMED)
    else:
        at = case.set_time(statement.recorded_at, TimeKind.HUB_RECORDED)
    check_signer(case, verified.signer, at=at, use=None if statement.hub is None else RootUse.HUB_SEAL)
    if statement.hub is not None:
        _check_hub(case, statement.hub, verified)
    case.accept()


def _check_hub(case: Case, hub: str, verified: VerifiedXml) -> None:
    require_hub(case, hub, verified.signer, sealed_at=verified.signing_time)
    check_bound(
        case, verified.signer, holder=hub, fits=lambda bound: bound.use is KeyUse.HUB_SEAL and bound.holder == hub
    )


def _judge_container(case: Case, file: BinaryIO) -> None:
    container = Container(file)
    signatures = container.read(members.SIGNATURES, limit=SMALL_LIMIT)

    def member(name: str) -> bytes:
        return container.read(name, limit=SECOND_OPINION_MAX)

    with case.second_judge(lambda at: signxml_verdict(signatures, case.anchors(), at=at, member=member)):
        _judge_members(case, container, signatures)


def _judge_members(case: Case, container: Container, signatures: bytes) -> None:
    case.document = {"kind": (Kind.STATUS if container.document_name == members.STATUS else Kind.LETTER).value}
    found = read_signatures(signatures)
    verified = as_members(found)
    parts = check_members(container, verified)
    case.signer = Signer.of(verified.signer)
    consignment = read_consignment(container.read(members.CONSIGNMENT, limit=SMALL_LIMIT))
    check_kind(container, consignment)
    case.document = {**consignment_dict(consignment, parts), "level": found.level.value}
    at = case.set_time(*own_time(case, found))
    check_signer(case, enclose(case, found), at=at, use=seal_use(consignment))
    use = _use_of(consignment)
    # As at the hub: a seal may have been registered after it was used for a letter that waited.
    check_bound(
        case,
        verified.signer,
        holder=consignment.sender,
        fits=lambda bound: (
            bound.use is use and consignment.sender in bound.codes and verified.signing_time < bound.valid_to
        ),
    )
    case.accept()


def _use_of(consignment: Consignment) -> KeyUse:
    unattended = consignment.kind is ConsignmentClass.STATUS or consignment.origin is Origin.RECEIVED_UNSIGNED
    return KeyUse.NODE_SEAL if unattended else KeyUse.AGENCY_SEAL
