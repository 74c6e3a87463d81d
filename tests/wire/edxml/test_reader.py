"""The tolerant reader where a vector would be too big or too small: places, times, limits, hostile trees."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from lxml import etree

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.letter import Organ, OtherInfo, describe_reason, lane_of, split_reason
from exchange_axis.wire.edxml import kind_of, read_letter, read_status, write_letter, write_status
from exchange_axis.wire.edxml.names import NAMESPACE
from exchange_axis.wire.edxml.normal import MAX_KEPT, MAX_REPEATED
from exchange_axis.wire.edxml.refusals import NotEdxml, TooManyRepeated, TooManyUnknown
from exchange_axis.wire.edxml.times import read_date, read_timestamp, write_date, write_timestamp
from exchange_axis.wire.edxml.types import document_type, document_type_of
from schemas.findings import Severity, errors
from schemas.gate.refusal import Refusal
from schemas.rules import check_letter
from schemas.validate import validate
from tests.wire.edxml.values import LETTER, STATUS


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025/06/04", date(2025, 6, 4)),
        ("04/06/2025", date(2025, 6, 4)),
        ("2025-06-04", date(2025, 6, 4)),
        ("4/6/2025", date(2025, 6, 4)),
        ("2025/06/04 00:00:00", date(2025, 6, 4)),
        ("2025-06-04T00:00:00.000+07:00", date(2025, 6, 4)),
        ("2025/02/30", None),
        ("04/06/25", None),
        ("2025/06-04", None),
        ("2025/06/04 sáng", None),
        ("０４/06/2025", None),
        ("", None),
    ],
)
def test_dates(text: str, day: date | None) -> None:
    assert read_date(text) == day


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2025/06/04 10:15:00", datetime(2025, 6, 4, 3, 15, tzinfo=UTC)),
        ("04/06/2025 10:15", datetime(2025, 6, 4, 3, 15, tzinfo=UTC)),
        ("2025-06-04T10:15:00.123+07:00", datetime(2025, 6, 4, 3, 15, tzinfo=UTC)),
        ("2025-06-04T03:15:00Z", datetime(2025, 6, 4, 3, 15, tzinfo=UTC)),
        ("2025-06-03T20:15:00-0700", datetime(2025, 6, 4, 3, 15, tzinfo=UTC)),
        ("2025/06/04 25:15:00", None),
        ("2025/06/04 10:15:00+99:00", None),
        ("2025/06/04", None),
        ("0001/01/01 00:00:00", None),
    ],
)
def test_times(text: str, at: datetime | None) -> None:
    assert read_timestamp(text) == at


def test_what_is_written_of_days_and_times_is_read_again() -> None:
    at = datetime(2025, 12, 31, 17, 0, 1, tzinfo=UTC)

    assert write_timestamp(at) == "2026/01/01 00:00:01"
    assert read_timestamp(write_timestamp(at)) == at
    assert read_date(write_date(date(999, 1, 2))) == date(999, 1, 2)


def test_lines_of_findings_are_those_of_the_input() -> None:
    pretty = etree.tostring(etree.fromstring(write_letter(LETTER)), pretty_print=True)
    line = 1 + pretty[: pretty.index(b"<edXML:PromulgationDate")].count(b"\n")
    done = read_letter(pretty.replace(b"2025/06/04</edXML:Prom", b"2025/06/31</edXML:Prom"))

    (finding,) = validate(done.normal, "edxml-document")

    assert (finding.code, finding.line) == ("schema.bad-value", line)
    assert finding.where.endswith("/MessageHeader/PromulgationInfo/PromulgationDate")


def test_a_letter_that_is_wrong_all_over_is_still_read_as_far_as_it_goes() -> None:
    done = read_letter(f'<edXML xmlns="{NAMESPACE}"/>'.encode())

    assert done.letter.to == () and done.letter.promulgation_date is None
    assert [finding.code for finding in errors(validate(done.normal, "edxml-document"))] == ["schema.missing-element"]
    missing = [
        finding for finding in check_letter(done.normal, at=datetime.now(UTC)) if "missing-field" in finding.code
    ]
    assert len(missing) == 7


def test_kind_is_told_by_the_place_of_the_code_alone() -> None:
    letter = etree.fromstring(write_letter(LETTER))
    note = etree.SubElement(letter, f"{{{NAMESPACE}}}Note")
    etree.SubElement(note, f"{{{NAMESPACE}}}StatusCode").text = "01"

    assert kind_of(letter) == "letter"
    assert kind_of(etree.fromstring(write_status(STATUS, container="Status"))) == "status"
    with pytest.raises(NotEdxml):
        kind_of(etree.fromstring("<html/>"))


def test_many_unknown_elements_are_refused_before_they_cost_anything() -> None:
    def packet(count: int) -> bytes:
        root = etree.fromstring(write_letter(LETTER))
        for _ in range(count):
            etree.SubElement(root, f"{{{NAMESPACE}}}Extra").text = "x"
        return etree.tostring(root)

    assert len(read_letter(packet(MAX_KEPT)).letter.kept) == MAX_KEPT
    with pytest.raises(TooManyUnknown) as caught:
        read_letter(packet(MAX_KEPT + 1))
    assert caught.value.code == "edxml.too-many-unknown"


def test_no_name_is_repeated_without_end() -> None:
    def packet(count: int) -> bytes:
        root = etree.fromstring(write_letter(LETTER))
        for _ in range(count - 1):
            etree.SubElement(root[0][0][1], f"{{{NAMESPACE}}}TraceHeader").text = ""
        return etree.tostring(root)

    assert len(read_letter(packet(MAX_REPEATED)).letter.trace) == 1
    with pytest.raises(TooManyRepeated) as caught:
        read_letter(packet(MAX_REPEATED + 1))
    assert caught.value.code == "edxml.too-many-repeated"


def test_too_many_recipients_are_one_finding_not_a_million_steps() -> None:
    def codes(count: int) -> list[str]:
        root = etree.fromstring(write_letter(LETTER))
        header = root[0][0][0]
        for number in range(count - 1):
            to = etree.Element(f"{{{NAMESPACE}}}To")
            etree.SubElement(to, f"{{{NAMESPACE}}}OrganId").text = f"H49.{number}"
            etree.SubElement(to, f"{{{NAMESPACE}}}OrganName").text = "UBND"
            header.insert(1, to)
        done = read_letter(etree.tostring(root))
        return [finding.code for finding in check_letter(done.normal, at=datetime.now(UTC))]

    assert codes(4_000) == []
    assert codes(4_001) == ["rules.too-many-recipients"]


def test_comments_between_elements_are_no_text() -> None:
    data = write_letter(LETTER).replace(b"<edXML:Subject>", b"<!-- trich yeu --><edXML:Subject>")

    assert read_letter(data).letter == LETTER


def test_a_comment_inside_a_text_never_reaches_the_reader() -> None:
    data = write_letter(LETTER).replace("Báo cáo kết quả".encode(), "Báo cáo<!-- --> kết quả".encode())

    with pytest.raises(Refusal) as caught:
        read_letter(data)

    assert caught.value.code.startswith("gate.")


def test_a_namespace_switched_inside_makes_an_element_unknown() -> None:
    data = write_letter(LETTER).replace(b"<edXML:Subject>", b'<edXML:Subject xmlns:edXML="urn:other">')

    done = read_letter(data)

    assert done.letter.subject == ""
    assert errors(validate(done.normal, "edxml-document"))
    assert [finding.severity for finding in done.findings] == [Severity.WARNING]


def test_reasons_of_refusals() -> None:
    assert split_reason(describe_reason("LD01", "gửi nhầm")) == ("LD01", "gửi nhầm")
    assert split_reason("LD04") == ("LD04", "")
    assert split_reason("LD05 - sai thể thức") == ("LD05", "sai thể thức")
    assert split_reason("LD012 gì đó") == ("", "LD012 gì đó")
    report = read_status(write_status(replace(STATUS, code="02", description="LD01: gửi nhầm"))).status
    assert (report.reason, report.text) == ("LD01", "gửi nhầm")


def test_urgency_to_lane() -> None:
    assert [lane_of(value) for value in (0, 1, 2, 3, 4, 5, None)] == [
        Lane.THUONG,
        Lane.KHAN,
        Lane.THUONG_KHAN,
        Lane.HOA_TOC,
        Lane.HOA_TOC,
        Lane.THUONG,
        Lane.THUONG,
    ]


@pytest.mark.parametrize(
    ("name", "triple"),
    [
        ("Công văn", ("2", "18", "Công văn")),
        ("cong  van", ("2", "18", "Công văn")),
        ("BC", ("2", "14", "Báo cáo")),
        ("TTr", ("2", "16", "Tờ trình")),
        ("Quyết định", ("2", "2", "Quyết định")),
        ("Nghị định", ("1", "7", "Nghị định")),
        ("Phiếu báo", ("2", "", "Phiếu báo")),
        ("Sao y", ("2", "", "Sao y")),
        ("Văn bản lạ", ("", "", "Văn bản lạ")),
    ],
)
def test_the_type_triple_we_emit(name: str, triple: tuple[str, str, str]) -> None:
    found = document_type(name)

    assert (found.table, found.row, found.name) == triple


@pytest.mark.parametrize(
    ("text", "number", "valid"),
    [
        ("3", 3, True),
        ("+3", 3, True),
        ("-0003", -3, True),
        ("-+3", None, False),
        ("٣", None, False),
        ("1" * 10, None, False),
    ],
)
def test_a_number_is_read_exactly_where_the_schema_takes_it(text: str, number: int | None, valid: bool) -> None:
    data = write_letter(replace(LETTER, other=OtherInfo(pages=777)))

    done = read_letter(data.replace(b"777", text.encode()))

    assert done.letter.other.pages == number
    assert (validate(done.normal, "edxml-document") == ()) is valid


def test_a_symbol_tells_the_type() -> None:
    assert document_type_of("BC-UBND").name == "Báo cáo"
    assert document_type_of("UBND-VX").name == "Công văn"
    assert document_type_of("QĐ-TTg", normative=True).table == "1"


def test_a_recipient_without_a_code_is_read_and_refused_by_the_schema() -> None:
    data = write_letter(replace(LETTER, to=(Organ(id="H1", name="x"),))).replace(
        b"<edXML:OrganId>H1</edXML:OrganId>", b""
    )

    done = read_letter(data)

    assert done.letter.to == (Organ(id="", name="x"),)
    assert [item.code for item in validate(done.normal, "edxml-document")] == ["schema.unexpected-element"]
