"""Sending in a browser, against a running hub and two nodes: the clerk's journey, with and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.driver import Visitor, visiting
from tests.browser.federation import COMMUNE, OFFICE, Federation, federation
from tests.signing import pdfs

CLERK = "van-thu"
PAGE = """#set page(margin: 2cm)
UBND XÃ AN NINH ĐÔNG \\
Số: 57/BC-UBND \\
An Ninh Đông, ngày 02 tháng 3 năm 2026 \\
*BÁO CÁO* \\
Tình hình thiệt hại do áp thấp nhiệt đới
"""


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Federation]:
    with federation(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def signed() -> bytes:
    pki = pdfs.PdfPki()

    def sign() -> bytes:
        return pdfs.sign(pdfs.sign(pdfs.page(PAGE), pki.person(), name="Nguoi ky"), pki.agency(), name="Co quan")

    with ThreadPoolExecutor(1) as pool:  # the browser's thread runs a loop, and signing runs one too
        return pool.submit(sign).result()


def begin(clerk: Visitor) -> None:
    clerk.go("/drafts")
    if clerk.page.query_selector("select[name=agency]"):
        clerk.page.select_option("select[name=agency]", COMMUNE)
    clerk.page.click("text=Soạn văn bản mới")
    clerk.page.wait_for_selector("#files")


def put_files(clerk: Visitor, *files: tuple[str, bytes]) -> None:
    given = [{"name": name, "mimeType": "application/pdf", "buffer": data} for name, data in files]
    clerk.page.set_input_files("#file", given)  # type: ignore[arg-type]
    with clerk.page.expect_navigation(wait_until="load", timeout=30_000):
        clerk.page.click("#upload button")


def choose(clerk: Visitor, text: str) -> None:
    clerk.page.fill("#q", text)
    clerk.page.press("#q", "Enter")
    clerk.page.wait_for_selector("#found button")
    with clerk.page.expect_navigation():
        clerk.page.click("#found button >> nth=0")


@pytest.mark.parametrize("scripts", [True, False])
def test_from_signed_files_to_the_receipt(
    browser: Browser, running: Federation, signed: bytes, *, scripts: bool
) -> None:
    """§12.1: files in, fields read, recipients by a few letters, the list, sent, followed."""
    with visiting(browser, running.url, scripts=scripts) as clerk:
        pages: list[str] = []
        clerk.page.on("request", lambda one: pages.append(one.method) if one.is_navigation_request() else None)
        begin(clerk)
        put_files(clerk, ("bao-cao.pdf", signed), ("phu-luc.pdf", pdfs.page("Phụ lục I")))
        assert "57" in clerk.page.inner_text("#read")
        clerk.page.click("text=Dùng các giá trị này")
        assert clerk.page.input_value("#number") == "57"
        assert clerk.page.input_value("#notation") == "BC-UBND"
        assert clerk.page.input_value("#date") == "2026-03-02"
        choose(clerk, "van phong ubnd")
        assert OFFICE in clerk.page.inner_text(".chosen")
        clerk.page.fill("#copies", "1")
        clerk.page.click("text=Lưu và kiểm tra")
        table = clerk.page.inner_text("table")
        assert "Chữ ký cơ quan trên phụ lục tách rời" in table
        assert "Cần xem" in table
        clerk.page.click("main button:has-text('Gửi văn bản')")
        clerk.page.wait_for_url("**/sent/*")
        # Two minutes for an ordinary letter: so few forms and pages, on a line that takes seconds for each.
        assert pages.count("POST") <= (5 if scripts else 6)
        assert len(pages) <= (13 if scripts else 14)
        assert "57/BC-UBND" in clerk.page.inner_text("h1")
        assert "chưa có biên nhận của trục" in clerk.page.inner_text("main")
        running.clock.advance(minutes=21)
        running.settle()
        clerk.page.reload()
        assert "Trục đã nhận và ký biên nhận." in clerk.page.inner_text("main")
        assert "Phát hành đúng hạn Biên nhận của trục sau 21 phút" in clerk.page.inner_text("#k1")
        assert "Đã đến" in clerk.page.inner_text("table")
        (line,) = running.home.views.received(agency=OFFICE)
        assert line.title == "57/BC-UBND"
        clerk.page.go_back()
        clerk.page.go_back()
        assert len(running.desk.views.sent()) == 1


def test_what_is_typed_is_saved_by_itself_and_an_upload_goes_on_after_a_reload(
    browser: Browser, running: Federation
) -> None:
    big = b"%PDF-1.7\n" + b"0" * 3_000_000 + b"\n%%EOF\n"
    with visiting(browser, running.url) as clerk:
        begin(clerk)
        clerk.page.fill("#subject", "Báo cáo nhanh")
        clerk.page.locator("#save-state", has_text="Đã tự lưu").wait_for()
        clerk.page.reload()
        assert clerk.page.input_value("#subject") == "Báo cáo nhanh"
        pieces: list[str] = []

        def cut(route: object, request: object) -> None:
            pieces.append(request.url)  # type: ignore[attr-defined]
            route.abort() if len(pieces) > 1 else route.continue_()  # type: ignore[attr-defined]

        clerk.page.route("**/uploads/*", cut)
        clerk.page.set_input_files("#file", {"name": "lon.pdf", "mimeType": "application/pdf", "buffer": big})
        clerk.page.click("#upload button")
        clerk.page.locator("#upload-state", has_text="Mất kết nối").wait_for()
        clerk.page.unroute("**/uploads/*")
        clerk.page.reload()
        assert "chọn lại đúng tệp này để tải tiếp" in clerk.page.inner_text("#files")
        begun = len(pieces)
        clerk.page.on("request", lambda request: pieces.append(request.url) if "/uploads/" in request.url else None)
        put_files(clerk, ("lon.pdf", big))
        assert len(pieces) - begun == 2, "the first of three pieces was not sent again"
        (row,) = running.desk.drafts.open()
        (file,) = running.desk.drafts.get(row.id).files
        with running.desk.world.blobs.open(file.sha256 or "") as blob:
            assert b"".join(blob.chunks()) == big


def test_a_refused_letter_is_mended_from_its_board(browser: Browser, running: Federation) -> None:
    with visiting(browser, running.url) as clerk:
        draft = _sent_letter(running)
        received = running.home.views.received(agency=OFFICE)[0]
        running.home.clerk.refuse(received.consignment_id, reason="LD04", text="thiếu Phụ lục II", actor="Hoa")
        running.settle()
        clerk.go(f"/sent/{draft}")
        clerk.check()
        assert "thiếu Phụ lục II" in clerk.page.inner_text("table")
        clerk.page.click("text=Sửa và gửi lại nơi từ chối")
        assert clerk.page.input_value("#number") == "57"
        assert "bao-cao.pdf" in clerk.page.inner_text("#files")
        put_files(clerk, ("Phụ lục II.pdf", pdfs.page("Phụ lục II")))
        clerk.page.click("main button:has-text('4. Kiểm tra và gửi')")
        clerk.page.dblclick("main button:has-text('Gửi văn bản')")
        clerk.page.wait_for_url("**/sent/*")
        running.settle()
        assert len(running.home.views.received(agency=OFFICE)) == 2


def test_the_registers_are_written_in_printed_and_taken_along(browser: Browser, running: Federation) -> None:
    _sent_letter(running)
    with visiting(browser, running.url, scripts=False) as clerk:
        clerk.go(f"/registers?agency={COMMUNE}")
        assert "57/BC-UBND" in clerk.page.inner_text("table")
        clerk.page.click("td >> text=Sửa")
        clerk.page.fill("#cell-holder", "Lưu: VT")
        clerk.page.click("#edit button")
        clerk.go(f"/registers?agency={COMMUNE}")
        assert "Lưu: VT" in clerk.page.inner_text("table")
        clerk.go(f"/registers?book=incoming&agency={COMMUNE}")
        clerk.page.click("text=Ghi văn bản giấy")
        clerk.page.fill("#cell-author", "Trường THCS An Ninh")
        clerk.page.click("text=Ghi vào sổ")
        assert "Trường THCS An Ninh" in clerk.page.inner_text("table")
        for kind, start in (("pdf", b"%PDF"), ("xlsx", b"PK")):
            answer = clerk.page.request.get(f"{running.url}/registers.{kind}?book=incoming&agency={COMMUNE}")
            assert answer.body().startswith(start)
        assert not [path for path in running.desk.world.settings.staging.iterdir() if path.name.startswith("sheet-")]


def _form() -> dict[str, object]:
    return {
        "from": COMMUNE,
        "to": [OFFICE],
        "number": "57",
        "notation": "BC-UBND",
        "date": "2026-03-02",
        "subject": "Tình hình thiệt hại do áp thấp nhiệt đới",
        "type": "Báo cáo",
        "signer": {"name": "Bùi Thanh Tùng", "position": "Chủ tịch"},
    }


def _sent_letter(running: Federation) -> str:
    row = running.desk.drafts.begin(COMMUNE, owner=CLERK, form=_form())
    data = b"%PDF-1.7\n%%EOF\n"
    file = running.desk.drafts.files.begin(row.id, name="bao-cao.pdf", length=len(data))
    running.desk.drafts.files.append(file.id, data, offset=0)
    receipt = running.desk.drafts.send(row.id, version=1, actor=CLERK)
    running.settle()
    return receipt.consignment_id
