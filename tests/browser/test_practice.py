"""Practice mode in a real browser: a morning with sample agencies, of which the real side keeps no trace."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from pysqlite3 import dbapi2 as sqlite3

from exchange_axis.domain.people import Role
from exchange_axis.practice import cast
from exchange_axis.store.node.unit import DATABASE
from exchange_axis.web.desk.routes import DESK_TABLE
from tests.browser.driver import PHONE, Visitor, visiting
from tests.browser.server import serving
from tests.browser.test_sending import PAGE, begin, choose, put_files
from tests.practice.stand import House, house
from tests.signing import pdfs

PARTS = {path.split("/")[1] for _, path, _ in DESK_TABLE} - {""}
_ADDRESS = re.compile(r'(?:href|action|data-[a-z-]+)="(/[^"]*)"')
_called: list[object] = []
_listening: list[bool] = []


def _listen(event: str, given: tuple[object, ...]) -> None:
    if event == "socket.connect" and _listening:
        _called.append(given[1])


sys.addaudithook(_listen)


@pytest.fixture
def at_home(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as found:
        yield found


def everything_real(home: House) -> dict[str, int]:
    """How many rows each table has, of letters, registers and lines; people and their forms aside."""
    database = sqlite3.connect(f"file:{home.folder / DATABASE}?mode=ro", uri=True)
    try:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 # our own tables
            for name in names
            if not name.startswith("person")
        }
    finally:
        database.close()


def look(visitor: Visitor) -> None:
    """A page of practice says so, and nothing on it leads out but the one way out."""
    page = visitor.page
    assert page.url.removeprefix(visitor.base).startswith("/luyen-tap"), page.url
    assert page.title().startswith("LUYỆN TẬP · ")
    assert page.locator(".practice strong").is_visible()
    colour = page.locator(".practice").evaluate("band => getComputedStyle(band).backgroundColor")
    assert colour == "rgb(106, 27, 154)", "its own colour"
    real = {one for one in _ADDRESS.findall(page.content()) if one.split("/")[1].partition("?")[0] in {"", *PARTS}}
    assert real == {"/?that"}
    page.emulate_media(media="print")
    assert page.locator(".practice strong").is_visible(), "on paper too"
    page.emulate_media(media="screen")
    visitor.check()


@pytest.mark.prove
@pytest.mark.timeout(240)
def test_a_morning_of_practice_leaves_the_real_side_untouched(browser: Browser, at_home: House) -> None:
    entered, _ = at_home.people.settle("lan", Role.CLERK)
    with serving(at_home.app) as base, visiting(browser, base) as clerk:
        page = clerk.page
        page.set_default_timeout(60_000)
        cookie = f"axis-{at_home.node.world.settings.node_id}"
        page.context.add_cookies([{"name": cookie, "value": entered.token, "url": base}])
        _listening.append(True)
        clerk.go("/inbox")
        assert page.locator(".practice").count() == 0
        before = everything_real(at_home)
        page.click("nav >> text=Luyện tập")
        look(clerk)
        page.click("text=Vào luyện tập")
        page.wait_for_url("**/luyen-tap/inbox")
        look(clerk)
        assert page.locator("tbody tr").count() == 4
        see_verdicts(clerk)
        accept(clerk)
        refuse(clerk)
        board = send(clerk)
        at_home.clock.advance(seconds=61)
        page.goto(board)
        look(clerk)
        rows = {row.inner_text() for row in page.locator("tbody tr").all()}
        assert any("Văn phòng" in row and "Đã tiếp nhận" in row for row in rows), rows
        assert any("Sở Nội vụ" in row and "Thiếu Phụ lục II" in row for row in rows), rows
        clerk.go("/luyen-tap/inbox")
        text = page.inner_text("main")
        assert "3/CĐ-UBND" in text, "a most urgent letter has come meanwhile"
        assert "Thu hồi văn bản 18/KH-UBND" in text, "what was accepted is recalled"
        clerk.go("/luyen-tap/digest")
        look(clerk)
        assert "3/CĐ-UBND" in page.inner_text("#urgent")
        assert "Thiếu Phụ lục II" in page.inner_text("#refused")
        page.goto(board)
        page.click("summary:has-text('Sở Nội vụ')")
        assert "UBND tỉnh Mẫu" in page.inner_text("td details[open]"), "the card of the other side"
        recall(clerk, board)
        for path in ("/luyen-tap/registers?book=incoming", "/luyen-tap/inbox/nothing/LT.20", "/luyen-tap/nothing"):
            clerk.go(path)
            assert page.locator(".practice strong").is_visible()
        begin_anew(clerk)
        _listening.clear()
        assert (_called, at_home.woken) == ([], []), "no line was opened, no agent was woken"
    assert everything_real(at_home) == before
    assert cast.OWN not in at_home.node.world.settings.agencies


@pytest.mark.timeout(120)
def test_practice_on_a_phone_without_scripts(browser: Browser, at_home: House) -> None:
    entered, _ = at_home.people.settle("lan", Role.CLERK)
    phone = {"language": "en", "dark": True, "size": PHONE, "scripts": False}
    with serving(at_home.app) as base, visiting(browser, base, **phone) as clerk:  # type: ignore[arg-type]
        page = clerk.page
        page.set_default_timeout(60_000)
        cookie = f"axis-{at_home.node.world.settings.node_id}"
        page.context.add_cookies([{"name": cookie, "value": entered.token, "url": base}])
        clerk.go("/luyen-tap")
        page.click("main button")
        page.wait_for_url("**/luyen-tap/inbox")
        accept(clerk)
        refuse(clerk)


def see_verdicts(clerk: Visitor) -> None:
    page = clerk.page
    for title, said in (("112/STC-QLNS", "HỢP LỆ"), ("113/STC-QLNS", "KHÔNG TOÀN VẸN")):
        page.click(f"text={title}")
        page.goto(f"{page.url}/verdict")
        look(clerk)
        assert said in page.inner_text("main")
        clerk.go("/luyen-tap/inbox")


def accept(clerk: Visitor) -> None:
    page = clerk.page
    page.click("text=18/KH-UBND")
    page.click("main a.button.is-primary")
    page.click("main button.is-primary")
    page.wait_for_url("**done=03")


def refuse(clerk: Visitor) -> None:
    page = clerk.page
    clerk.go("/luyen-tap/inbox")
    page.click("text=7/GM-SNV")
    page.click("main a.button.is-danger")
    page.select_option("select", "LD01")
    page.fill("textarea", "Giấy mời của UBND xã Láng Giềng")
    page.click("main button.is-danger")
    page.wait_for_url("**done=02")


def send(clerk: Visitor) -> str:
    """To one who accepts and one who refuses; the board's address."""
    page = clerk.page
    inside = Visitor(page=page, base=f"{clerk.base}/luyen-tap")
    begin(inside)
    put_files(inside, ("bao-cao.pdf", pdfs.page(PAGE)))
    page.click("text=Dùng các giá trị này")
    choose(inside, "van phong")
    choose(inside, "noi vu")
    for name, text in {"copies": "1", "signer_name": "Người ký mẫu", "signer_position": "Chủ tịch"}.items():
        page.fill(f"#{name}", text)
    look(clerk)
    page.click("text=Lưu và kiểm tra")
    look(clerk)
    assert page.locator("main button:has-text('Gửi văn bản')").count(), page.inner_text("main")
    page.click("main button:has-text('Gửi văn bản')")
    page.wait_for_url("**/luyen-tap/sent/*")
    return page.url


def recall(clerk: Visitor, board: str) -> None:
    page = clerk.page
    page.goto(board)
    page.click("main button:has-text('Thu hồi')")
    page.wait_for_url("**/luyen-tap/drafts/*")
    written = {"number": "58", "notation": "TB-UBND", "date": "2026-03-03", "reason": "Ban hành nhầm dự thảo"}
    for name, text in written.items():
        page.fill(f"#{name}", text)
    page.click("text=Lưu và kiểm tra")
    assert page.locator("main button:has-text('Gửi văn bản')").count(), page.inner_text("main")
    page.click("main button:has-text('Gửi văn bản')")
    page.wait_for_url("**/luyen-tap/sent/*")


def begin_anew(clerk: Visitor) -> None:
    page = clerk.page
    clerk.go("/luyen-tap")
    page.click("summary:has-text('Làm lại từ đầu')")
    page.click("button:has-text('Xóa và làm lại từ đầu')")
    page.wait_for_url("**/luyen-tap/inbox")
    assert page.locator("tbody tr").count() == 4
