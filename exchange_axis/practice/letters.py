"""The letters that sample agencies send to whoever practises: what to do with each is said in its own text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from exchange_axis.practice.cast import FINANCE, HOME_AFFAIRS, OFFICE, OWN

MARK: Final = "VĂN BẢN MẪU ĐỂ LUYỆN TẬP, KHÔNG CÓ GIÁ TRỊ PHÁP LÝ"
SIGNER: Final = {"name": "Người ký mẫu", "position": "Người ký", "competence": "TM."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    sender: str
    number: int
    notation: str
    kind: str
    subject: str
    body: tuple[str, ...]
    after: timedelta = timedelta(0)
    """Of the beginning."""
    priority: str = "thuong"
    reply_within: timedelta | None = None
    recalled_after: timedelta | None = None
    """Once whoever practises has accepted it."""
    more: Mapping[str, Any] = field(default_factory=dict)

    altered: bool = False
    """Somebody changed its file after it was signed."""

    @property
    def code(self) -> str:
        return f"{self.number}/{self.notation}"

    @property
    def file(self) -> str:
        return f"{self.number}-{self.notation}.pdf"


SAMPLES_SENT: Final = (
    Sample(
        sender=FINANCE,
        number=112,
        notation="STC-QLNS",
        kind="Công văn",
        subject="V/v rà soát dự toán chi thường xuyên (bài tập: tiếp nhận và chuyển xử lý)",
        body=(
            "Bài tập: bấm Tiếp nhận, xem số đến đã giữ sẵn, rồi chuyển cho một đơn vị của mình.",
            "Sau đó soạn văn bản trả lời và chọn đóng văn bản này.",
        ),
        priority="khan",
        reply_within=timedelta(days=2),
    ),
    Sample(
        sender=OFFICE,
        number=18,
        notation="KH-UBND",
        kind="Kế hoạch",
        subject="Kế hoạch diễn tập phòng thủ dân sự (bài tập: văn bản sẽ bị thu hồi)",
        body=("Bài tập: tiếp nhận văn bản này. Một phút sau, bên gửi thu hồi; hãy mở nó và xác nhận hủy.",),
        recalled_after=timedelta(minutes=1),
    ),
    Sample(
        sender=HOME_AFFAIRS,
        number=7,
        notation="GM-SNV",
        kind="Giấy mời",
        subject="Mời UBND xã Láng Giềng họp (bài tập: gửi nhầm nơi nhận)",
        body=("Bài tập: giấy mời này của xã khác. Hãy từ chối với lý do LD01 và viết rõ để bên gửi biết phải sửa gì.",),
    ),
    Sample(
        sender=FINANCE,
        number=113,
        notation="STC-QLNS",
        kind="Công văn",
        subject="V/v bổ sung kinh phí mua sắm (bài tập: tệp bị sửa sau khi ký)",
        body=(
            "Bài tập: xem kết quả kiểm tra chữ ký. Có người đã ghi đè một số tiền lên tệp này sau khi ký.",
            "Hãy từ chối với lý do LD03 và viết rõ để bên gửi kiểm tra lại tệp.",
        ),
        altered=True,
    ),
    Sample(
        sender=OFFICE,
        number=3,
        notation="CĐ-UBND",
        kind="Công điện",
        subject="Về việc tập trung ứng phó với áp thấp nhiệt đới (bài tập: hỏa tốc)",
        body=("Bài tập: văn bản hỏa tốc đến khi đang làm việc khác. Hãy tiếp nhận trong 30 phút.",),
        priority="hoa-toc",
        after=timedelta(minutes=1),
    ),
)


def form_of(sample: Sample, day: date) -> Mapping[str, Any]:
    """The form of a letter of that day; its file lies among the papers."""
    due = {} if sample.reply_within is None else {"due_date": (day + sample.reply_within).isoformat()}
    return {
        "from": sample.sender,
        "to": [OWN],
        "number": sample.number,
        "notation": sample.notation,
        "date": day.isoformat(),
        "subject": sample.subject,
        "type": sample.kind,
        "priority": sample.priority,
        "signer": SIGNER,
        "attachments": [sample.file],
        **due,
    }


def recall_of(sample: Sample, sent: str, number: int, day: date) -> Mapping[str, Any]:
    return {
        "from": sample.sender,
        "to": [OWN],
        "number": number,
        "notation": "TB-UBND",
        "date": day.isoformat(),
        "subject": f"Thu hồi văn bản {sample.code} (bài tập: xác nhận hủy)",
        "type": "Thông báo",
        "priority": sample.priority,
        "signer": SIGNER,
        "kind": "recall",
        "amends": sent,
        "reason": "Ban hành nhầm dự thảo (bài tập)",
    }
