"""`--report PDF` of `axis verify`, and `axis audit report`: what was found, as a page and as XML that can be signed."""

from __future__ import annotations

import argparse
import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.files import FileExists, FileUnreadable
from exchange_axis.commands.output import Exit
from exchange_axis.domain.ids import canonical_code

if TYPE_CHECKING:
    from exchange_axis.pipeline.verify_result import Verification

EXITS = {"accept": Exit.OK, "reject": Exit.REJECTED, "indeterminate": Exit.INDETERMINATE}


def register(verbs: Any) -> None:
    """Below `axis audit`: the hub judges what it holds of a letter, and seals what it found."""
    report = verbs.add_parser("report", help="báo cáo kiểm tra có dấu của trục / verification report sealed by the hub")
    report.add_argument("query", help="57/BC-UBND, mã gói tin, SHA-256 / number, id, digest")
    report.add_argument("--out", type=Path, required=True, metavar="PDF", help="bản XML nằm cạnh / XML beside it")
    report.add_argument(
        "--for", dest="agency", default=None, metavar="CODE", help="chỉ phần cơ quan này được xem / cut to its rights"
    )
    add_common(report, "hub")
    report.set_defaults(handler=_run)


def add_arguments(verify: argparse.ArgumentParser) -> None:
    """Of `axis verify`."""
    verify.add_argument(
        "--report", type=Path, default=None, metavar="PDF", help="ghi báo cáo PDF và XML / write a report, PDF and XML"
    )
    verify.add_argument(
        "--report-key", type=Path, default=None, metavar="KEY", help="khóa ký báo cáo XML / key that signs the XML"
    )
    verify.add_argument(
        "--report-cert", type=Path, default=None, metavar="CERT", help="chứng thư của khóa đó / that key's certificate"
    )


def write(context: Context, args: argparse.Namespace, result: Verification) -> None:
    """
    Raises:
        FileExists, FileUnreadable: of the report.
        Refusal: of the key that is to sign it.
    """
    from exchange_axis.pipeline.report import Reported, print_report, write_report

    at = context.clock.now()
    reported = Reported(
        id=context.rng.uuid(), issuer=None, at=at, file=args.file.name, profile=args.profile, result=result
    )
    xml = write_report(reported)
    if args.report_key is not None:
        xml = _signed(xml, args, context)
    save(args.report, print_report(reported, xml, signed=args.report_key is not None), xml)
    context.output.say(f"→ {args.report}", f"→ {args.report}")


def save(target: Path, pdf: bytes, xml: bytes) -> None:
    """The page and, beside it, the XML; nothing is overwritten.

    Raises:
        FileExists, FileUnreadable.
    """
    beside = target.with_suffix(".xml")
    for path in (target, beside):
        if path.exists():
            raise FileExists(path=path)
    for path, content in ((target, pdf), (beside, xml)):
        try:
            with path.open("xb") as file:
                file.write(content)
        except OSError as error:
            raise FileUnreadable(path=path, reason=error.strerror or type(error).__name__) from error


def _signed(xml: bytes, args: argparse.Namespace, context: Context) -> bytes:
    from signing.keys import load_signer
    from signing.xades import sign_enveloped

    certificate = args.report_cert or args.report_key.with_suffix(".pem")
    return sign_enveloped(xml, load_signer(args.report_key, certificate), at=context.clock.now())


def _run(context: Context, args: argparse.Namespace) -> int:
    folder = context.folder("hub", args.data)
    agency = canonical_code(args.agency) if args.agency else None
    made = context.operate("hub", folder, "audit.report", query=args.query, agency=agency)
    save(args.out, base64.b64decode(made["pdf"]), base64.b64decode(made["xml"]))
    verdict = made["verdict"]
    xml = args.out.with_suffix(".xml")
    context.output.data(
        {"verdict": verdict, "reason": made["reason"], "file": str(args.out), "xml": str(xml), "id": made["id"]}
    )
    context.output.say(f"{args.out}, {xml}: {verdict}", f"{args.out}, {xml}: {verdict}")
    return EXITS[verdict]
