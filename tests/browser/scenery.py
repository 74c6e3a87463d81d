"""A morning at the commune's desk: letters in every state, for pictures and for looking at every page."""

from __future__ import annotations

from typing import Any

from exchange_axis.node.passing import PassedTo
from tests.browser.federation import COMMUNE, FINANCE, OTHER, Federation
from tests.browser.signed import signed_pdf

CLERK = "van-thu"
FROM_FINANCE: dict[str, Any] = {"from": FINANCE}
URGENT = (
    "3/CĐ-UBND",
    "CÔNG ĐIỆN",
    "Về việc tập trung ứng phó khẩn cấp với áp thấp nhiệt đới trên Biển Đông",
)
"""Code, kind and subject, as the page of the PDF says them."""


def places(running: Federation) -> list[tuple[str, str]]:
    """Name and address of every page, after the letters have come."""
    send, clerk = running.send, running.desk.clerk
    accepted = send(number=41, notation="BC-UBND", type="Báo cáo", subject="Báo cáo thu ngân sách quý I năm 2026")
    clerk.accept(accepted, actor=CLERK, agency=COMMUNE)
    clerk.pass_on(accepted, to=PassedTo(unit="Tài chính – Kế toán", person="Đỗ Minh Quân"), actor=CLERK, agency=COMMUNE)
    recalled = send(number=18, notation="KH-UBND", type="Kế hoạch", subject="Kế hoạch diễn tập phòng thủ dân sự")
    clerk.accept(recalled, actor=CLERK, agency=COMMUNE)
    running.recall(recalled)
    refused = send(number=7, notation="GM-UBND", type="Giấy mời", subject="Mời họp Ban Chỉ huy phòng thủ dân sự")
    clerk.refuse(refused, reason="LD01", text="Văn bản này của xã An Ninh Tây", actor=CLERK, agency=COMMUNE)
    running.settle()
    send(OTHER, number=5, notation="TB-UBND", type="Thông báo", subject="Lịch tiếp công dân tháng 3 năm 2026")
    send(
        **FROM_FINANCE,
        number=112,
        notation="STC-QLNS",
        type="Công văn",
        subject="V/v rà soát dự toán chi thường xuyên và đề nghị bổ sung có mục tiêu cho các xã, phường",
        priority="khan",
        due_date="2026-03-04",
    )
    send(number=9, notation="QĐ-UBND", type="Quyết định", priority="thuong-khan",
         subject="Quyết định thành lập Tổ công tác liên ngành kiểm tra an toàn hồ đập")  # fmt: skip
    urgent = send(priority="hoa-toc", files={"Công điện số 03.pdf": signed_pdf(*URGENT)})
    bad = send(number=4, files={"Công điện số 04.pdf": signed_pdf("4/CĐ-UBND", *URGENT[1:], revoked=True)})
    running.clock.advance(minutes=2)
    page = f"/inbox/{urgent}/{COMMUNE}"
    return [
        ("inbox", "/inbox"),
        ("inbox-all", "/inbox?pile=all"),
        ("inbox-empty", "/inbox?pile=overdue"),
        ("search", "/inbox?q=phong+thu"),
        ("letter-new", page),
        ("verdict", f"{page}/verdict"),
        ("verdict-revoked", f"/inbox/{bad}/{COMMUNE}/verdict"),
        ("accept", f"{page}/accept"),
        ("refuse", f"{page}/refuse"),
        ("letter-at-work", f"/inbox/{accepted}/{COMMUNE}?done=04"),
        ("letter-recalled", f"/inbox/{recalled}/{COMMUNE}"),
        ("letter-refused", f"/inbox/{refused}/{COMMUNE}?done=02"),
        ("digest", "/digest"),
        ("below", "/below"),
        ("alarms", "/alarms"),
        ("not-found", "/inbox/nothing/H45.32.05"),
    ]
