"""By keyboard alone: a letter is written and sent, last year's register is closed, an auditor searches.

Files are chosen in the browser's own window, which the space bar opens; a test can only say what was chosen in it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from exchange_axis.domain.people import Role
from exchange_axis.domain.registers import Book
from tests.browser.driver import visiting
from tests.browser.federation import COMMUNE, OFFICE
from tests.browser.keyboard import Keyboard
from tests.browser.signed import commune_pdf
from tests.browser.test_whole_sending import CLERK
from tests.browser.whole import AGENCIES, Whole, whole
from tests.staff.stand import GOOD
from tests.staff.stand import Stand as People


@pytest.mark.prove
@pytest.mark.timeout(300)
def test_sending_closing_and_searching(browser: Browser, tmp_path: Path) -> None:
    with whole(tmp_path) as running:
        with visiting(browser, running.url) as visitor:
            visitor.page.set_default_timeout(30_000)
            clerk = Keyboard(visitor)
            visitor.go("/drafts")
            come_in(clerk, running, CLERK)
            write_and_send(clerk, running)
        with visiting(browser, running.console) as visitor:
            auditor = Keyboard(visitor)
            visitor.go("/auditor")
            come_in(auditor, running, "thanh-tra")
            search(auditor)
        running.clock.advance(days=308)
        _, running.phones["lan"] = People(running.desk.staff, running.clock).settle("lan", Role.CLERK)
        with visiting(browser, running.url) as visitor:
            visitor.page.set_default_timeout(30_000)
            clerk = Keyboard(visitor)
            visitor.go("/")
            come_in(clerk, running, "lan")
            close_the_year(clerk, running)


def come_in(somebody: Keyboard, running: Whole, login: str) -> None:
    """Password, and the code of the telephone."""
    running.clock.advance(seconds=31)
    somebody.write("#login", login)
    somebody.write("#password", GOOD)
    somebody.press("form[action='/login'] button[type=submit]")
    somebody.write("#code", running.phones[login].code(running.clock))
    somebody.press("form[action='/login/factor'] button[type=submit]")


def write_and_send(clerk: Keyboard, running: Whole) -> None:
    page = clerk.page
    clerk.to("select[name=agency]")
    for _ in range(len(AGENCIES)):
        if page.input_value("select[name=agency]") != COMMUNE:
            page.keyboard.press("ArrowDown")
    assert page.input_value("select[name=agency]") == COMMUNE
    clerk.press("main button:has-text('Soạn văn bản mới')")
    with page.expect_file_chooser() as chooser:  # asked for before the way there: the browser is told by the way
        clerk.to("#file")
        page.keyboard.press("Space")
    (running.folder / "bao-cao.pdf").write_bytes(commune_pdf("Số: 58/BC-UBND"))
    chooser.value.set_files(running.folder / "bao-cao.pdf")
    clerk.press("#upload button")
    for field, value in {"number": "58", "notation": "BC-UBND", "type": "Báo cáo", "subject": "Báo cáo nhanh"}.items():
        clerk.write(f"#{field}", value)
    clerk.to("#date")
    page.keyboard.type("02022026")  # the browser's language says which comes first, day or month
    assert page.input_value("#date") == "2026-02-02"
    clerk.write("#signer_name", "Bùi Thanh Tùng")
    clerk.write("#copies", "1")
    page.locator("#save-state", has_text="Đã tự lưu").wait_for()
    clerk.write("#q", "van phong ubnd")
    page.wait_for_selector("#found button")
    clerk.press("#found button")
    assert OFFICE in page.inner_text(".chosen")
    clerk.press("#letter button:has-text('Lưu và kiểm tra')")
    clerk.press("main button:has-text('Gửi văn bản')")
    page.wait_for_url("**/sent/*")
    running.settle()
    (line,) = running.home.views.received(agency=OFFICE)
    assert line.title == "58/BC-UBND"


def close_the_year(clerk: Keyboard, running: Whole) -> None:
    """In January, of the year before; by somebody else: who has not signed in for 45 days has no account."""
    page = clerk.page
    clerk.visitor.go(f"/registers?agency={COMMUNE}&year=2026")
    clerk.says("năm 2026", "58/BC-UBND", "Khóa sổ năm 2026")
    clerk.to("#close summary")
    page.keyboard.press("Enter")
    clerk.press("#close button")
    clerk.says("Sổ đã khóa")
    assert running.desk.registers.closed(Book.OUTGOING, COMMUNE, 2026) is not None


def search(auditor: Keyboard) -> None:
    auditor.write("#text", "58/BC-UBND")
    with auditor.page.expect_navigation():
        auditor.page.keyboard.press("Enter")
    auditor.says("Kết quả", "58/BC-UBND")
    auditor.press("td a:has-text('58/BC-UBND')")
    auditor.says("Từng nơi nhận", "Đã vào hệ thống nơi nhận")
