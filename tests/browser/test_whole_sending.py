"""A day of the clerk who sends, from the first look at the desk to the lines of the register (docs/clerk.md)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from exchange_axis.domain.notice import CAME, REMINDER
from exchange_axis.domain.registers import Book
from exchange_axis.node.register_lines import Span
from exchange_axis.node.service import Node
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_trust import load_trust
from tests.browser.driver import Visitor, visiting
from tests.browser.federation import COMMUNE, FINANCE, OFFICE
from tests.browser.signed import commune_pdf
from tests.browser.test_sending import begin, choose, put_files
from tests.browser.whole import HOMEAFFAIRS, Whole, whole

CLERK = "hoa"
SHEET = """UBND XÃ AN NINH ĐÔNG \\
Số: {number}/BC-UBND \\
An Ninh Đông, ngày 02 tháng 3 năm 2026 \\
*BÁO CÁO* \\
Tình hình thiệt hại do áp thấp nhiệt đới
"""
SIGNED_AT = datetime(2026, 3, 2, 1, 2, tzinfo=UTC)
"""08:02 in Vietnam."""


def report(number: int) -> bytes:
    return commune_pdf(SHEET.format(number=number), at=SIGNED_AT)


def annex() -> bytes:
    return commune_pdf("Phụ lục I. Diện tích bị ngập", photographs=400_000)


@pytest.mark.prove
@pytest.mark.timeout(400)
def test_a_day_of_sending(browser: Browser, tmp_path: Path) -> None:
    with whole(tmp_path) as running, visiting(browser, running.url) as clerk:
        clerk.page.set_default_timeout(30_000)
        begin_the_day(running, clerk, yesterday(running))
        write(running, clerk)
        sent = send_on_a_line_that_breaks(running, clerk)
        follow(running, clerk, sent)
        be_reminded(running, clerk, sent, amend(running, clerk, sent))
        end_the_day(running, clerk)
        prove_it(running, clerk, sent)


def yesterday(running: Whole) -> str:
    """What the top bar has to tell: one refused, one with an answer due (its id), two of the most urgent."""
    refused = written(running, 55, FINANCE)
    running.home.clerk.refuse(refused, reason="LD04", text="thiếu biểu số 2", actor="Lộc", agency=FINANCE)
    due = running.send(number=12, notation="UBND-VX", subject="V/v báo cáo", type="Công văn", due_date="2026-03-02")
    running.desk.clerk.accept(due, actor=CLERK, agency=COMMUNE)
    running.settle()
    for number in (3, 4):
        running.send(number=number, priority="hoa-toc")
    return due


def written(running: Whole, number: int, to: str) -> str:
    """A letter of the day before, without a browser."""
    form = {
        "from": COMMUNE, "to": [to], "number": str(number), "notation": "BC-UBND", "date": "2026-03-01",
        "subject": "Báo cáo", "type": "Báo cáo", "signer": {"name": "Bùi Thanh Tùng", "position": "Chủ tịch"},
    }  # fmt: skip
    drafts = running.desk.drafts
    row, data = drafts.begin(COMMUNE, owner=CLERK, form=form), b"%PDF-1.7\n%%EOF\n"
    drafts.files.append(drafts.files.begin(row.id, name="bao-cao.pdf", length=len(data)).id, data, offset=0)
    sent = drafts.send(row.id, version=1, actor=CLERK).consignment_id
    running.settle()
    return sent


def begin_the_day(running: Whole, clerk: Visitor, due: str) -> None:
    """1. What burns, in the top bar; the line is slow, because what is queued did not go at the first try."""
    running.at(7, 10)
    running.short.down = True
    running.desk.clerk.report(due, code="05", actor=CLERK, agency=COMMUNE)
    running.push()
    running.at(7, 15)
    running.enter(clerk, CLERK, "/inbox")
    bar = " ".join(clerk.page.inner_text(".burning").split())
    for said in ("2 hỏa tốc đang chờ", "3 đến hạn hôm nay", "1 văn bản đi bị từ chối", "đường truyền chậm", "12 ngày"):
        assert said in bar, bar
    running.short.down = False
    running.settle()


def write(running: Whole, clerk: Visitor) -> None:
    """2 to 4. Signed files; the fields come from them; a district that is closed, and who takes its place."""
    running.at(8, 10)
    page = clerk.page
    running.enter(clerk, CLERK, "/drafts")
    begin(clerk)
    put_files(clerk, ("Báo cáo 57.pdf", report(57)), ("Phụ lục I.pdf", annex()))
    assert "Bùi Thanh Tùng" in page.inner_text("#read")
    page.click("text=Dùng các giá trị này")
    fields = {"number": "57", "notation": "BC-UBND", "date": "2026-03-02", "signer_name": "Bùi Thanh Tùng"}
    assert {name: page.input_value(f"#{name}") for name in fields} == fields
    assert "thiệt hại do áp thấp" in page.input_value("#subject")
    page.fill("#q", "tuy an")
    page.press("#q", "Enter")
    page.wait_for_selector("#found button")
    found = page.inner_text("#found")
    assert "UBND huyện Tuy An" in found and "Đóng từ 01/07/2025" in found and "đơn vị kế thừa" in found
    with page.expect_navigation():
        page.click("text=Thêm đơn vị kế thừa")
    for words in ("so noi vu", "so tai chinh"):
        choose(clerk, words)
    assert [code for code in (OFFICE, HOMEAFFAIRS, FINANCE) if code in page.inner_text(".chosen")] == [
        OFFICE, HOMEAFFAIRS, FINANCE,
    ]  # fmt: skip
    page.select_option("#priority", "khan")
    assert page.input_value("#paper") == "" and page.input_value("#due_date") == ""
    page.fill("#copies", "1")
    page.click("text=Lưu và kiểm tra")


def send_on_a_line_that_breaks(running: Whole, clerk: Visitor) -> str:
    """5. One amber, of the seal; the line breaks at 60 %; what arrived is not sent again; the receipt says how long."""
    page = clerk.page
    rows = page.locator("tbody tr").all_inner_texts()
    assert not page.locator("tr.is-bad").count()
    assert any("Chứng thư con dấu còn 12 ngày" in row and "Cần xem" in row for row in rows), rows
    running.at(8, 21)
    press_send(running, page)
    sent = page.url.rpartition("/")[2]
    size = len(report(57)) + len(annex())
    running.short.cuts_up = [int(size * 0.6), *[0] * 50]
    running.short.passed_up = 0
    running.push()
    page.reload()
    assert "chưa có biên nhận của trục" in page.inner_text("main")
    assert "chậm" in page.inner_text(".burning")
    assert "Đang chuyển" not in page.inner_text("main")
    running.short.cuts_up = []
    running.at(8, 23)
    running.settle()
    assert size * 0.6 < running.short.passed_up < size * 1.3, "what had arrived was not sent again"
    page.reload()
    assert "Trục đã nhận và ký biên nhận." in page.inner_text("main")
    assert "Phát hành đúng hạn Biên nhận của trục sau 21 phút" in " ".join(page.inner_text("#k1").split())
    return sent


def press_send(running: Whole, page: Page) -> None:
    """It goes out under the seal: the code of the telephone is asked for once more."""
    send = "main button:has-text('Gửi văn bản')"
    page.click(send)
    page.wait_for_url(lambda url: "/sent/" in url or "/login/factor" in url)
    if "/login/factor" in page.url:
        running.prove(page, CLERK)
        page.dblclick(send)
    page.wait_for_url("**/sent/*")


def follow(running: Whole, clerk: Visitor, sent: str) -> None:
    """6. One row a recipient: arrived, and accepted where it was."""
    running.at(8, 40)
    running.home.clerk.accept(sent, actor="Hải", agency=OFFICE)
    running.settle()
    running.enter(clerk, CLERK, f"/sent/{sent}")
    rows = by_recipient(clerk.page)
    assert "Đã tiếp nhận" in rows["Văn phòng"] and "08:23" in rows["Văn phòng"] and "08:40" in rows["Văn phòng"]
    assert "Đã đến" in rows["Sở Nội vụ"] and "Đã đến" in rows["Sở Tài chính"]


def by_recipient(page: Page) -> dict[str, str]:
    texts = [" ".join(text.split()) for text in page.locator("tbody tr").all_inner_texts()]
    return {name: text for name in ("Văn phòng", "Sở Nội vụ", "Sở Tài chính") for text in texts if name in text}


def amend(running: Whole, clerk: Visitor, sent: str) -> str:
    """7. One refuses for want of an annex; the packet that mends it is an update, and the others are asked to agree."""
    running.at(10, 5)
    page = clerk.page
    running.home.clerk.refuse(sent, reason="LD04", text="thiếu Phụ lục II", actor="Lộc", agency=FINANCE)
    running.settle()
    running.enter(clerk, CLERK, f"/sent/{sent}")
    assert "Bị từ chối" in by_recipient(page)["Sở Tài chính"] and "thiếu Phụ lục II" in page.inner_text("table")
    page.click("text=Cập nhật")
    assert "Báo cáo 57.pdf" in page.inner_text("#files") and page.input_value("#number") == "57"
    put_files(clerk, ("Phụ lục II.pdf", commune_pdf("Phụ lục II. Nhà bị tốc mái")))
    page.fill("#reason", "Bổ sung Phụ lục II")
    page.click("text=Lưu và kiểm tra")
    press_send(running, page)
    running.settle()
    update = page.url.rpartition("/")[2]
    page.goto(f"{running.url}/sent/{sent}")
    assert "Văn bản tiếp theo" in page.inner_text("main")
    assert "chờ trả lời" in by_recipient(page)["Văn phòng"]
    running.home.clerk.consent(sent, actor="Hải", agency=OFFICE)
    running.settle()
    page.reload()
    assert "Theo bản cập nhật" in by_recipient(page)["Văn phòng"]
    arrived = running.home.views.received(agency=FINANCE)
    assert sorted(line.consignment_id for line in arrived if line.consignment_id in (sent, update)) == sorted(
        (sent, update)
    )
    return update


def be_reminded(running: Whole, clerk: Visitor, sent: str, update: str) -> None:
    """8. The hub reminds the one that has said nothing, by itself; then it accepts, and the sender is told why."""
    running.at(15, 0)
    running.settle()
    running.settle()
    assert f"{REMINDER}no-02-or-03" in notices(running.home, update)
    running.enter(clerk, CLERK, f"/sent/{update}")
    row = by_recipient(clerk.page)["Sở Nội vụ"]
    assert "Đã đến" in row and "15:00 02/03 Trục tự nhắc nơi nhận: còn nợ tiếp nhận (03) hoặc từ chối (02)" in row
    running.at(15, 20)
    for one in (sent, update):
        running.home.clerk.accept(one, actor="Nga", agency=HOMEAFFAIRS)
    running.settle()
    running.settle()
    assert f"{CAME}no-02-or-03" in notices(running.desk, update)
    running.enter(clerk, CLERK, f"/sent/{update}")
    assert "Đã tiếp nhận" in by_recipient(clerk.page)["Sở Nội vụ"]
    assert "15:20" in by_recipient(clerk.page)["Sở Nội vụ"]


def notices(node: Node, letter: str) -> list[str]:
    return [event.what for event in node.views.show(letter).timeline if event.kind == "notice"]


def end_the_day(running: Whole, clerk: Visitor) -> None:
    """9. The lines of the day in the register of what went out."""
    running.at(16, 45)
    day = "first=2026-03-02&last=2026-03-02"
    running.enter(clerk, CLERK, f"/registers?agency={COMMUNE}&{day}")
    lines = clerk.page.locator("table.book tbody tr").all_inner_texts()
    assert len(lines) == 3 and ["57/BC-UBND" in line for line in lines].count(True) == 2, lines
    clerk.check()
    for kind, start in (("pdf", b"%PDF"), ("xlsx", b"PK")):
        answer = clerk.page.request.get(f"{running.url}/registers.{kind}?agency={COMMUNE}&{day}")
        assert answer.body().startswith(start)


def prove_it(running: Whole, clerk: Visitor, sent: str) -> None:
    """What the stores hold: sent once, delivered once to each, accepted by a receipt that verifies without the hub."""
    assert [line.title for line in running.desk.views.sent()].count("57/BC-UBND") == 2
    for code in (OFFICE, HOMEAFFAIRS, FINANCE):
        found = [line for line in running.home.views.received(agency=code) if line.consignment_id == sent]
        assert len(found) == 1
    with clerk.page.expect_download() as saved:
        clerk.go(f"/sent/{sent}")
        clerk.page.click("text=Hồ sơ chứng cứ")
    saved.value.save_as(running.folder / "ho-so.zip")
    trust = load_trust(running.stand.places.certificate("authority"))
    result = verify_file(running.folder / "ho-so.zip", Question(trust=trust))
    assert result.verdict.value == "accept", result
    lines = running.desk.registers.lines(Book.OUTGOING, Span(agency=COMMUNE, year=2026))
    assert [line.struck for line in lines].count(True) == 0
