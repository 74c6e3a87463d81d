"""`axis verify FILE --trust PEM|DIR`: is this what it says it is? Offline; needs neither hub nor node."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from exchange_axis.commands import reports
from exchange_axis.commands.arguments import moment
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.files import FileUnreadable
from exchange_axis.commands.output import Exit, Output, local_time
from exchange_axis.pipeline.receipt_code import read_code
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_refusals import NothingToTrust
from exchange_axis.pipeline.verify_result import Answer, Kind, Profile, Reason, Verdict, Verification, Why
from exchange_axis.pipeline.verify_trust import CRL_MAX, OCSP_MAX, Trust, load_trust, read_at_most
from exchange_axis.pipeline.verify_words import ANSWERS, ASKED, KINDS, REASONS, TIMES, VERDICTS, WHYS
from schemas.findings import Finding, Severity
from schemas.gate.refusal import Refusal
from signing.certificates import load_certificates

EXITS = {Verdict.ACCEPT: Exit.OK, Verdict.REJECT: Exit.REJECTED, Verdict.INDETERMINATE: Exit.INDETERMINATE}


def register(commands: Any) -> None:
    verify = commands.add_parser("verify", help="kiểm chữ ký, ngoại tuyến / verify a file offline")
    verify.add_argument(
        "file",
        type=Path,
        metavar="FILE|DIR",
        help="gói tin, biên nhận, chứng minh, hồ sơ, thư mục; nhận theo nội dung / any of ours, known by its content",
    )
    verify.add_argument(
        "--trust",
        "--anchors",
        type=Path,
        metavar="PEM|DIR",
        help="chứng thư gốc, hoặc thư mục có *.pem, *.vkey, *.binding.xml / root, or a folder of them",
    )
    verify.add_argument(
        "--pin", type=Path, metavar="CERT", help="chỉ nhận chữ ký của chứng thư này / only this certificate may sign"
    )
    verify.add_argument(
        "--profile",
        type=Profile,
        choices=list(Profile),
        default=Profile.EDXML_2,
        help="quy cách: của trục này, của trục cũ, XML bất kỳ / ours, the older axis, any XML",
    )
    verify.add_argument(
        "--at", type=moment, default=None, metavar="TIME", help="xét tại thời điểm / judge at, 2026-11-22T01:02:03Z"
    )
    verify.add_argument(
        "--receipt", type=Path, default=None, metavar="FILE", help="biên nhận của tệp .tlog-proof / a proof's receipt"
    )
    for name, what in (("--crl", "danh sách thu hồi / revocation list"), ("--ocsp", "trả lời OCSP / OCSP answer")):
        verify.add_argument(name, type=Path, action="append", default=[], metavar="FILE", help=what)
    verify.add_argument(
        "--qr",
        default=None,
        metavar="TEXT",
        help="dòng chữ của mã QR trên giấy xác nhận / text of a certificate's code",
    )
    verify.add_argument(
        "--second-opinion", action="store_true", help="hỏi thêm một bộ kiểm khác / ask another implementation too"
    )
    reports.add_arguments(verify)
    add_common(verify)
    verify.set_defaults(handler=run)


def run(context: Context, args: argparse.Namespace) -> int:
    try:
        asked = question(args, now=context.clock.now())
        result = verify_file(args.file, replace(asked, examine=context.actions.get("verify.examine")))
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
    if args.report is not None:
        reports.write(context, args, result)
    return EXITS[result.verdict]


def question(args: argparse.Namespace, *, now: datetime) -> Question:
    """
    Raises:
        NothingToTrust: neither --trust nor --pin.
        MalformedCode: --qr.
        Refusal: of the trust or certificate that was named.
        OSError.
    """
    if args.trust is None and args.pin is None:
        raise NothingToTrust
    trust = Trust(anchors=None) if args.trust is None else load_trust(args.trust)
    crls = (*trust.crls, *(read_at_most(path, CRL_MAX) for path in args.crl))
    ocsp = (*trust.ocsp, *(read_at_most(path, OCSP_MAX) for path in args.ocsp))
    return Question(
        trust=replace(trust, crls=crls, ocsp=ocsp),
        at=args.at,
        now=now,
        receipt=args.receipt,
        second_opinion=args.second_opinion,
        profile=args.profile,
        code=None if args.qr is None else read_code(args.qr),
        pinned=None if args.pin is None else load_certificates(args.pin.read_bytes())[0],
    )


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
    output.say("  " + " · ".join(_answers(result, 0)), "  " + " · ".join(_answers(result, 1)))
    _show_members(output, result)
    if result.second_opinion is not None:
        opinion = result.second_opinion
        vi, en = ("chấp nhận", "accepts") if opinion["accepted"] else ("không chấp nhận", "does not accept")
        output.say(f"  {opinion['implementation']}: {vi}", f"  {opinion['implementation']}: {en} {opinion['reason']}")
    show_findings(output, result.findings)


def _answers(result: Verification, language: int) -> Iterator[str]:
    """`Nhật ký: chưa kiểm tra (thiếu khóa …)`; what explains itself is not explained."""
    for name, question in ASKED.items():
        answer: Answer = getattr(result, name)
        why = result.why[name]
        told = (
            f" ({WHYS[why][language]})" if why not in (Why.HOLDS, Why.FAILS, Why.NOT_REACHED, Why.NOTHING_HERE) else ""
        )
        yield f"{question[language]}: {ANSWERS[answer][language]}{told}"


def _show_members(output: Output, result: Verification) -> None:
    """How many members there are, and every one that was not accepted."""
    judged = [one for one in result.evidence if "verdict" in one]
    if not judged:
        return
    good = sum(one["verdict"] == Verdict.ACCEPT.value for one in judged)
    output.say(
        f"  Thành phần: {len(result.evidence)}, đã xét {len(judged)}, hợp lệ {good}",
        f"  Members: {len(result.evidence)}, judged {len(judged)}, accepted {good}",
    )
    for one in [one for one in judged if one["verdict"] != Verdict.ACCEPT.value][:20]:
        reason = REASONS[Reason(one["reason"])]
        output.say(f"  - {one['name']}: {reason[0]}", f"  - {one['name']}: {reason[1]}")


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
