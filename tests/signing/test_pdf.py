"""Verdicts on signed PDFs: every way of cheating has its honest twin and the verdict and reason that it must get."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter

from signing.examine import examine
from signing.examined import Examined, Problem, examined_from_json, examined_to_json
from signing.keys import KeyType
from signing.pdf import Change, Coverage, PdfFacts
from signing.pdf_signers import SignerKind, masked_digits, signer_kind
from signing.pdf_verdict import (
    PdfJudgement,
    Reason,
    Revocation,
    TimeBasis,
    Trust,
    Verdict,
    judge_pdf,
    worst,
)
from signing.revocation import Evidence
from tests.signing import pdfs
from tests.signing.pki import AT, TestPki, extended_usage, key_usage

DAY = timedelta(days=1)


def not_revoked(
    certificate: x509.Certificate, others: Sequence[x509.Certificate], *, at: datetime, carried: Evidence
) -> Revocation:
    return Revocation.GOOD


def any_stamp(certificate: x509.Certificate, others: Sequence[x509.Certificate], *, at: datetime) -> bool:
    return True


@cache
def pki() -> pdfs.PdfPki:
    return pdfs.PdfPki()


@cache
def person() -> pdfs.Signatory:
    return pki().person()


@cache
def agency() -> pdfs.Signatory:
    return pki().agency()


@cache
def one() -> bytes:
    return pdfs.sign(pdfs.page(), person(), name="Nguoi ky")


@cache
def both() -> bytes:
    return pdfs.sign(one(), agency(), name="Co quan")


@cache
def certified() -> bytes:
    return pdfs.sign(pdfs.form(), person(), certify=MDPPerm.NO_CHANGES)


@cache
def filled_between() -> bytes:
    return pdfs.sign(pdfs.fill(pdfs.sign(pdfs.form(), person(), name="Nguoi ky")), agency(), name="Co quan")


def look(pdf: bytes) -> Examined:
    found = examine(io.BytesIO(pdf), len(pdf))
    assert examined_from_json(examined_to_json(found)) == found, "what crosses the pipe is what was found"
    return found


def facts_of(pdf: bytes) -> PdfFacts:
    found = look(pdf)
    assert found.problem is None, found.detail
    assert found.pdf is not None
    return found.pdf


def trust(**changes: object) -> Trust:
    values = {"anchors": pki().anchors, "received_at": AT, "now": AT, "revocation": not_revoked} | changes
    return Trust(**values)  # type: ignore[arg-type]


def judge(pdf: bytes, **changes: object) -> PdfJudgement:
    return judge_pdf(facts_of(pdf), trust(**changes))


# --- what must be accepted ----------------------------------------------------------------------------------------

GOOD: dict[str, Callable[[], bytes]] = {
    "person": one,
    "person and agency": both,
    "PSS": lambda: pdfs.sign(pdfs.page(), agency(), pss=True),
    "PKCS#1 v1.5, SHA-512": lambda: pdfs.sign(pdfs.page(), agency(), digest="sha512"),
    "PAdES": lambda: pdfs.sign(pdfs.page(), agency(), subfilter=SigSeedSubFilter.PADES),
    "ECDSA P-256": lambda: pdfs.sign(pdfs.page(), pki().agency(key_type=KeyType.P256)),
    "ECDSA P-384": lambda: pdfs.sign(pdfs.page(), pki().agency(key_type=KeyType.P384), digest="sha384"),
    "certified": certified,
    "certified, forms allowed, signed again": lambda: pdfs.sign(
        pdfs.sign(pdfs.form(), person(), certify=MDPPerm.FILL_FORMS), agency(), name="Co quan"
    ),
    "number filled in between": filled_between,
    "document time-stamp": lambda: pdfs.stamp_document(both(), pki().stamper(AT - DAY)),
    "validation data added": lambda: pdfs.add_validation_data(both(), person()),
}


@pytest.mark.parametrize("name", GOOD)
def test_honest_files_are_valid(name: str) -> None:
    judged = judge(GOOD[name]())
    assert judged.verdict is Verdict.VALID, judged
    assert judged.covers_whole_file is (name != "validation data added")


def test_person_and_agency_are_told_apart() -> None:
    judged = judge(both())
    names = [signature.signer for signature in judged.signatures]
    assert [name.kind for name in names if name] == [SignerKind.PERSON, SignerKind.AGENCY]
    assert names[0] is not None
    assert names[0].name == "Bùi Thanh Tùng"
    assert names[0].position == "Chủ tịch"
    assert judged.has(SignerKind.PERSON)
    assert not judge(one()).has(SignerKind.AGENCY)


def test_what_changed_is_said() -> None:
    first, second = facts_of(filled_between()).signatures
    assert (first.change, first.changed_fields, first.coverage) == (Change.FORM, ("So",), Coverage.REVISION)
    assert (second.change, second.changed_fields, second.coverage) == (Change.NONE, (), Coverage.WHOLE_FILE)


def test_an_unsigned_file_is_unsigned_and_its_text_is_read() -> None:
    facts = facts_of(pdfs.page())
    assert judge_pdf(facts, trust()).verdict is Verdict.UNSIGNED
    assert facts.pages == 1
    assert "Số: 57/BC-UBND" in facts.text


# --- cheats -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cheat:
    family: str
    make: Callable[[], bytes]
    twin: Callable[[], bytes]
    verdict: Verdict
    reason: Reason | None


def _cheat(
    family: str,
    make: Callable[[], bytes],
    twin: Callable[[], bytes],
    reason: Reason | None,
    verdict: Verdict = Verdict.NOT_INTACT,
) -> Cheat:
    return Cheat(family, make, twin, verdict, reason)


def _resigned(change: Callable[[int, int, int], Sequence[int]]) -> Callable[[], bytes]:
    return lambda: pdfs.resign(one(), person(), change)


HONEST = _resigned(lambda first, second, length: (0, first, second, length))
"""Made anew over the same ranges: shows that the helper itself makes signatures that compute."""

CHEATS: dict[str, Cheat] = {
    "byte changed in the page": _cheat("altered", lambda: pdfs.flip_inside(one()), one, Reason.DIGEST),
    "byte changed, two signatures": _cheat("altered", lambda: pdfs.flip_inside(both()), both, Reason.DIGEST),
    "page replaced": _cheat("incremental-save", lambda: pdfs.replace_page(both()), both, Reason.CHANGED_AFTER),
    "page replaced, one signature": _cheat(
        "incremental-save", lambda: pdfs.replace_page(one()), one, Reason.CHANGED_AFTER
    ),
    "page replaced, then signed by another": _cheat(
        "incremental-save", lambda: pdfs.sign(pdfs.replace_page(one()), agency(), name="Co quan"), both,
        Reason.CHANGED_AFTER,
    ),
    "text covered by a note": _cheat("shadow-hide", lambda: pdfs.draw_over(both()), both, Reason.CHANGED_AFTER),
    "other pages in the catalogue": _cheat(
        "shadow-replace", lambda: pdfs.swap_pages(both()), both, Reason.CHANGED_AFTER
    ),
    "reason replaced": _cheat("replaced-reason", lambda: pdfs.change_reason(one()), one, Reason.WHOLE_FILE),
    "form filled in after the last": _cheat(
        "form", lambda: pdfs.fill(pdfs.sign(pdfs.form(), person())), lambda: pdfs.sign(pdfs.form(), person()),
        Reason.WHOLE_FILE,
    ),
    "certified, then filled in": _cheat("certified", lambda: pdfs.fill(certified()), certified, Reason.NOT_PERMITTED),
    "certified, then covered": _cheat(
        "certified", lambda: pdfs.draw_over(certified()), certified, Reason.CHANGED_AFTER
    ),
    "bytes appended": _cheat("appended", lambda: both() + b"x\n", both, Reason.CHANGED_AFTER),
    "line feed appended": _cheat("appended", lambda: both() + b"\n", both, Reason.CHANGED_AFTER),
    "old end repeated": _cheat("appended", lambda: both() + both()[-200:], both, Reason.CHANGED_AFTER),
    "gap wider than the value": _cheat(
        "wrapping", _resigned(lambda first, second, length: (0, first, second + 60, length - 60)), HONEST,
        Reason.MALFORMED,
    ),
    "gap begins early": _cheat(
        "wrapping", _resigned(lambda first, second, length: (0, first - 40, second, length)), HONEST, Reason.MALFORMED
    ),
    "not from byte 0": _cheat(
        "wrapping", _resigned(lambda first, second, length: (9, first - 9, second, length)), HONEST, Reason.MALFORMED
    ),
    "end left out": _cheat(
        "signed-out-of-byte-range", _resigned(lambda first, second, length: (0, first, second, length - 60)), HONEST,
        Reason.WHOLE_FILE,
    ),
    "range beyond the end": _cheat(
        "signed-out-of-byte-range", _resigned(lambda first, second, length: (0, first, second, length + 60)), HONEST,
        Reason.MALFORMED,
    ),
    "two fields, one value": _cheat(
        "byte-range-overlap", lambda: pdfs.second_field_same_value(one()), one, Reason.MALFORMED
    ),
    "no /Contents": _cheat(
        "universal-forgery", lambda: pdfs.flip(one(), b"/Contents <", b"/Contentz <"), one, Reason.MALFORMED
    ),
    "no /ByteRange": _cheat(
        "universal-forgery", lambda: pdfs.flip(one(), b"/ByteRange", b"/ByteRangX"), one, None, Verdict.UNSIGNED
    ),
    "SHA-1": _cheat("algorithm", lambda: pdfs.sign(pdfs.page(), person(), digest="sha1"), one, Reason.ALGORITHM),
    "signature removed": _cheat("removed", lambda: pdfs.remove_signature(one()), one, None, Verdict.UNSIGNED),
}  # fmt: skip


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_gets_its_verdict_and_its_twin_is_valid(name: str) -> None:
    cheat = CHEATS[name]
    judged = judge(cheat.make())
    assert judged.verdict is cheat.verdict, judged
    if cheat.reason is not None:
        assert cheat.reason in {signature.reason for signature in judged.signatures}, judged
    assert judge(cheat.twin()).verdict is Verdict.VALID


def test_every_family_is_there() -> None:
    families = Counter(cheat.family for cheat in CHEATS.values())
    assert set(families) == {
        "altered", "incremental-save", "shadow-hide", "shadow-replace", "replaced-reason", "form", "certified",
        "appended", "wrapping", "signed-out-of-byte-range", "byte-range-overlap", "universal-forgery", "algorithm",
        "removed",
    }  # fmt: skip
    assert sum(families.values()) >= 20


@pytest.mark.parametrize("cut", [1, 300, 5_000])
def test_a_truncated_file_is_not_judged_at_all(cut: int) -> None:
    found = look(both()[: len(both()) - 20 - cut])
    assert (found.problem, found.pdf) == (Problem.UNREADABLE, None)
    assert found.detail in {"pdf.truncated", "PdfReadError"}


# --- who, when, and what is known of the certificate --------------------------------------------------------------


def test_an_unknown_root() -> None:
    other = TestPki("khác", KeyType.RSA2048).anchors
    judged = judge(both(), anchors=other)
    assert judged.verdict is Verdict.UNKNOWN_ROOT
    assert judged.signatures[0].detail == "certificate.untrusted"


def test_a_weak_key() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - must be refused
    judged = judge(pdfs.sign(pdfs.page(), pki().person(private=weak)))
    assert (judged.verdict, judged.signatures[0].reason) == (Verdict.NOT_INTACT, Reason.ALGORITHM)


def test_revocation_has_three_answers_and_none_of_them_is_assumed() -> None:
    def revoked(
        certificate: x509.Certificate, others: Sequence[x509.Certificate], *, at: datetime, carried: Evidence
    ) -> Revocation:
        return Revocation.REVOKED

    assert judge(both(), revocation=revoked).verdict is Verdict.REVOKED
    assert judge_pdf(facts_of(both()), Trust(anchors=pki().anchors, received_at=AT, now=AT)).verdict is (
        Verdict.REVOCATION_UNKNOWN
    )
    asked: list[datetime] = []

    def note(
        certificate: x509.Certificate, others: Sequence[x509.Certificate], *, at: datetime, carried: Evidence
    ) -> Revocation:
        asked.append(at)
        return Revocation.GOOD

    judge(both(), revocation=note, now=AT + 10 * DAY)
    assert asked == [AT, AT], "at the time of receipt, not now"


def test_expiry_counts_at_the_time_of_receipt_unless_a_stamp_proves_an_earlier_one() -> None:
    short = pki().agency(not_after=AT + DAY)
    plain = pdfs.sign(pdfs.page(), short)
    later = AT + 30 * DAY
    assert judge(plain).verdict is Verdict.VALID
    assert judge(plain, now=later).verdict is Verdict.VALID_NOW_EXPIRED
    assert judge(plain, received_at=later, now=later).verdict is Verdict.EXPIRED_BEFORE_SIGNING
    stamped = pdfs.sign(pdfs.page(), short, stamper=pki().stamper(AT - DAY))
    known = judge(stamped, received_at=later, now=later, stamps=any_stamp)
    assert (known.verdict, known.signatures[0].basis) == (Verdict.VALID_NOW_EXPIRED, TimeBasis.STAMP)
    unknown = judge(stamped, received_at=later, now=later)
    assert (unknown.verdict, unknown.signatures[0].basis) == (Verdict.EXPIRED_BEFORE_SIGNING, TimeBasis.RECEIPT)


def test_a_stamp_over_the_whole_document_proves_the_time_of_all_before_it() -> None:
    short = pki().agency(not_after=AT + DAY)
    later = AT + 30 * DAY
    stamped = pdfs.stamp_document(pdfs.sign(pdfs.page(), short), pki().stamper(AT - DAY))
    assert judge(stamped, received_at=later, now=later, stamps=any_stamp).verdict is Verdict.VALID_NOW_EXPIRED


def test_a_stamp_from_the_future_proves_nothing() -> None:
    stamped = pdfs.sign(pdfs.page(), agency(), stamper=pki().stamper(AT + DAY))
    judged = judge(stamped, stamps=any_stamp).signatures[0]
    assert (judged.basis, judged.judged_at) == (TimeBasis.RECEIPT, AT)


def test_a_certificate_that_is_not_valid_yet() -> None:
    early = pki().agency(not_before=AT + DAY, not_after=AT + 30 * DAY)
    judged = judge(pdfs.sign(pdfs.page(), early)).signatures[0]
    assert (judged.verdict, judged.detail) == (Verdict.UNKNOWN_ROOT, "certificate.not-yet-valid")


# --- names --------------------------------------------------------------------------------------------------------

NAMES: dict[str, tuple[dict[x509.ObjectIdentifier, str], SignerKind]] = {
    "identity card": ({NameOID.COMMON_NAME: "Văn Phòng", NameOID.USER_ID: "CMND:221234567"}, SignerKind.PERSON),
    "passport": ({NameOID.COMMON_NAME: "An", NameOID.USER_ID: "HC:C1234567"}, SignerKind.PERSON),
    "EN 319 412-1": ({NameOID.COMMON_NAME: "An", NameOID.SERIAL_NUMBER: "IDCVN-079190001234"}, SignerKind.PERSON),
    "tax code": ({NameOID.COMMON_NAME: "Cấp nước Phú Yên", NameOID.USER_ID: "MST:4400123456"}, SignerKind.AGENCY),
    "organization identifier": (
        {NameOID.COMMON_NAME: "Cấp nước", NameOID.ORGANIZATION_IDENTIFIER: "H45.31"}, SignerKind.AGENCY,
    ),
    "title": ({NameOID.COMMON_NAME: "Bùi Thanh Tùng", NameOID.TITLE: "Chủ tịch"}, SignerKind.PERSON),
    "agency by name": ({NameOID.COMMON_NAME: "Sở Nội vụ tỉnh Phú Yên"}, SignerKind.AGENCY),
    "agency by office": ({NameOID.COMMON_NAME: "UBND thị xã Sông Cầu"}, SignerKind.AGENCY),
    "nothing to go by": ({NameOID.COMMON_NAME: "Bùi Thanh Tùng"}, SignerKind.UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_kind_of_signer(name: str) -> None:
    names, expected = NAMES[name]
    assert signer_kind(pki().issue(names, "person").certificate) is expected


@pytest.mark.parametrize(("number", "expected"), [(1, SignerKind.PERSON), (2, SignerKind.AGENCY)])
def test_a_declared_type_outweighs_the_name(number: int, expected: SignerKind) -> None:
    declared = bytes.fromhex("30153013060604008e4601063009060704008e460106") + bytes([number])
    statements = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3"), declared)
    usage = (*_usages(), statements)
    made = pki().issue({NameOID.COMMON_NAME: "Sở Nội vụ", NameOID.TITLE: "x"}, "person", extensions=usage)
    assert signer_kind(made.certificate) is expected


def _usages() -> tuple[x509.ExtensionType, ...]:
    return key_usage(signature=True), extended_usage()


def test_personal_numbers_do_not_leave() -> None:
    judged = judge(both())
    shown = repr([(one.signer, one.issuer, one.serial, one.detail) for one in judged.signatures])
    assert pdfs.CARD not in shown
    assert judged.signatures[0].signer is not None
    assert judged.signatures[0].signer.identifier == "CCCD:*********234"
    assert "MST:4400123456" in shown, "a tax code is public"
    assert masked_digits("CMND 221 234 567") == "CMND ********567"
    assert masked_digits("57/2025") == "57/2025"


# --- the list -----------------------------------------------------------------------------------------------------


def test_the_list_is_closed_and_in_vietnamese() -> None:
    assert [verdict.vi for verdict in Verdict] == [
        "KHÔNG TOÀN VẸN",
        "CHỨNG THƯ BỊ THU HỒI",
        "CHỨNG THƯ HẾT HẠN TRƯỚC KHI KÝ",
        "KHÔNG RÕ NGUỒN TIN CẬY",
        "KHÔNG CÓ CHỮ KÝ",
        "THIẾU CHỮ KÝ CƠ QUAN",
        "THIẾU CHỮ KÝ NGƯỜI CÓ THẨM QUYỀN",
        "CHƯA KIỂM TRA ĐƯỢC THU HỒI",
        "HỢP LỆ – CHỨNG THƯ NAY ĐÃ HẾT HẠN",
        "HỢP LỆ",
    ]
    assert worst([Verdict.VALID, Verdict.NOT_INTACT, Verdict.REVOKED]) is Verdict.NOT_INTACT
    assert worst([]) is Verdict.UNSIGNED
