"""Pages as offices write them, and what is read from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from exchange_axis.pipeline.page_reading import suggestions
from signing.pdf import PdfFacts, SignatureFacts, SignatureKind, Stamp

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)

OFFICIAL_LETTER = """ỦY BAN NHÂN DÂN
XÃ TUY AN ĐÔNG
Số: 12/UBND-VX
V/v đăng ký thi đua, khen thưởng
năm 2026
CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập – Tự do – Hạnh phúc
Tuy An Đông, ngày 05 tháng 01 năm 2026
Kính gửi: Các trường học
Đề nghị các đơn vị gửi báo cáo trước ngày 20/01/2026 để tổng hợp.
"""
PARTY = """TỈNH ỦY ĐẮK LẮK
*
Số 337-QĐ/TU
QUYẾT ĐỊNH
về việc thành lập Ban Chỉ đạo
-----
Căn cứ Điều lệ Đảng
"""
CASES = {
    "official letter": (
        OFFICIAL_LETTER,
        {
            "number": "12",
            "notation": "UBND-VX",
            "date": "2026-01-05",
            "place": "Tuy An Đông",
            "due_date": "2026-01-20",
            "type": "Công văn",
            "subject": "đăng ký thi đua, khen thưởng năm 2026",
        },
    ),
    "party": (
        PARTY,
        {"number": "337", "notation": "QĐ/TU", "type": "Quyết định", "subject": "về việc thành lập Ban Chỉ đạo"},
    ),
    "no such day": ("ngày 31 tháng 2 năm 2026", {}),
    "scan": ("", {}),
    "nothing known": ("Giấy viết tay gửi bác Ba", {}),
    "symbol tells the type": ("Số: 5/TTr-SNV", {"number": "5", "notation": "TTr-SNV", "type": "Tờ trình"}),
}


@pytest.mark.parametrize("name", CASES)
def test_a_page_gives_what_it_shows_and_nothing_else(name: str) -> None:
    text, wanted = CASES[name]
    assert {one.field: one.value for one in suggestions(PdfFacts(text=text), at=NOW)} == wanted


def test_a_hostile_page_takes_no_time() -> None:
    """Patterns are bounded: what a file may say of its first page is read once over."""
    text = ("Số: " + "1" * 6 + "/A" * 9000) + "\n" + "trước ngày " * 1500
    assert len([one.field for one in suggestions(PdfFacts(text=text[:20_000]), at=NOW)]) <= 2


@pytest.mark.parametrize(
    ("claimed", "stamped", "intact", "wanted"),
    [
        (10, None, False, "2026-03-02T08:20:00+07:00"),
        (10, 20, True, "2026-03-02T08:10:00+07:00"),
        (10, 20, False, "2026-03-02T08:20:00+07:00"),
        (-10, None, False, None),
    ],
)
def test_when_it_was_signed_is_what_a_stamp_says_and_never_later_than_now(
    claimed: int, stamped: int | None, intact: bool, wanted: str | None
) -> None:
    """Times are minutes before now."""
    stamp = None if stamped is None else Stamp(at=NOW - timedelta(minutes=stamped), intact=intact, certificate=b"")
    signature = SignatureFacts(
        field="Nguoi ky",
        kind=SignatureKind.SIGNATURE,
        certificate=b"x",
        claimed_at=NOW - timedelta(minutes=claimed),
        stamp=stamp,
    )
    found = {one.field: one.value for one in suggestions(PdfFacts(signatures=(signature,)), at=NOW)}
    assert found.get("signed_at") == wanted
