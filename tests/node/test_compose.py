"""Forms and ready packets: what is read, and that every fault is told at once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.letter import DocumentType, Reference
from exchange_axis.errors import CheckFailed
from exchange_axis.node.compose import Draft, draft_from
from exchange_axis.wire.edxml import InlineFile, read_letter, write_letter

FORM = """
from = "000.03.32.H45"
to = ["G12", "000.00.01.H45"]
number = 57
notation = "BC-UBND"
date = 2026-11-20
subject = "V/v báo cáo tình hình thiên tai"
type = "bao cao"
content = "Tóm tắt"
place = "Sông Cầu"
priority = "hoa-toc"
due_date = "2026-12-01"
pages = 3
places = ["Lưu: VT"]
attachments = ["bao cáo.pdf", {path = "pl1.xlsx", name = "Phụ lục I.xlsx", description = "Số liệu"}]

[signer]
name = "Người ký thử"
position = "Chủ tịch"
competence = "TM."

[[response_for]]
agency = "H45.01"
code = "12/UBND-VP"
document_id = "H45.01,2026/11/01,12/UBND-VP"
date = 2026-11-01
"""
FAULTY = """
to = ["G12", "000.00.00.G12", "không phải mã"]
number = 5.7
subject = ["V/v"]
date = "20/11/2026"
priority = "gấp"
due = 2026-12-01
pages = -1
attachments = ["thiếu.pdf", 7]

[signer]
nam = "Người ký"
"""


def read(path: Path, *attach: Path) -> Draft:
    served = {"H45.32.03": "UBND phường Xuân Lộc", "H45.01": "UBND tỉnh Phú Yên"}
    return draft_from(path, attach=attach, agencies=served, name_of=lambda code: f"Tên {code}")


def write(folder: Path, form: str) -> Path:
    path = folder / "letter.toml"
    path.write_text(form, encoding="utf-8")
    return path


def test_a_form_is_a_letter(tmp_path: Path) -> None:
    (tmp_path / "bao cáo.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "pl1.xlsx").write_bytes(b"PK")
    (tmp_path / "thêm.pdf").write_bytes(b"%PDF-1.7")
    draft = read(write(tmp_path, FORM), tmp_path / "thêm.pdf")
    letter = draft.letter
    assert (letter.from_.id, letter.from_.name) == ("H45.32.03", "Tên H45.32.03")
    assert [organ.id for organ in letter.to] == ["G12", "H45.01"]
    assert (letter.code, letter.document_id) == ("57/BC-UBND", "H45.32.03,2026/11/20,57/BC-UBND")
    assert letter.document_type == DocumentType(table="2", row="14", name="Báo cáo")
    assert (letter.lane, letter.due_date) == (Lane.HOA_TOC, date(2026, 12, 1))
    assert letter.response_for[0].organ_id == "H45.01"
    assert letter.references == (
        Reference(content_id="001", name="bao cáo.pdf", content_type="application/pdf"),
        Reference(
            content_id="002",
            name="Phụ lục I.xlsx",
            content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            description="Số liệu",
        ),
        Reference(content_id="003", name="thêm.pdf", content_type="application/pdf"),
    )
    assert [attachment.path.name for attachment in draft.attachments] == ["bao cáo.pdf", "pl1.xlsx", "thêm.pdf"]
    assert read_letter(write_letter(letter)).letter == letter


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2026-11-20T16:55:00+07:00", datetime(2026, 11, 20, 9, 55, tzinfo=UTC)),
        ('"2026-11-20T09:55:00.1239Z"', datetime(2026, 11, 20, 9, 55, 0, 123_000, tzinfo=UTC)),
        ("2026-11-20T16:55:00", None),
        ("2026-11-20", None),
        ('"hôm qua"', None),
    ],
)
def test_the_time_of_signing_has_its_offset(tmp_path: Path, written: str, read_as: datetime | None) -> None:
    form = write(tmp_path, 'from="H45.32.03"\nto=["G12"]\nnumber=1\nnotation="BC"\ndate=2026-11-20\nsubject="x"\n')
    form.write_text(form.read_text() + f"signed_at = {written}\n", encoding="utf-8")
    if read_as is not None:
        assert read(form).signed_at == read_as
        return
    with pytest.raises(CheckFailed) as caught:
        read(form)
    assert [(finding.where, finding.code) for finding in caught.value.findings] == [("signed_at", "form.bad-value")]


def test_all_faults_of_a_form_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed) as caught:
        read(write(tmp_path, FAULTY))
    assert [(finding.where, finding.code) for finding in caught.value.findings] == [
        ("due", "form.unknown-key"),
        ("from", "form.missing-key"),
        ("to[2]", "form.repeated-recipient"),
        ("to[3]", "form.bad-value"),
        ("number", "form.bad-value"),
        ("notation", "form.missing-key"),
        ("date", "form.bad-value"),
        ("attachments[2]", "form.bad-value"),
        ("attachments[1].path", "form.attachment-absent"),
        ("subject", "form.bad-value"),
        ("signer.nam", "form.unknown-key"),
        ("priority", "form.bad-value"),
        ("pages", "form.bad-value"),
    ]
    for finding in caught.value.findings:
        assert "{" not in finding.vi + finding.en + finding.remedy_vi + finding.remedy_en


def test_broken_toml_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed) as caught:
        read(write(tmp_path, 'to = ["G12"]\nnumber = = 5\n'))
    (finding,) = caught.value.findings
    assert (finding.code, finding.line) == ("form.unreadable", 2)
    with pytest.raises(CheckFailed):
        read(tmp_path / "không có.toml")


@pytest.fixture
def packet(tmp_path: Path) -> Path:
    (tmp_path / "bao cáo.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "pl1.xlsx").write_bytes(b"PK")
    path = tmp_path / "letter.edxml"
    path.write_bytes(write_letter(read(write(tmp_path, FORM)).letter) + b"\n")
    return path


def test_a_ready_packet_is_taken_byte_for_byte_with_the_files_it_lists(packet: Path) -> None:
    files = (packet.parent / "bao cáo.pdf", packet.parent / "pl1.xlsx")
    draft = read(packet, *files)
    assert draft.packet == packet.read_bytes()
    assert draft.letter.code == "57/BC-UBND"
    with pytest.raises(CheckFailed) as caught:
        read(packet, files[0])
    assert [finding.code for finding in caught.value.findings] == ["form.packet-attachments"]


def test_a_packet_that_carries_its_files_takes_no_others(packet: Path) -> None:
    letter = read_letter(packet.read_bytes()).letter
    packet.write_bytes(write_letter(letter, inline=[InlineFile(data=b"%PDF-1.7"), InlineFile(data=b"PK")]))
    with pytest.raises(CheckFailed) as caught:
        read(packet, packet.parent / "pl1.xlsx")
    assert [finding.code for finding in caught.value.findings] == ["form.packet-inline"]
    assert read(packet).attachments == ()


def test_a_due_date_may_set_an_hour(tmp_path: Path) -> None:
    timed = FORM.replace('"hoa-toc"', '"hoa-toc-hen-gio"').replace('"2026-12-01"', "2026-12-01T23:30:00+07:00")
    for name in ("bao cáo.pdf", "pl1.xlsx"):
        (tmp_path / name).write_bytes(b"%PDF-1.7")
    letter = read(write(tmp_path, timed)).letter
    assert (letter.lane, letter.due_date) == (Lane.HOA_TOC, date(2026, 12, 1))
    assert letter.due_time == datetime(2026, 12, 1, 16, 30, tzinfo=UTC)
