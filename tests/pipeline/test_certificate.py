"""The printable certificate and its QR code: what it says, that it never varies, and that the code is checked."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest

from exchange_axis.domain.dossier import Content
from exchange_axis.pipeline import story as tales
from exchange_axis.pipeline.certificate import EVENTS_MAX, certificate, code_of, main_receipt
from exchange_axis.pipeline.receipt_code import MalformedCode, ReceiptCode, read_code
from exchange_axis.pipeline.story import Story
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Reason, Verdict
from exchange_axis.pipeline.verify_trust import load_trust
from tests.pipeline.filed import SENDER, Filed, members_of, unpack

NAME = "Ủy ban nhân dân xã Tuy An Đông"


def story_of(filed: Filed, *, proofs: bool = True) -> Story:
    members = members_of(filed.whole)
    names = [name for name in members if "/evidence/" in name and name.endswith(".xml")]
    evidence = [tales.spoken(name, members[name], members[f"{name}.tlog-proof"] if proofs else None) for name in names]
    return Story(
        sender=SENDER,
        consignment_id=evidence[0].value.consignment_id,
        container_sha256=evidence[0].value.container_sha256,
        title="57/BC-UBND",
        content=Content.HELD,
        subject="Về việc số hóa #1 *hồ sơ*, giấy tờ $x$",
        names={SENDER: NAME},
        evidence=evidence,
    )


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [document[number].get_textpage().get_text_range() for number in range(len(document))]
    finally:
        document.close()
    return " ".join(" ".join(pages).split())


def test_it_says_what_the_evidence_says(filed: Filed) -> None:
    story = story_of(filed)
    made = certificate(story)
    assert made is not None
    text = text_of(made)
    main = main_receipt(story)
    code = code_of(main)
    assert code.place is not None
    for words in (
        "GIẤY XÁC NHẬN GỬI, NHẬN VĂN BẢN ĐIỆN TỬ",
        f"{NAME} ({SENDER})",
        "Về việc số hóa #1 *hồ sơ*, giấy tờ $x$",
        "02/03/2026 08:00:30",
        "Đã giao tới hệ thống của bên nhận",
        "Bên nhận đã tiếp nhận",
        f"mục {code.place.index}, điểm kiểm tra {code.place.size} mục",
        main.sha256,
        "Cách kiểm tra",
        "giá trị chứng minh thuộc về các biên nhận đó",
    ):
        assert words in text, words
    assert unicodedata.is_normalized("NFC", text)


def test_the_same_story_gives_the_same_bytes(filed: Filed) -> None:
    assert certificate(story_of(filed)) == certificate(story_of(filed))
    other = story_of(filed)
    other.title = "58/BC-UBND"
    assert certificate(other) != certificate(story_of(filed))


def test_without_proof_it_says_so(filed: Filed) -> None:
    made = certificate(story_of(filed, proofs=False))
    assert made is not None and "chưa có chứng minh" in text_of(made)


def test_nothing_said_nothing_certified(filed: Filed) -> None:
    story = story_of(filed)
    story.evidence = []
    assert certificate(story) is None


def test_a_long_story_is_cut_and_says_so(filed: Filed) -> None:
    story = story_of(filed)
    story.evidence = [story.evidence[0]] * (EVENTS_MAX + 7)
    made = certificate(story)
    assert made is not None and "Còn 7 sự kiện nữa" in text_of(made)


def test_the_dossier_has_it(filed: Filed) -> None:
    printed = members_of(filed.whole)["letters/0001/certificate.pdf"]
    assert "V/v kiểm tra đường truyền" in text_of(printed)
    recalled = members_of(filed.recalled)["letters/0001/certificate.pdf"]
    assert "V/v kiểm tra" not in text_of(recalled), "its content is frozen"


def test_the_code_is_checked_against_the_receipt(filed: Filed, tmp_path: Path) -> None:
    story = story_of(filed)
    code = code_of(main_receipt(story))
    assert read_code(code.to_text()) == code and code.place is not None
    folder = unpack(filed.whole, tmp_path)
    receipt = folder / main_receipt(story).name

    def reason(path: Path, wanted: ReceiptCode) -> Reason:
        return verify_file(path, Question(trust=load_trust(filed.trust), code=wanted)).reason

    for path in (receipt, receipt.with_name(f"{receipt.name}.tlog-proof"), folder, filed.whole):
        assert reason(path, code) is Reason.OK, path
        assert reason(path, replace(code, evidence_sha256="0" * 64)) is Reason.OTHER_RECEIPT, path
    for place in (
        replace(code.place, index=code.place.index + 1),
        replace(code.place, root=bytes(32)),
        replace(code.place, origin="hub-b/log/1"),
    ):
        assert reason(receipt, replace(code, place=place)) is Reason.OTHER_RECEIPT
    assert Reason.OTHER_RECEIPT.verdict is Verdict.REJECT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AXIS1",
        "AXIS2 o 1 2 " + "0" * 64 + " -",
        "AXIS1 o 1 2 xyz -",
        "AXIS1 o -1 2 " + "0" * 64 + " AAAA",
        "A " * 999,
    ],
)
def test_other_text_is_no_code(text: str) -> None:
    with pytest.raises(MalformedCode):
        read_code(text)
