"""One inspection from the board to the file that is taken away and checked on another computer (R86 to R96, R99).

Behind the door of the console, over the letters of a federation that is running: two provinces below a national hub.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, date
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from exchange_axis.domain.apology import ApologyLetter
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.web.console.public import public_application
from signing.xades import verify_enveloped
from tests.browser.beyond import NEIGHBOUR
from tests.browser.driver import Visitor, visiting
from tests.browser.federation import COMMUNE, DESK, FINANCE, OTHER
from tests.browser.server import serving
from tests.browser.test_whole_sending import written
from tests.browser.whole import AGENCIES, HOMEAFFAIRS, HUBS, NODES, VENDORS, Whole, whole
from tests.hub.timed import moment

REASON = "Kiểm tra theo QĐ 12/QĐ-TTr"
APOLOGY = "https://coquan.example/xin-loi/12"
PERIOD = "unit=quarter-15&day=2026-03-02"
MONTH = "unit=month&day=2026-03-02"
AUDITOR, OFFICER = "thanh-tra", "an-ninh"
LETTER = b"%PDF-1.7 cong van 1234\n%%EOF\n"
OWING = (COMMUNE, OTHER, FINANCE, HOMEAFFAIRS)
NEW_NAME = "UBND xã Tuy An Đông"
ROUTE = [DESK, "hub-a", "hub-top", "hub-b"]


@pytest.mark.prove
@pytest.mark.timeout(400)
def test_an_inspection(browser: Browser, tmp_path: Path) -> None:
    with whole(tmp_path, nation=True) as running:
        asked_about = a_month(running)
        trust = trust_folder(running, tmp_path / "trust")
        with visiting(browser, running.console) as auditor:
            auditor.page.set_default_timeout(30_000)
            running.enter(auditor, AUDITOR, f"/auditor/indicators?{MONTH}")
            drill(auditor)
            ask_by_number(auditor)
            follow_the_route(auditor)
            compare(auditor, tmp_path)
            dossier = take_dossier(auditor, asked_about, tmp_path)
            see_overdue(auditor, running, tmp_path, trust)
            take_form(auditor, running, tmp_path)
        who_looked(browser, running, asked_about)
    told = verified(dossier, trust)
    assert (told["verdict"], told["reason"]) == ("accept", "ok"), told["findings"]
    spoiled = tmp_path / "spoiled.zip"
    data = bytearray(dossier.read_bytes())
    data[len(data) // 2] ^= 1
    spoiled.write_bytes(bytes(data))
    assert verified(spoiled, trust)["verdict"] == "reject"


def a_month(running: Whole) -> str:
    """The letter that is asked about (its id); one from the commune to the other province; four that were to be
    answered and were not, three of them apologised for; and the commune gets another name."""
    running.at(8, 0)
    asked_about = running.send(
        COMMUNE, number=1234, notation="UBND-NC", type="Công văn", subject="V/v kiểm tra đê điều",
        files={"1234.pdf": LETTER},
    )  # fmt: skip
    running.desk.clerk.accept(asked_about, actor="hoa", agency=COMMUNE)
    running.clock.advance(hours=1)
    running.desk.clerk.report(asked_about, code="06", actor="hoa", agency=COMMUNE)
    running.settle()
    send_to_the_other_province(running)
    for place, agency in enumerate(OWING):
        late = running.send(agency, number=71 + place, notation="BC-UBND", type="Báo cáo", due_date="2026-03-03")
        node = running.desk if agency in (COMMUNE, OTHER) else running.home
        node.clerk.accept(late, actor="hoa", agency=agency)
    running.settle()
    running.clock.at = moment("2026-03-10 08:00").astimezone(UTC)
    running.settle()
    letter = ApologyLetter(number="12/XL-UBND", day=date(2026, 3, 9), link=APOLOGY)
    for place, agency in enumerate(OWING[:3]):
        running.hub.apologies.record(f"{71 + place}/BC-UBND", recipient=agency, letter=letter, actor="vận hành")
    renamed = [replace(one, name=NEW_NAME) if one.code == COMMUNE else one for one in AGENCIES]
    directory = Directory.of(renamed, HUBS, NODES)
    running.hub.directory.adopt(directory, to_toml(directory), actor="test")
    running.settle()
    return asked_about


def send_to_the_other_province(running: Whole) -> None:
    """Over three hubs, and accepted there an hour later."""
    assert running.beyond is not None
    across = written(running, 88, NEIGHBOUR)
    running.settle()
    running.clock.advance(hours=1)
    running.beyond.node.clerk.accept(across, actor="Ngọc", agency=NEIGHBOUR)
    for _ in range(2):
        running.settle()


def drill(auditor: Visitor) -> None:
    """1. The board of the period: in time, the same day, completed; the weakest agencies, and their vendor."""
    page = auditor.page
    auditor.check()
    for code, share in (("I6", "%"), ("I7", "%"), ("I9b", "16,7 %")):
        row = page.locator("tr", has=page.locator("code", has_text=re.compile(f"^{code}$")))
        assert share in row.inner_text(), row.inner_text()
    auditor.go(f"/auditor/indicators?{MONTH}&side=reader&by=agency&sort=completed#compare")
    weakest = page.locator("#compare tbody tr").all_inner_texts()
    assert len(weakest) == len({*OWING, NEIGHBOUR}) and COMMUNE in weakest[-1], weakest
    page.click("#compare .tabs a:has-text('Nhà cung cấp')")
    by_vendor = page.inner_text("#compare table")
    assert VENDORS[DESK] in by_vendor
    auditor.go(f"/auditor/indicators?{MONTH}")
    page.locator("tr", has=page.locator("code", has_text=re.compile("^I2$"))).locator("a").click()
    page.wait_for_url(re.compile("behind"))
    assert page.locator("tbody tr").count() == 2 + len(OWING)
    auditor.check()


def ask_by_number(auditor: Visitor) -> None:
    """2. Was 1234 received, and when did they act? One letter, one delivery, its receipts; its name then and now."""
    page = auditor.page
    auditor.go("/auditor")
    page.fill("#text", "1234/UBND-NC")
    page.press("#text", "Enter")
    (row,) = page.locator("tbody tr").all_inner_texts()
    assert "UBND xã An Ninh Đông" in row and NEW_NAME in row
    page.click("td a:has-text('1234/UBND-NC')")
    auditor.check()
    said = page.inner_text("main")
    assert "Đã vào hệ thống nơi nhận" in said and "Nơi nhận đã hoàn thành" in said and "09:00" in said
    assert "UBND xã An Ninh Đông" in said and f"nay là {NEW_NAME}" in " ".join(said.split())
    assert "đã có chứng minh trong nhật ký" in said


def follow_the_route(auditor: Visitor) -> None:
    """2, of a letter to another province: every hub on its way, what each sealed and when, all checked at a press."""
    page = auditor.page
    auditor.go("/auditor")
    page.fill("#text", "88/BC-UBND")
    page.press("#text", "Enter")
    page.click("td a:has-text('88/BC-UBND')")
    assert page.locator("td[data-label='Đường đi'] code").all_inner_texts() == ROUTE
    moments = [" ".join(text.split()) for text in page.locator(".timeline > li").all_inner_texts()]
    assert [hub for hub in ROUTE[1:] if not any(f"trục {hub} " in text for text in moments)] == []
    assert any("Nơi nhận" in text and "10:00" in text for text in moments), moments
    page.fill("#reason", "Xác minh đường đi của văn bản")
    page.click("button:has-text('Kiểm tra ngay')")
    assert "biên nhận, con dấu và nhật ký đều khớp" in page.inner_text("[role=status]"), page.inner_text("main")
    auditor.check()


def compare(auditor: Visitor, folder: Path) -> None:
    """3. The same file byte for byte; of a scan only the number is the same, and that is flagged."""
    (folder / "same.pdf").write_bytes(LETTER)
    (folder / "scan.pdf").write_bytes(LETTER + b"another print of it")
    page = auditor.page
    for file, words in (("same", "từng byte một"), ("scan", "Có văn bản cùng số, nhưng nội dung khác")):
        auditor.go("/auditor")
        page.set_input_files("#pdf[type=file]", str(folder / f"{file}.pdf"))
        page.fill("[name=number-in-hand]", "1234/UBND-NC")
        page.click("button:has-text('Đối chiếu')")
        page.wait_for_url(re.compile("file="))
        assert words in page.inner_text("main")


def take_dossier(auditor: Visitor, letter: str, folder: Path) -> Path:
    """4. What is checked on another computer, without a network."""
    page = auditor.page
    auditor.go(f"/auditor/letters/{letter}")
    page.fill("#reason", REASON)
    with page.expect_download() as download:
        page.click("button:has-text('Tải hồ sơ')")
    download.value.save_as(folder / "ho-so.zip")
    return folder / "ho-so.zip"


def see_overdue(auditor: Visitor, running: Whole, folder: Path, trust: Path) -> None:
    """5. Heads by name, three apologies and one that is missing; the public list, sealed."""
    page = auditor.page
    auditor.go("/auditor/overdue")
    auditor.check()
    rows = page.locator("tbody tr").all_inner_texts()
    of = {number: [row for row in rows if f"{number}/BC-UBND" in row] for number in range(71, 75)}
    assert all("12/XL-UBND" in row for number in (71, 72, 73) for row in of[number])
    assert of[74] and all("Chưa có" in row for row in of[74]), rows
    assert "Bùi Thanh Tùng, Chủ tịch" in of[71][0]
    with page.expect_download() as download:
        page.click("text=Danh sách công khai")
    download.value.save_as(folder / "qua-han.xml")
    assert b"12/XL-UBND" in (folder / "qua-han.xml").read_bytes()
    assert verified(folder / "qua-han.xml", trust)["verdict"] == "accept"
    with serving(lambda: public_application(running.hub)) as base:
        page.goto(base)
        assert "Bùi Thanh Tùng" in page.inner_text("table") and "Chưa có" in page.inner_text("table")


def take_form(auditor: Visitor, running: Whole, folder: Path) -> None:
    """6. The ready form of the quarter, with what its numbers mean, under the hub's seal."""
    page = auditor.page
    auditor.go(f"/auditor/reports?kind=quarterly&{PERIOD}")
    auditor.check()
    assert "Các con số nghĩa là gì" in page.inner_text("main") and "14/03/2026" in page.inner_text(".lead")
    with page.expect_download() as download:
        page.click("a:has-text('có dấu của trục')")
    download.value.save_as(folder / "quy.zip")
    with zipfile.ZipFile(folder / "quy.zip") as files:
        found = {name.rpartition(".")[2]: files.read(name) for name in files.namelist()}
    assert set(found) == {"pdf", "xml"} and b"/ETSI.CAdES.detached" in found["pdf"]
    sealed = verify_enveloped(found["xml"], running.hub.world.anchors(), at=running.clock.now())
    assert hashlib.sha256(found["pdf"]).hexdigest().encode() in sealed.content


def who_looked(browser: Browser, running: Whole, letter: str) -> None:
    """7. Every look at content has its reason, and the security officer reads it."""
    with visiting(browser, running.console) as officer:
        running.enter(officer, OFFICER, "/auditor/access")
        page = officer.page
        (row,) = [row for row in page.locator("tbody tr").all_inner_texts() if REASON in row]
        assert letter in row and AUDITOR in row and "Tải hồ sơ" in row
        page.click("text=Ghi đã rà soát")
        assert "Đã rà soát đến" in page.inner_text("main")
        officer.check()


def trust_folder(running: Whole, folder: Path) -> Path:
    """What an inspector was given beforehand: the roots of hub and national hub, and the log's key."""
    folder.mkdir()
    assert running.beyond is not None
    top = running.beyond.top.places.certificate("authority").read_text(encoding="ascii")
    (folder / "hub-top.pem").write_text(top, encoding="ascii")
    pem = running.stand.places.certificate("authority").read_text(encoding="ascii")
    (folder / "hub-a.pem").write_text(pem, encoding="ascii")
    (folder / "hub-a.vkey").write_text(running.hub.registry.log_vkey + "\n", encoding="ascii")
    return folder


def verified(file: Path, trust: Path) -> dict[str, object]:
    """By the command, in a process of its own that may not open a connection."""
    deaf = "import socket, sys; socket.socket.connect = None; import cli; sys.exit(cli.main(sys.argv[1:]))"
    run = subprocess.run(
        [sys.executable, "-c", deaf, "verify", str(file), "--trust", str(trust), "--json"],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    answer: dict[str, object] = json.loads(run.stdout)
    assert run.returncode == (0 if answer["verdict"] == "accept" else 1), run.stderr
    return answer
