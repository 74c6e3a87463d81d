"""A letter on its way out, and what went before it: for pictures of the sending pages."""

from __future__ import annotations

from playwright.sync_api import Browser

from exchange_axis.store.node.batches import BatchKind
from tests.browser.driver import Visitor, visiting
from tests.browser.federation import COMMUNE, FINANCE, OFFICE, Federation
from tests.browser.signed import signed_pdf
from tests.browser.test_sending import begin, choose, put_files

ACTOR = "van-thu"
REPORT = ("57/BC-UBND", "BÁO CÁO", "Tình hình thiệt hại do áp thấp nhiệt đới")


def sending_places(running: Federation, browser: Browser) -> list[tuple[str, str]]:
    """Name and address of every page."""
    with visiting(browser, running.url) as clerk:
        page = clerk.page
        begin(clerk)
        put_files(clerk, ("Báo cáo 57.pdf", signed_pdf(*REPORT)))
        first = page.url
        page.click("text=Dùng các giá trị này")
        for words in ("van phong ubnd", "so tai chinh"):
            choose(clerk, words)
        page.fill("#copies", "1")
        page.click("text=Lưu và kiểm tra")
        page.click("main button:has-text('Gửi văn bản')")
        page.wait_for_url("**/sent/*")
        running.settle()
        board = page.url
        answered(running, board.rpartition("/")[2])
        begin(clerk)
        put_files(clerk, ("Báo cáo 58.pdf", signed_pdf("58/BC-UBND", *REPORT[1:])))
        page.click("text=Dùng các giá trị này")
        choose(clerk, "van phong ubnd")
        filled = page.url.partition("#")[0]
        page.click("text=Lưu và kiểm tra")
        checked = page.url
        results = accepted_together(running, clerk)
        several = sent_together(running, first)
    found = {"draft": filled, "check": checked, "board": board}
    return [
        ("results", results),
        ("drafts", "/drafts"),
        *((name, url.removeprefix(running.url)) for name, url in found.items()),
        *several,
        ("sent", "/sent"),
        ("register", f"/registers?book=incoming&agency={COMMUNE}&year=2026"),
    ]


def answered(running: Federation, letter: str) -> None:
    """The office has accepted it; the department owes its answer, and was reminded of it."""
    running.home.clerk.accept(letter, actor="Hải", agency=OFFICE)
    running.desk.reminders.ask(letter, recipient=FINANCE, actor="Lê Thị Hoa")
    running.settle()


def accepted_together(running: Federation, clerk: Visitor) -> str:
    """Two letters accepted by one press; the address of what became of each."""
    subjects = ("V/v đăng ký tập huấn chuyển đổi số", "V/v báo cáo công tác tiếp công dân")
    sent = [
        running.send(number=21 + place, notation="UBND-VP", type="Công văn", subject=subject)
        for place, subject in enumerate(subjects)
    ]
    clerk.go("/inbox")
    for one in sent:
        clerk.page.check(f"input[value^='{one}']")
    clerk.page.click("form[action='/inbox/accept'] button")
    clerk.page.wait_for_url("**/inbox/results/*")
    return clerk.page.url.removeprefix(running.url)


def sent_together(running: Federation, sent: str) -> list[tuple[str, str]]:
    """Drafts chosen to go at once, and what became of two: one is sent, one lacks what a letter needs."""
    node, token = running.desk, "0f2b6c1e-3a57-4d3b-9a55-6f1b8d1c2e90"
    draft = node.drafts.begin(COMMUNE, owner=ACTOR, form={"number": "59", "notation": "BC-UBND", "to": [OFFICE]})
    chosen = [f"{sent.rpartition('/')[2]}@1", f"{draft.id}@1"]
    node.batches.begin(token, BatchKind.SEND, chosen, actor=ACTOR)
    node.batches.go_on(token, actor=ACTOR)
    asked = "&".join(f"id={row.id}" for row in node.drafts.open())
    return [("chosen", f"/drafts/chosen?{asked}"), ("sent-together", f"/drafts/results/{token}")]
