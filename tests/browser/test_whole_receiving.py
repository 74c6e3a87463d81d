"""A day of the clerk who receives (docs/clerk.md), behind the door of her desk, in a federation that is running.

What she does on the pages of letters she does by keyboard alone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from exchange_axis.domain.people import Role
from exchange_axis.web.desk.application import desk_application
from tests.browser.driver import visiting
from tests.browser.federation import COMMUNE, HOME, OFFICE
from tests.browser.keyboard import Keyboard
from tests.browser.scenery import URGENT
from tests.browser.server import serving
from tests.browser.signed import commune_pdf, signed_pdf
from tests.browser.test_sending import put_files
from tests.browser.test_whole_sending import CLERK, press_send
from tests.browser.whole import Whole, whole
from tests.staff.stand import Stand as People

SIGNED_AT = datetime(2026, 3, 2, 5, 58, 40, tzinfo=UTC)
"""12:58:40 in Vietnam."""
REPLY = """UBND XÃ AN NINH ĐÔNG \\
Số: 61/BC-UBND \\
An Ninh Đông, ngày 02 tháng 3 năm 2026 \\
*BÁO CÁO* \\
Kết quả ứng phó áp thấp nhiệt đới
"""


@pytest.mark.prove
@pytest.mark.timeout(400)
def test_a_day_of_receiving(browser: Browser, tmp_path: Path) -> None:
    with whole(tmp_path) as running, visiting(browser, running.url) as visitor:
        visitor.page.set_default_timeout(30_000)
        clerk = Keyboard(visitor)
        urgent = _hear_of_it(clerk, running)
        _read_the_verdict(clerk)
        _accept_it(clerk, running, urgent)
        _work_and_answer(clerk, running, urgent)
        _refuse_what_went_astray(clerk, running)
        _confirm_a_recall(clerk, running)
        _refuse_a_revoked_seal(clerk, running)
        _end_the_day(clerk, running)
        (line,) = [one for one in running.register_lines() if "214" in one.values]
        assert "3/CĐ-UBND" in line.values
        assert [one.consignment_id for one in running.desk.views.received(agency=COMMUNE)].count(urgent) == 1


def _hear_of_it(clerk: Keyboard, running: Whole) -> str:
    """1. A bell, a red row, the legal time of receipt; half an hour, which begins with the office hours at 13:30."""
    page = clerk.page
    earlier = running.send(number=2, notation="KH-UBND", type="Kế hoạch", subject="Kế hoạch năm 2026")
    running.desk.clerk.accept(earlier, actor=CLERK, agency=COMMUNE, arrival_number=213)
    running.at(13, 1, 30)
    page.add_init_script("HTMLMediaElement.prototype.play = function () { document.rung = this.src; "
                         "return Promise.resolve(); };")  # fmt: skip
    page.clock.install()
    running.enter(clerk.visitor, CLERK, "/inbox")
    running.at(13, 2, 11)
    content = signed_pdf(*URGENT, at=SIGNED_AT)
    urgent = running.send(priority="hoa-toc", files={"Công điện số 03.pdf": content})
    page.clock.run_for(21_000)
    page.wait_for_selector("#news.is-bad a")
    assert page.evaluate("document.rung").endswith("/urgent.wav")
    page.clock.resume()
    page.click("#news a")
    assert page.inner_text("tr.is-hoa-toc .countdown") == "còn 57 phút"
    assert page.get_attribute("tr.is-hoa-toc time", "datetime") == "2026-03-02T13:02:11+07:00"
    clerk.press("tr.is-hoa-toc .subject a")
    return urgent


def _read_the_verdict(clerk: Keyboard) -> None:
    """2. Who signed, when, the whole file, not revoked: it replaces the paper."""
    clerk.press("#standing a")
    clerk.says("Thay văn bản giấy", "Phạm Văn Hải", "Phó Chủ tịch", "phủ toàn bộ tệp: có", "không bị thu hồi")
    clerk.says("12:58:40 (có dấu thời gian)", "Kiểm tra lúc 02/03/2026 13:02:11")
    clerk.press(".crumbs li:nth-child(2) a")


def _accept_it(clerk: Keyboard, running: Whole, urgent: str) -> None:
    """3. On one screen; the number is kept for her; 03 leaves."""
    clerk.press("a:text-is('Tiếp nhận')")
    assert clerk.page.input_value("#number") == "214"
    running.at(13, 4)
    clerk.write("#unit", "Chủ tịch UBND xã")
    clerk.press("button:text-is('Tiếp nhận và báo bên gửi (03)')")
    clerk.says("số đến 214/2026")
    assert "214" in clerk.page.inner_text(".stamp") and "ĐẾN" in clerk.page.inner_text(".stamp")
    assert running.status_at_sender(urgent) == "03"


def _work_and_answer(clerk: Keyboard, running: Whole, urgent: str) -> None:
    """4. Assigned (04), begun (05); the reply closes it, and 06 goes back."""
    clerk.write("#person", "Đỗ Minh Quân")
    clerk.press("button:text-is('Báo trạng thái')")
    assert "Chuyển: Đỗ Minh Quân" in clerk.page.inner_text(".stamp")
    assert running.status_at_sender(urgent) == "04"
    clerk.to("input[name=status]:checked")
    while not clerk.page.is_checked("input[value='05']"):
        clerk.page.keyboard.press("ArrowDown")
    clerk.press("button:text-is('Báo trạng thái')")
    assert running.status_at_sender(urgent) == "05"
    page = clerk.page
    page.click("#reply summary")
    assert "báo hoàn thành (06)" in page.inner_text("#reply")
    page.click("#reply button")
    put_files(clerk.visitor, ("Báo cáo 61.pdf", commune_pdf(REPLY, at=SIGNED_AT)))
    page.click("text=Dùng các giá trị này")
    assert page.input_value("#number") == "61"
    page.click("text=Lưu và kiểm tra")
    press_send(running, page)
    assert running.status_at_sender(urgent) == "06"
    assert [one.title for one in running.home.views.received(agency=OFFICE)] == ["61/BC-UBND"]


def _end_the_day(clerk: Keyboard, running: Whole) -> None:
    """8. Nothing is left; what is left is on the list of the agency above tomorrow."""
    running.enter(clerk.visitor, CLERK, "/inbox")
    clerk.says("4/TB-UBND")  # the recall itself is a letter, and waits to be registered
    clerk.to("tbody input[name=id]")
    clerk.page.keyboard.press("Space")
    clerk.press("button:text-is('Tiếp nhận các văn bản đã chọn')")
    running.enter(clerk.visitor, CLERK, "/inbox")
    clerk.says("Không còn văn bản nào chờ tiếp nhận")
    clerk.visitor.check()
    forgotten = running.send(number=19, notation="UBND-VX", type="Công văn", subject="V/v báo cáo")
    running.at(14, 0, days=1)
    for _ in range(2):
        running.settle()
    assert forgotten in {one.consignment_id for one in running.home.below.owed()}
    assert clerk.page.context.browser is not None
    entered, _ = People(running.home.staff, running.clock).settle("trang", Role.CLERK)
    with (
        serving(lambda: desk_application(running.home, wake=lambda: None)) as base,
        visiting(clerk.page.context.browser, base, cookie=(f"axis-{HOME}", entered.token)) as above,
    ):
        above.go("/below")
        assert "19/UBND-VX" in above.page.inner_text("table") and "UBND xã An Ninh Đông" in above.page.inner_text(
            "table"
        )


def _refuse_what_went_astray(clerk: Keyboard, running: Whole) -> None:
    """5. A letter that another commune should have got."""
    astray = running.send(number=7, notation="GM-UBND", type="Giấy mời", subject="Mời họp")
    running.enter(clerk.visitor, CLERK, "/inbox")
    clerk.press("tbody .subject a")
    clerk.press("a:text-is('Từ chối…')")
    clerk.choose("#reason", "LD01")
    clerk.write("#text", "Văn bản này của xã An Ninh Tây")
    clerk.press("button:text-is('Từ chối và báo bên gửi (02)')")
    clerk.says("Đã từ chối tiếp nhận", "LD01: Văn bản này của xã An Ninh Tây")
    assert running.status_at_sender(astray) == "02"


def _confirm_a_recall(clerk: Keyboard, running: Whole) -> None:
    """6. A letter accepted yesterday is recalled: who opened it is shown, the line is struck through."""
    old = running.send(number=18, notation="KH-UBND", type="Kế hoạch", subject="Kế hoạch diễn tập")
    running.enter(clerk.visitor, CLERK, f"/inbox/{old}/{COMMUNE}/accept")
    clerk.press("button:text-is('Tiếp nhận và báo bên gửi (03)')")
    running.clock.advance(days=1)
    running.recall(old)
    running.enter(clerk.visitor, CLERK, "/inbox?pile=recalled")
    clerk.press("tbody .subject a")
    clerk.says("Văn bản bị thu hồi", "Đã có người mở văn bản: hoa")
    clerk.press("#answer button")
    clerk.says("Bên gửi được báo trạng thái 15")
    running.settle()
    (cancelled,) = running.home.views.show(old).cancelling
    assert cancelled.cancelled_at is not None and cancelled.opened_at is not None
    assert [line.struck for line in running.register_lines() if "18/KH-UBND" in line.values] == [True]


def _refuse_a_revoked_seal(clerk: Keyboard, running: Whole) -> None:
    """7. The agency's certificate had been revoked; who sent it, and who is its head, is beside it."""
    content = signed_pdf("8/CĐ-UBND", *URGENT[1:], revoked=True)
    bad = running.send(number=8, files={"Công điện số 08.pdf": content})
    running.enter(clerk.visitor, CLERK, "/inbox?pile=signature")
    clerk.press("tbody .subject a")
    clerk.says("Chỉ để biết, tham khảo")
    assert "Tạ Anh Tuấn" in clerk.page.inner_text("#contact")
    clerk.press("#standing a")
    clerk.says("CHỨNG THƯ BỊ THU HỒI", "đã bị thu hồi", "LD02")
    running.enter(clerk.visitor, CLERK, f"/inbox/{bad}/{COMMUNE}/refuse")
    clerk.choose("#reason", "LD02")
    clerk.write("#text", "Chứng thư của cơ quan đã bị thu hồi")
    clerk.press("button:text-is('Từ chối và báo bên gửi (02)')")
    assert running.status_at_sender(bad) == "02"
