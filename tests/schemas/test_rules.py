"""Rules one by one, each with a twin that passes. The vectors of `tests/vectors/edxml` run them on whole packets."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lxml import etree

from schemas.findings import Severity, Stage
from schemas.rules import check_letter, check_status
from schemas.rules.common import MAX_PER_RULE, agency
from schemas.rules.grammar import is_well_formed, year_of
from schemas.rules.limits import LIMITS, over_emit_limits
from schemas.rules.secrecy import is_marked
from schemas.rules.tree import NAMESPACE, all_of
from tests.schemas.edxml import letter, status

AT = datetime(2025, 6, 30, 2, tzinfo=UTC)
Changes = dict[str, str | None]


def told(changes: Changes | None = None) -> list[str]:
    return [finding.code for finding in check_letter(letter(changes), at=AT)]


def said(changes: Changes, *, tolerant: bool = False) -> list[tuple[str, str]]:
    found = check_status(status(changes), at=AT, tolerant=tolerant)
    return [(finding.code, finding.severity.value) for finding in found]


def test_a_plain_letter_and_a_plain_status_pass() -> None:
    assert check_letter(letter(), at=AT) == ()
    assert check_status(status(), at=AT) == ()


@pytest.mark.parametrize(
    ("number", "notation"),
    [
        ("15", "QĐ-BNV"),
        ("05", "BNV-VP"),
        ("12", "UBND-VX"),
        ("57", "BC-UBND"),
        ("36", "TTr-UBND"),
        ("30/2020", "NĐ-CP"),
        ("28/2018", "QĐ-TTg"),
        ("337-QĐ", "TW"),
        ("8011-CV", "BTCTW"),
        ("1456", "CV/VPTU"),
        ("1290", "TTCP-C.III"),
        ("7816", "VPCP-TTĐT"),
        ("640", "SKHCN-CĐS"),
        ("44", "UBND-ĐC"),
        ("12a", "UBND"),
    ],
)
def test_numbers_and_symbols_in_use_are_well_formed(number: str, notation: str) -> None:
    assert is_well_formed(number, notation)


@pytest.mark.parametrize(
    ("number", "notation"),
    [
        ("số 15", "QĐ-BNV"),
        ("", "QĐ-BNV"),
        ("15", ""),
        ("15", "QĐ-"),
        ("15", "-QĐ-BNV"),
        ("15", "QĐ BNV"),
        ("15", "qđ-bnv"),
        ("15", "QĐ--BNV"),
        ("15/20", "QĐ-BNV"),
        ("15-XX", "TW"),
        ("15", "XX/TW"),
        ("１５", "QĐ-BNV"),
    ],
)
def test_others_are_not(number: str, notation: str) -> None:
    assert not is_well_formed(number, notation)


def test_the_year_inside_a_number() -> None:
    assert year_of("30/2020") == 2020
    assert year_of("30") is None
    assert told({"Code/CodeNumber": "30/2024"}) == ["rules.symbol-year"]
    assert told({"Code/CodeNumber": "30/2025"}) == []


@pytest.mark.parametrize(
    "text",
    [
        "MẬT",
        "  TỐI MẬT ",
        "TUYỆT MẬT: kế hoạch",
        "Kế hoạch (MẬT)",
        "[TUYỆT  MẬT] A",
        "Độ mật: tối mật",
        "M\u00c2\u0323T",
    ],
)
def test_secrecy_marks_are_seen(text: str) -> None:
    assert is_marked(text)


@pytest.mark.parametrize(
    "text",
    [
        "V/v bảo vệ bí mật nhà nước",
        "HỘI NGHỊ VỀ BẢO MẬT",
        "Mật ong",
        "MẬT ONG RỪNG",
        "Bảo mật (an toàn)",
        "Mật độ dân số",
    ],
)
def test_talk_of_secrecy_is_no_mark(text: str) -> None:
    assert not is_marked(text)


@pytest.mark.parametrize(
    ("at", "codes"),
    [
        # 17:00 UTC is midnight in Vietnam: the same date of issue is in the future until then.
        (datetime(2025, 6, 3, 16, 59, 59, tzinfo=UTC), ["rules.future-date"]),
        (datetime(2025, 6, 3, 17, 0, 0, tzinfo=UTC), []),
    ],
)
def test_the_future_begins_at_midnight_in_vietnam(at: datetime, codes: list[str]) -> None:
    assert [finding.code for finding in check_letter(letter(), at=at)] == codes


def test_due_on_the_day_of_issue_is_in_time() -> None:
    assert told({"DueDate": "2025-06-04"}) == []
    assert told({"DueDate": "2025-06-03"}) == ["rules.due-before-issue"]


def test_agencies_are_compared_across_generations() -> None:
    assert agency("000.00.17.H36") == agency("h36.17") == "H36.17"
    assert told({"To/OrganId": "000.03.32.H45"}) == []


@pytest.mark.parametrize(
    ("code", "codes"),
    [
        ("H45.32.03", []),
        ("000.00.00.G22", []),
        ("H37.DN.001", []),
        ("020100107370", []),
        ("vxp.saas.03", ["rules.organ-id-form"]),
        ("CS:GOV:01:qlvb", ["rules.organ-id-form"]),
        ("H45 32", ["rules.organ-id"]),
        ("H45..32", ["rules.organ-id"]),
        ("H45.32.", ["rules.organ-id"]),
        ("Huyện", ["rules.organ-id"]),
        ("A" * 13, ["rules.organ-id-form"]),
        (".".join(["H45"] * 9), []),
        (".".join(["H45"] * 10), ["rules.organ-id-form", "rules.over-emit-limit"]),
    ],
)
def test_forms_of_agency_codes(code: str, codes: list[str]) -> None:
    assert told({"To/OrganId": code}) == codes


@pytest.mark.parametrize("value", ["N/A", ".", "...", "-", "0", "null", "X"])
def test_fillers_are_marked_in_texts_but_not_in_numbers(value: str) -> None:
    assert told({"SignerInfo/FullName": value}) == ["rules.junk-value"]
    assert told({"OtherInfo/Priority": "0"}) == []


def test_every_required_field_that_is_missing_is_told() -> None:
    nothing = etree.Element(f"{{{NAMESPACE}}}edXML")
    found = check_letter(nothing, at=AT)

    assert [finding.where for finding in found if finding.code == "rules.missing-field"] == [
        f"/edXML/{path}"
        for path in (
            "From/OrganId",
            "To/OrganId",
            "DocumentId",
            "Code/CodeNumber",
            "Code/CodeNotation",
            "PromulgationInfo/PromulgationDate",
            "Subject",
        )
    ]


@pytest.mark.parametrize(
    ("attachments", "codes"), [(None, []), (2, []), (1, ["rules.attachment-count"]), (0, ["rules.attachment-count"])]
)
def test_references_are_counted_against_attachments(attachments: int | None, codes: list[str]) -> None:
    root = letter(files=("a.pdf", "b.pdf"))

    assert [finding.code for finding in check_letter(root, at=AT, attachments=attachments)] == codes


def test_attachments_without_references_are_counted_too() -> None:
    assert [f.code for f in check_letter(letter(files=()), at=AT, attachments=1)] == ["rules.attachment-count"]
    assert [f.code for f in check_letter(letter(files=()), at=AT)] == ["rules.no-attachment"]


def test_the_subject_must_not_be_the_name_of_a_file() -> None:
    root = letter({"Subject": "57.PDF"})

    assert [finding.code for finding in check_letter(root, at=AT)] == ["rules.subject-is-file-name"]
    assert told({"Subject": "57"}) == ["rules.subject-is-file-name"]


def test_an_unknown_type_comes_with_the_nearest_known_one() -> None:
    (finding,) = check_letter(letter({"DocumentType/TypeName": "Báo cáoo"}), at=AT)

    assert finding.code == "rules.unknown-type"
    assert finding.remedy_vi == "Gần nhất trong danh mục: Báo cáo"
    assert finding.remedy_en == "Nearest in the lists: Báo cáo"


def test_type_and_symbol_agree_or_are_told_apart() -> None:
    assert told({"DocumentType/TypeName": "Kế hoạch"}) == ["rules.type-symbol-mismatch"]
    assert told({"DocumentType/TypeName": "Kế hoạch", "Code/CodeNotation": "KH-UBND"}) == []
    assert told({"DocumentType/TypeName": "Công văn", "Code/CodeNotation": "UBND-VX"}) == []


def test_errors_are_not_crowded_out_by_warnings() -> None:
    root = letter({"DueDate": "2025-01-01"})
    (to,) = all_of(root, "edXMLEnvelope/edXMLHeader/MessageHeader/To")
    for _ in range(5 * MAX_PER_RULE):
        to.addnext(etree.fromstring(etree.tostring(to)))

    codes = [finding.code for finding in check_letter(root, at=AT)]

    assert codes.count("rules.repeated-recipient") == MAX_PER_RULE
    assert "rules.due-before-issue" in codes


@pytest.mark.parametrize(
    ("parent", "name"), [("To", "OrganName"), ("MessageHeader", "Subject"), ("Code", "CodeNotation")]
)
def test_between_emitted_and_accepted_length_is_a_warning(parent: str, name: str) -> None:
    limit = LIMITS[parent, name]
    path = name if parent == "MessageHeader" else f"{parent}/{name}"

    def lengths(length: int) -> list[Severity]:
        return [finding.severity for finding in over_emit_limits(letter({path: "A" * length}))]

    assert lengths(limit.emit) == []
    assert lengths(limit.emit + 1) == lengths(limit.accept) == [Severity.WARNING]
    assert lengths(limit.accept + 1) == [], "the XSD speaks from here on"


@pytest.mark.parametrize("code", ["02", "13", "16"])
def test_these_statuses_need_a_reason_unless_a_foreign_axis_sends_them(code: str) -> None:
    assert said({"StatusCode": code}) == [("rules.reason-missing", "error")]
    assert said({"StatusCode": code}, tolerant=True) == [("rules.reason-missing", "warning")]
    assert said({"StatusCode": code, "Description": "LD01: gửi nhầm nơi nhận"}) == []


@pytest.mark.parametrize("code", ["01", "03", "04", "05", "06", "15"])
def test_the_others_do_not(code: str) -> None:
    assert said({"StatusCode": code}) == []


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("LD01", []),
        ("LD99: văn bản nhàu nát", []),
        ("LD99: khác", [("rules.reason-too-short", "error")]),
        ("LD98: không có", [("rules.reason-without-code", "warning")]),
        ("gửi nhầm", [("rules.reason-without-code", "warning")]),
        ("LD01: " + "rất dài " * 10 + "!", [("rules.long-description", "warning")]),
    ],
)
def test_reasons_of_a_refusal(description: str, expected: list[tuple[str, str]]) -> None:
    assert said({"StatusCode": "02", "Description": description}) == expected


def test_a_status_may_be_a_little_ahead_of_our_clock() -> None:
    assert said({"Timestamp": "2025-06-30T09:05:00+07:00"}) == []
    assert said({"Timestamp": "2025-06-30T09:05:01+07:00"}) == [("rules.future-timestamp", "warning")]


def test_a_status_about_nothing_is_refused() -> None:
    assert said({"ResponseFor/Code": None}) == [("rules.response-for-unclear", "error")]
    assert said({"ResponseFor/Code": None, "ResponseFor/DocumentId": "x-57"}) == []


def test_findings_of_rules_say_so() -> None:
    for finding in check_letter(letter({"DueDate": "2025-01-01", "Code/CodeNumber": "?"}, files=()), at=AT):
        assert finding.stage is Stage.RULES
        assert finding.where.startswith("/edXML")
        assert finding.vi and finding.en and finding.remedy_vi and finding.remedy_en
