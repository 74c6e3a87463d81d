"""The strict writer: bytes as the axis wants them, and refusals of what nobody could read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from lxml import etree

from exchange_axis.domain.letter import Letter, Organ, Reference, StatusReport
from exchange_axis.errors import CheckFailed
from exchange_axis.wire.edxml import InlineFile, read_letter, read_status, write_letter, write_status
from exchange_axis.wire.edxml.refusals import Unwritable
from tests.wire.edxml.values import LETTER, STATUS

LETTER_BYTES = """<?xml version='1.0' encoding='UTF-8'?>
<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016">\
<edXML:edXMLEnvelope xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXML:edXMLHeader><edXML:MessageHeader>\
<edXML:From><edXML:OrganId>H45.32.03</edXML:OrganId><edXML:OrganName>UBND xã An Ninh Đông</edXML:OrganName>\
</edXML:From><edXML:To><edXML:OrganId>H45.32</edXML:OrganId><edXML:OrganName>UBND huyện Tuy An</edXML:OrganName>\
</edXML:To><edXML:DocumentId>H45.32.03,2025/06/04,57/BC-UBND</edXML:DocumentId><edXML:Code>\
<edXML:CodeNumber>57</edXML:CodeNumber><edXML:CodeNotation>BC-UBND</edXML:CodeNotation></edXML:Code>\
<edXML:PromulgationInfo><edXML:PromulgationDate>2025/06/04</edXML:PromulgationDate></edXML:PromulgationInfo>\
<edXML:DocumentType><edXML:Type>2</edXML:Type><edXML:TypeDetail>14</edXML:TypeDetail>\
<edXML:TypeName>Báo cáo</edXML:TypeName></edXML:DocumentType>\
<edXML:Subject>Báo cáo kết quả tháng 5 năm 2025</edXML:Subject></edXML:MessageHeader><edXML:TraceHeaderList>\
<edXML:Bussiness><edXML:BussinessDocType>0</edXML:BussinessDocType></edXML:Bussiness><edXML:TraceHeader>\
<edXML:OrganId>H45.32.03</edXML:OrganId><edXML:Timestamp>2025/06/04 10:15:00</edXML:Timestamp></edXML:TraceHeader>\
</edXML:TraceHeaderList></edXML:edXMLHeader><edXML:edXMLBody><edXML:edXMLManifest version="1.0"><edXML:Reference>\
<edXML:ContentId>cid:a1</edXML:ContentId><edXML:ContentType>application/pdf</edXML:ContentType>\
<edXML:AttachmentName>57 Báo cáo.pdf</edXML:AttachmentName></edXML:Reference></edXML:edXMLManifest></edXML:edXMLBody>\
</edXML:edXMLEnvelope>"""
ATTACHED = """<AttachmentEncoded><Attachment><ContentId>cid:a1</ContentId>\
<AttachmentName>57 Báo cáo.pdf</AttachmentName><ContentType>application/pdf</ContentType>\
<edXML:ContentTransferEncoded xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016">JVBERg==\
</edXML:ContentTransferEncoded></Attachment></AttachmentEncoded>"""
STATUS_BYTES = """<?xml version='1.0' encoding='UTF-8'?>
<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016">\
<edXML:edXMLEnvelope xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXML:edXMLHeader>\
<edXML:{container}><edXML:From><edXML:OrganId>H45.32</edXML:OrganId>\
<edXML:OrganName>UBND huyện Tuy An</edXML:OrganName></edXML:From><edXML:ResponseFor>\
<edXML:OrganId>H45.32.03</edXML:OrganId><edXML:Code>57/BC-UBND</edXML:Code>\
<edXML:DocumentId>H45.32.03,2025/06/04,57/BC-UBND</edXML:DocumentId></edXML:ResponseFor>\
<edXML:StatusCode>03</edXML:StatusCode><edXML:Description>Số đến 812</edXML:Description>\
<edXML:Timestamp>2025/06/04 10:20:05</edXML:Timestamp></edXML:{container}></edXML:edXMLHeader>\
</edXML:edXMLEnvelope></edXML>"""


def test_the_bytes_of_a_letter_have_the_prefixes_that_the_national_side_compares() -> None:
    assert write_letter(LETTER).decode() == LETTER_BYTES + "</edXML>"


def test_attachments_for_plain_peers_are_unprefixed_but_for_their_content() -> None:
    assert write_letter(LETTER, inline=[InlineFile(data=b"%PDF")]).decode() == LETTER_BYTES + ATTACHED + "</edXML>"


@pytest.mark.parametrize("container", ["MessageHeader", "Status"])
def test_the_bytes_of_a_status(container: str) -> None:
    expected = STATUS_BYTES.replace("{container}", container)

    assert write_status(STATUS, container="Status" if container == "Status" else "MessageHeader").decode() == expected


def test_files_that_the_java_library_would_zip_are_zipped_and_read_back() -> None:
    names = ("bang.xlsx", "ANH.PDF", "cong van.docx")
    letter = replace(LETTER, references=tuple(Reference(content_id=f"r{i}", name=n) for i, n in enumerate(names)))

    done = read_letter(write_letter(letter, inline=[InlineFile(data=name.encode()) for name in names]))

    assert [item.content_type for item in done.inline] == ["application/zip", "application/zip", "application/docx"]
    assert [item.decode() for item in done.inline] == [name.encode() for name in names]
    assert done.findings == ()


def test_every_fault_of_a_letter_is_told_at_once() -> None:
    bad = replace(LETTER, subject="dài " * 200 + ".", steering_type="7", to=(Organ(id="H" * 40, name="x" * 201),))

    with pytest.raises(CheckFailed) as caught:
        write_letter(bad)

    assert sorted(finding.code for finding in caught.value.findings) == [
        "rules.over-emit-limit",
        "rules.over-emit-limit",
        "rules.over-emit-limit",
        "schema.not-in-list",
    ]


@pytest.mark.parametrize(
    ("letter", "code"),
    [
        (replace(LETTER, subject=""), "schema.missing-element"),
        (replace(LETTER, promulgation_date=None), "schema.unexpected-element"),
        (replace(LETTER, to=()), "schema.unexpected-element"),
        (replace(LETTER, references=(Reference(content_id="a1", name=""),)), "schema.missing-element"),
    ],
)
def test_nothing_incomplete_is_written(letter: Letter, code: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        write_letter(letter)

    assert [finding.code for finding in caught.value.findings] == [code]


@pytest.mark.parametrize("text", ["a\x00b", "a\rb", " a", "a\n", "\ufffe", "\ud800"])
def test_text_that_would_not_come_back_is_refused(text: str) -> None:
    with pytest.raises(Unwritable) as caught:
        write_letter(replace(LETTER, content=text))

    assert caught.value.code == "edxml.unwritable"
    assert caught.value.where.endswith("/MessageHeader/Content")


def test_lines_and_markup_inside_a_text_do_come_back() -> None:
    letter = replace(LETTER, content="dòng 1\n\tdòng 2 <b>&amp;</b> ]]>")

    assert read_letter(write_letter(letter)).letter == letter


def test_a_time_is_cut_to_the_second_that_the_format_has() -> None:
    report = replace(STATUS, timestamp=datetime(2025, 6, 4, 17, 59, 59, 999_000, tzinfo=UTC))

    written = write_status(report)

    assert b"2025/06/05 00:59:59<" in written
    assert read_status(written).status.timestamp == datetime(2025, 6, 4, 17, 59, 59, tzinfo=UTC)


def test_a_status_without_its_code_is_not_written() -> None:
    nameless: StatusReport = replace(STATUS, code="")

    with pytest.raises(CheckFailed) as caught:
        write_status(nameless)

    assert [finding.code for finding in caught.value.findings] == ["schema.unexpected-element"]


def test_what_is_written_has_neither_signature_nor_empty_elements() -> None:
    root = etree.fromstring(write_letter(LETTER))

    assert not root.findall(".//{*}Signature")
    assert all(len(element) or element.text for element in root.iter(etree.Element))


def test_one_inline_file_is_wanted_for_each_reference() -> None:
    with pytest.raises(ValueError, match="one inline file"):
        write_letter(LETTER, inline=[InlineFile(data=b"1"), InlineFile(data=b"2")])
