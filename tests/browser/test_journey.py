"""A day of the clerk who receives (docs/clerk.md), by keyboard alone, against a running hub and two nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.driver import Visitor, visiting
from tests.browser.federation import COMMUNE, Federation, federation
from tests.browser.scenery import URGENT
from tests.browser.signed import signed_pdf

TABS = 150
"""Presses within which everything on a page must be reached."""


@dataclass
class Keyboard:
    """A clerk without a mouse."""

    visitor: Visitor

    @property
    def page(self) -> Page:
        return self.visitor.page

    def to(self, selector: str) -> None:
        """Move the focus on, with the tabulator, until it is there; where it is can be seen all the way."""
        wanted = self.page.locator(selector).first.element_handle()
        for _ in range(TABS):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("element => document.activeElement === element", wanted):
                width: str = self.page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
                assert width not in ("", "0px"), f"{selector}: the focus cannot be seen"
                return
        pytest.fail(f"{selector} is not reached by the keyboard")

    def press(self, selector: str, key: str = "Enter") -> None:
        self.to(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    def write(self, selector: str, text: str) -> None:
        self.to(selector)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, selector: str, beginning: str) -> None:
        self.to(selector)
        self.page.keyboard.type(beginning)

    def says(self, *texts: str) -> None:
        shown = self.page.inner_text("main")
        for text in texts:
            assert text in shown, f"{text!r} is not on the page:\n{shown}"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Federation]:
    with federation(tmp_path) as found:
        yield found


@pytest.mark.timeout(400)
def test_a_day_of_receiving(browser: Browser, running: Federation) -> None:
    running.clock.advance(hours=5, minutes=32, seconds=11)
    urgent = running.send(priority="hoa-toc", files={"Công điện số 03.pdf": signed_pdf(*URGENT)})
    with visiting(browser, running.url) as visitor:
        clerk = Keyboard(visitor)
        visitor.go("/")
        # 1. a red row, the legal time of receipt, half an hour
        assert visitor.page.inner_text("tr.is-hoa-toc .countdown") == "còn 30 phút"
        assert visitor.page.get_attribute("tr.is-hoa-toc time", "datetime") == "2026-03-02T13:32:11+07:00"
        clerk.press("tr.is-hoa-toc .subject a")
        # 2. the verdict
        clerk.press("#standing a")
        clerk.says("Thay văn bản giấy", "Phạm Văn Hải", "Phó Chủ tịch", "phủ toàn bộ tệp: có", "không bị thu hồi")
        clerk.press(".crumbs li:nth-child(2) a")
        # 3. accepted on one screen; 03 leaves
        clerk.press("a:text-is('Tiếp nhận')")
        assert visitor.page.input_value("#number") == "1"
        running.clock.advance(minutes=2)
        clerk.write("#unit", "Chủ tịch UBND xã")
        clerk.press("button:text-is('Tiếp nhận và báo bên gửi (03)')")
        clerk.says("số đến 1/2026")
        assert running.status_at_sender(urgent) == "03"
        # 4. assigned, started, done
        clerk.write("#person", "Đỗ Minh Quân")
        clerk.press("button:text-is('Báo trạng thái')")
        assert "Chuyển: Đỗ Minh Quân" in visitor.page.inner_text(".stamp")
        for code in ("05", "06"):
            clerk.to("input[name=status]:checked")
            while not visitor.page.is_checked(f"input[value='{code}']"):
                visitor.page.keyboard.press("ArrowDown")
            clerk.press("button:text-is('Báo trạng thái')")
        assert running.status_at_sender(urgent) == "06"
        _refuse_what_went_astray(clerk, running)
        _confirm_a_recall(clerk, running)
        _refuse_a_revoked_seal(clerk, running)
        # 8. nothing is left
        visitor.go("/inbox")
        clerk.says("4/TB-UBND")  # the recall itself is a letter, and waits to be registered
        clerk.to("tbody input[name=id]")
        visitor.page.keyboard.press("Space")
        clerk.press("button:text-is('Tiếp nhận các văn bản đã chọn')")
        visitor.go("/inbox")
        clerk.says("Không còn văn bản nào chờ tiếp nhận")
        visitor.check()


def _refuse_what_went_astray(clerk: Keyboard, running: Federation) -> None:
    """5. A letter that another commune should have got."""
    astray = running.send(number=7, notation="GM-UBND", type="Giấy mời", subject="Mời họp")
    clerk.visitor.go("/inbox")
    clerk.press("tbody .subject a")
    clerk.press("a:text-is('Từ chối…')")
    clerk.choose("#reason", "LD01")
    clerk.write("#text", "Văn bản này của xã An Ninh Tây")
    clerk.press("button:text-is('Từ chối và báo bên gửi (02)')")
    clerk.says("Đã từ chối tiếp nhận", "LD01: Văn bản này của xã An Ninh Tây")
    assert running.status_at_sender(astray) == "02"


def _confirm_a_recall(clerk: Keyboard, running: Federation) -> None:
    """6. A letter accepted yesterday is recalled: who opened it is shown, the line is struck through."""
    old = running.send(number=18, notation="KH-UBND", type="Kế hoạch", subject="Kế hoạch diễn tập")
    clerk.visitor.go(f"/inbox/{old}/{COMMUNE}/accept")
    clerk.press("button:text-is('Tiếp nhận và báo bên gửi (03)')")
    running.clock.advance(days=1)
    running.recall(old)
    clerk.visitor.go("/inbox?pile=recalled")
    clerk.press("tbody .subject a")
    clerk.says("Văn bản bị thu hồi", "Đã có người mở văn bản: van-thu")
    clerk.press("#answer button")
    clerk.says("Bên gửi được báo trạng thái 15")
    running.settle()
    (cancelled,) = running.home.views.show(old).cancelling
    assert cancelled.cancelled_at is not None and cancelled.opened_at is not None
    assert [line.struck for line in running.register_lines()] == [False, True]


def _refuse_a_revoked_seal(clerk: Keyboard, running: Federation) -> None:
    """7. The agency's certificate had been revoked."""
    content = signed_pdf("8/CĐ-UBND", *URGENT[1:], revoked=True)
    bad = running.send(number=8, files={"Công điện số 08.pdf": content})
    clerk.visitor.go("/inbox?pile=signature")
    clerk.press("tbody .subject a")
    clerk.says("Chỉ để biết, tham khảo")
    clerk.press("#standing a")
    clerk.says("CHỨNG THƯ BỊ THU HỒI", "đã bị thu hồi", "LD02")
    clerk.visitor.go(f"/inbox/{bad}/{COMMUNE}/refuse")
    clerk.choose("#reason", "LD02")
    clerk.write("#text", "Chứng thư của cơ quan đã bị thu hồi")
    clerk.press("button:text-is('Từ chối và báo bên gửi (02)')")
    assert running.status_at_sender(bad) == "02"
