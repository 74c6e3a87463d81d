"""The verification report: one answer of `axis verify` as a document that can be signed, and as a page for people.

Rules of this file:
1. A report says what was found, by whom and when; it is about a file that it names by digest and proves nothing more.
2. Words are those of the closed lists (docs/schemas/verify-output.md); texts stand beside them in both languages.
3. The page carries the digest of the XML, so that the signature of the one speaks for the other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any, Final

from lxml import etree

from exchange_axis import __version__
from exchange_axis.pipeline.report_files import add_files, shown_files
from exchange_axis.pipeline.story_page import shown
from exchange_axis.pipeline.verify_result import Profile, Verdict, Verification
from exchange_axis.pipeline.verify_words import ANSWERS, ASKED, KINDS, REASONS, VERDICTS, WHYS
from exchange_axis.wire.report import NAMESPACE
from exchange_axis.wire.times import to_text

LINE_MAX: Final = 300
TEXT_MAX: Final = 2_000
MEMBERS_SHOWN: Final = 200
FINDINGS_SHOWN: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a report is about, and who makes it."""

    id: str
    issuer: str | None
    """Id of the hub whose seal it will bear; None: anybody."""
    at: datetime
    file: str
    """Name of the file as it was given."""
    profile: Profile
    result: Verification
    files: Mapping[str, Any] | None = None
    """What was found in the letter's attachments, as it is stored; None: nobody looked, or it is about no letter."""
    node: str = ""
    """Id of the node whose seal it will bear, where it is no hub's."""


def write_report(report: Reported) -> bytes:
    """The XML, not yet signed."""
    result = report.result
    root = etree.Element(_name("Report"), nsmap={None: NAMESPACE})
    signer = result.signer
    kind = None if result.document is None else str(result.document["kind"])
    for name, value in (
        ("Id", report.id),
        ("Issuer", report.issuer),
        ("At", to_text(report.at)),
        ("Program", f"axis {__version__}"),
        ("File", report.file),
        ("Sha256", result.sha256 or None),
        ("Kind", kind),
        ("Profile", report.profile.value),
        ("Verdict", result.verdict.value),
        ("Reason", result.reason.value),
        ("ProofTime", None if result.proof_time is None else to_text(result.proof_time)),
        ("SignerSubject", None if signer is None else signer.subject),
        ("SignerFingerprint", None if signer is None else signer.fingerprint),
    ):
        if value is not None:
            etree.SubElement(root, _name(name)).text = _text(value, LINE_MAX)
    _add_lists(root, result)
    if report.files is not None:
        add_files(root, report.files, _text)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def print_report(report: Reported, xml: bytes, *, signed: bool) -> bytes:
    """A4 PDF; `xml` is the report as it is handed out, `signed` whether it bears a signature."""
    import typst  # noqa: PLC0415 - only those who print pay for loading it

    template = resources.files("exchange_axis") / "pipeline" / "report.typ"
    data = _data(report, hashlib.sha256(xml).hexdigest(), signed=signed)
    return bytes(
        typst.compile(
            template.read_bytes(),
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        )
    )


def _add_lists(root: etree._Element, result: Verification) -> None:
    answers = etree.SubElement(root, _name("Answers"))
    for about in ASKED:
        fields = {"about": about, "answer": getattr(result, about).value, "why": result.why[about].value}
        etree.SubElement(answers, _name("Answer"), fields)
    if result.findings:
        findings = etree.SubElement(root, _name("Findings"))
        for one in result.findings:
            fields = {
                "severity": one.severity.value,
                "code": _text(one.code, LINE_MAX),
                "where": _text(one.where, LINE_MAX),
                "vi": _text(one.vi, TEXT_MAX),
                "en": _text(one.en, TEXT_MAX),
            }
            etree.SubElement(findings, _name("Finding"), fields)
    named = [one for one in result.evidence if "name" in one]
    if named:
        members = etree.SubElement(root, _name("Members"))
        for member in named:
            fields = {name: str(member[name]) for name in ("name", "sha256", "verdict", "reason") if name in member}
            fields["kind"] = str(member["kind"] or "")
            etree.SubElement(members, _name("Member"), fields)


def _data(report: Reported, sha256: str, *, signed: bool) -> Mapping[str, Any]:
    result = report.result
    kind = None if result.document is None else KINDS.get(result.document["kind"])
    members = [one for one in result.evidence if "name" in one]
    return {
        "title": ("BÁO CÁO KIỂM TRA CHỨNG CỨ", "Verification report"),
        "by": f"trục {report.issuer}" if report.issuer else f"nút {report.node}" if report.node else "",
        "files": [] if report.files is None else shown_files(report.files, _when),
        "standing": ("", "") if report.files is None else (report.files["standing_vi"], report.files["standing_en"]),
        "verdict": VERDICTS[result.verdict],
        "colour": {Verdict.ACCEPT: "ok", Verdict.REJECT: "bad"}.get(result.verdict, "open"),
        "reason": REASONS[result.reason],
        "facts": [
            (("Tệp", "file"), report.file, False),
            (("Loại", "kind"), "—" if kind is None else f"{kind[0]} ({kind[1]})", False),
            (("SHA-256", "of the file"), result.sha256 or "—", True),
            (("Lúc kiểm tra", "checked at"), shown(report.at), False),
            (("Xét tại thời điểm", "judged at"), "—" if result.proof_time is None else shown(result.proof_time), False),
            (("Người ký", "signer"), "—" if result.signer is None else result.signer.subject, False),
            (("Dấu vân tay", "certificate"), "—" if result.signer is None else result.signer.fingerprint, True),
            (("Chương trình", "program"), f"axis {__version__}, {report.profile.value}", False),
        ],
        "answers": [(ASKED[name], ANSWERS[getattr(result, name)], WHYS[result.why[name]]) for name in ASKED],
        "findings": [(one.severity.value, one.code, one.where, one.vi, one.en) for one in result.findings],
        "findings_shown": FINDINGS_SHOWN,
        "members": [
            (one["name"], str(one.get("verdict", "")), str(one["sha256"])[:16], _reason(one)) for one in members
        ],
        "members_shown": MEMBERS_SHOWN,
        "xml": sha256,
        "signed": signed,
    }


def _when(text: str) -> str:
    return shown(datetime.fromisoformat(text))


def _reason(member: Mapping[str, Any]) -> str:
    reason = next((word for word in REASONS if word == member.get("reason")), None)
    return "chỉ so tổng kiểm / digest only" if reason is None else REASONS[reason][0]


def _text(value: str, limit: int) -> str:
    """What XML can carry of it."""
    return "".join(c if c.isprintable() else " " for c in value)[:limit]


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"
