"""`axis verify FILE --trust PEM|DIR`: is this what it says it is? Offline; needs neither hub nor node."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.files import FileUnreadable
from exchange_axis.commands.output import Exit, Output, local_time
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Answer, Kind, Reason, TimeKind, Verdict, Verification
from exchange_axis.pipeline.verify_trust import load_trust
from exchange_axis.wire.times import MalformedTime, from_text
from schemas.findings import Finding, Severity
from schemas.gate.refusal import Refusal

EXITS = {Verdict.ACCEPT: Exit.OK, Verdict.REJECT: Exit.REJECTED, Verdict.INDETERMINATE: Exit.INDETERMINATE}

Both = tuple[str, str]
"""Vietnamese, English."""

VERDICTS: Mapping[Verdict, Both] = {
    Verdict.ACCEPT: ("HỢP LỆ", "ACCEPTED"),
    Verdict.REJECT: ("KHÔNG HỢP LỆ", "REJECTED"),
    Verdict.INDETERMINATE: ("CHƯA KẾT LUẬN ĐƯỢC", "INDETERMINATE"),
}
REASONS: Mapping[Reason, Both] = {
    Reason.OK: ("chữ ký đúng, bên ký thuộc gốc tin cậy", "the signature holds and leads to a trusted root"),
    Reason.UNRECOGNISED: ("không nhận ra loại tệp", "no known kind of file"),
    Reason.UNSIGNED: ("không có chữ ký", "carries no signature"),
    Reason.GATE: ("bị chặn ở cổng kiểm tra", "refused at the gate"),
    Reason.CONTAINER: ("gói tin không đúng với chữ ký", "the container does not fit its signature"),
    Reason.MALFORMED: ("nội dung không đúng định dạng", "malformed content"),
    Reason.ALTERED: ("nội dung đã bị thay đổi sau khi ký", "altered after signing"),
    Reason.SIGNATURE_FORM: ("chữ ký sai cấu trúc", "the signature has a wrong form"),
    Reason.ALGORITHM: ("thuật toán không được phép", "an algorithm that is not allowed"),
    Reason.CERTIFICATE: ("chứng thư không dùng được", "an unusable certificate"),
    Reason.CERTIFICATE_EXPIRED: ("chứng thư đã hết hạn tại thời điểm xét", "the certificate had expired by then"),
    Reason.CERTIFICATE_NOT_YET_VALID: ("chứng thư chưa có hiệu lực lúc đó", "the certificate was not yet valid"),
    Reason.CERTIFICATE_USAGE: ("chứng thư không cấp để ký văn bản", "the certificate is not for signing"),
    Reason.SIGNER_MISMATCH: ("người ký không phải bên phát hành", "the signer is not the issuer named"),
    Reason.NOT_BOUND: ("chứng thư không được đóng dấu thay bên này", "the certificate may not seal for this party"),
    Reason.LOG_PROOF: ("chứng minh nhật ký không đúng", "the log proof does not hold"),
    Reason.UNKNOWN_ROOT: ("không rõ nguồn tin cậy", "unknown root"),
    Reason.UNKNOWN_LOG: ("thiếu khóa của nhật ký", "the log's key is missing"),
    Reason.RECEIPT_MISSING: ("thiếu biên nhận đi cùng", "the receipt is missing"),
}
KINDS: Mapping[Kind, Both] = {
    Kind.LETTER: ("gói tin văn bản", "letter (container)"),
    Kind.STATUS: ("gói tin trạng thái", "status (container)"),
    Kind.RECEIPT: ("biên nhận", "receipt"),
    Kind.TRANSFER: ("phiếu chuyển", "transfer record"),
    Kind.RETURN: ("phiếu trả về", "return"),
    Kind.BINDING: ("ràng buộc chứng thư", "binding"),
    Kind.PROOF: ("chứng minh nhật ký", "log proof"),
    Kind.CHECKPOINT: ("điểm kiểm tra nhật ký", "log checkpoint"),
    Kind.CONSIGNMENT: ("consignment.xml rời", "bare consignment.xml"),
    Kind.EDXML: ("văn bản edXML rời", "bare edXML document"),
}
TIMES: Mapping[TimeKind, Both] = {
    TimeKind.GIVEN: ("theo --at", "by --at"),
    TimeKind.HUB_RECORDED: ("giờ trục ghi nhận", "recorded by the hub"),
    TimeKind.CLAIMED: ("giờ bên ký tự khai", "claimed by the signer"),
}
ANSWERS: Mapping[Answer, Both] = {
    Answer.YES: ("có", "yes"),
    Answer.NO: ("không", "no"),
    Answer.NOT_CHECKED: ("chưa kiểm tra", "not checked"),
}


def register(commands: Any) -> None:
    verify = commands.add_parser("verify", help="kiểm chữ ký, ngoại tuyến / verify a file offline")
    verify.add_argument(
        "file", type=Path, help=".asice, .xml, .tlog-proof, checkpoint; nhận theo nội dung / by content"
    )
    verify.add_argument(
        "--trust",
        type=Path,
        required=True,
        metavar="PEM|DIR",
        help="chứng thư gốc, hoặc thư mục có *.pem, *.vkey, *.binding.xml / root, or a folder of them",
    )
    verify.add_argument(
        "--at", type=moment, default=None, metavar="TIME", help="xét tại thời điểm / judge at, 2026-11-22T01:02:03Z"
    )
    verify.add_argument(
        "--receipt", type=Path, default=None, metavar="FILE", help="biên nhận của tệp .tlog-proof / a proof's receipt"
    )
    verify.add_argument(
        "--second-opinion", action="store_true", help="hỏi thêm một bộ kiểm khác / ask another implementation too"
    )
    add_common(verify)
    verify.set_defaults(handler=run)


def moment(text: str) -> datetime:
    """An argument that is a time with its offset."""
    try:
        return from_text(text)
    except MalformedTime as refusal:
        raise argparse.ArgumentTypeError(f"{refusal.message('vi')} / {refusal.message('en')}") from refusal


def run(context: Context, args: argparse.Namespace) -> int:
    try:
        trust = load_trust(args.trust)
        result = verify_file(
            args.file,
            Question(
                trust=trust,
                at=args.at,
                now=context.clock.now(),
                receipt=args.receipt,
                second_opinion=args.second_opinion,
            ),
        )
    except OSError as error:
        reason = error.strerror or type(error).__name__
        context.output.refusal(FileUnreadable(path=error.filename or args.file, reason=reason))
        return Exit.USAGE
    except Refusal as refusal:
        # Of the trust that was named; a refused file is a verdict.
        context.output.refusal(refusal)
        return Exit.USAGE
    context.output.data(result.as_dict())
    _show(context.output, result)
    return EXITS[result.verdict]


def _show(output: Output, result: Verification) -> None:
    verdict, reason = VERDICTS[result.verdict], REASONS[result.reason]
    output.say(f"{verdict[0]}: {reason[0]} ({result.reason})", f"{verdict[1]}: {reason[1]} ({result.reason})")
    _show_document(output, result)
    if result.signer is not None:
        name = result.signer.subject
        output.say(f"  Người ký: {name}", f"  Signer: {name}")
        output.say(f"  Dấu vân tay: {result.signer.fingerprint}", f"  Fingerprint: {result.signer.fingerprint}")
    if result.proof_time is not None and result.proof_time_kind is not None:
        at, kind = local_time(result.proof_time), TIMES[result.proof_time_kind]
        output.say(f"  Xét tại: {at} ({kind[0]})", f"  Judged at: {at} ({kind[1]})")
    signed, bound, logged, witnessed = (
        ANSWERS[answer] for answer in (result.signed, result.bound, result.logged, result.witnessed)
    )
    output.say(
        f"  Chữ ký: {signed[0]} · Ràng buộc: {bound[0]} · Nhật ký: {logged[0]} · Nhân chứng: {witnessed[0]}",
        f"  Signed: {signed[1]} · Bound: {bound[1]} · Logged: {logged[1]} · Witnessed: {witnessed[1]}",
    )
    if result.second_opinion is not None:
        opinion = result.second_opinion
        vi, en = ("chấp nhận", "accepts") if opinion["accepted"] else ("không chấp nhận", "does not accept")
        output.say(f"  {opinion['implementation']}: {vi}", f"  {opinion['implementation']}: {en} {opinion['reason']}")
    show_findings(output, result.findings)


def _show_document(output: Output, result: Verification) -> None:
    document = result.document
    if document is None:
        return
    kind = KINDS[Kind(document["kind"])]
    names = ("origin",) if Kind(document["kind"]) in (Kind.PROOF, Kind.CHECKPOINT) else ("event", "issuer", "holder")
    facts = [str(document[name]) for name in names if document.get(name)]
    about = " ".join(("", *facts)) if facts else ""
    output.say(f"  Loại: {kind[0]}{about}", f"  Kind: {kind[1]}{about}")
    if document.get("consignment_id"):
        output.say(f"  Gói tin: {document['consignment_id']}", f"  Consignment: {document['consignment_id']}")
    parties = " → ".join(filter(None, (document.get("sender"), _shortened(document.get("recipients") or []))))
    if parties:
        output.say(f"  Gửi, nhận: {parties}", f"  From, to: {parties}")


def _shortened(codes: list[str]) -> str:
    shown = ", ".join(codes[:5])
    return f"{shown} +{len(codes) - 5}" if len(codes) > 5 else shown


def show_findings(output: Output, findings: tuple[Finding, ...]) -> None:
    """Each finding on a line: severity, code, place, text, remedy."""
    for finding in findings:
        mark = "✗" if finding.severity is Severity.ERROR else "!"
        line = "" if finding.line is None else f":{finding.line}"
        place = f" [{finding.where}{line}]" if finding.where or line else ""
        output.say(
            f"  {mark} {finding.code}{place}: {finding.vi}" + _arrow(finding.remedy_vi),
            f"  {mark} {finding.code}{place}: {finding.en}" + _arrow(finding.remedy_en),
        )


def _arrow(remedy: str) -> str:
    return f" → {remedy}" if remedy else ""
