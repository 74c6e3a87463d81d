"""One inspection from the board to the file that is taken away and checked on another computer (R86 to R96, R99)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, date
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from exchange_axis.domain.apology import ApologyLetter
from tests.browser.driver import Visitor, chromium, visiting
from tests.hub.test_searching import PDF
from tests.hub.timed import moment, timed_letter
from tests.web_console.scenery import Console, auditors_console

REASON = "Kiểm tra theo QĐ 12/QĐ-TTr"
APOLOGY = "https://coquan.example/xin-loi/12"
PERIOD = "unit=quarter-15&day=2026-03-02"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    """The letter of the scenery, which one has and one refused; two with a date for the answer, which nobody gave."""
    with auditors_console(tmp_path / "hub") as found:
        office = found.office
        for number in ("58", "59"):
            letter = timed_letter(
                office.folder,
                office.sender,
                "H90.01",
                ["H90"],
                clock=office.clock,
                number=number,
                due=date(2026, 3, 3),
            )
            office.stand.hub.intake.submit(office.sender.row, letter)
            for shipment in office.stand.hub.dispatch.lease("node-a", 1):
                for code in ("01", "03"):
                    office.say(code, shipment)
        office.clock.at = moment("2026-03-10 08:00").astimezone(UTC)
        office.stand.hub.housekeeping()
        apology = ApologyLetter(number="12/XL-UBND", day=date(2026, 3, 9), link=APOLOGY)
        office.stand.hub.apologies.record("58/BC-UBND", recipient="H90", letter=apology, actor="vận hành")
        office.stand.hub.log.sequence()
        yield found


@pytest.fixture
def pdfs(tmp_path: Path) -> tuple[Path, Path]:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(PDF + b"another print of it")
    same = tmp_path / "same.pdf"
    same.write_bytes(PDF)
    return same, scan


@pytest.mark.timeout(180)
def test_from_the_board_to_the_dossier_and_the_quarters_form(
    browser: Browser, console: Console, pdfs: tuple[Path, Path], tmp_path: Path
) -> None:
    trust = trust_folder(console, tmp_path / "trust")
    with visiting(browser, console.base) as auditor:
        drill(auditor)
        ask_by_number(auditor)
        compare(auditor, pdfs)
        dossier = take_dossier(auditor, console, tmp_path)
        see_overdue(auditor, tmp_path, trust)
        take_form(auditor, tmp_path)
    told = verified(dossier, trust)
    assert (told["verdict"], told["reason"]) == ("accept", "ok"), told["findings"]
    spoiled = tmp_path / "spoiled.zip"
    data = bytearray(dossier.read_bytes())
    data[len(data) // 2] ^= 1
    spoiled.write_bytes(bytes(data))
    assert verified(spoiled, trust)["verdict"] == "reject"


def drill(auditor: Visitor) -> None:
    """The period's board; a figure, the deliveries behind it, one of them."""
    page = auditor.page
    auditor.go(f"/auditor/indicators?{PERIOD}")
    auditor.check()
    row = page.locator("tr", has=page.locator("code", has_text=re.compile("^I2$")))
    assert "4" in row.inner_text(), "four deliveries"
    row.locator("a").click()
    page.wait_for_url(re.compile("behind"))
    auditor.check()
    assert page.locator("tbody tr").count() == 4
    page.click("tbody a:has-text('57/BC-UBND') >> nth=0")
    page.wait_for_url(re.compile("/auditor/letters/"))


def ask_by_number(auditor: Visitor) -> None:
    """Was 57 received, and when did they act?"""
    page = auditor.page
    auditor.go("/auditor")
    page.fill("#text", "57/BC-UBND")
    page.press("#text", "Enter")
    page.click("td a:has-text('57/BC-UBND') >> nth=0")
    auditor.check()
    said = page.inner_text("main")
    assert "Đã vào hệ thống nơi nhận" in said and "Nơi nhận từ chối tiếp nhận" in said
    assert "02/03/2026" in said


def compare(auditor: Visitor, pdfs: tuple[Path, Path]) -> None:
    """The same file byte for byte; a scan of it is flagged."""
    page = auditor.page
    for file, words in zip(pdfs, ("từng byte một", "Có văn bản cùng số, nhưng nội dung khác"), strict=True):
        auditor.go("/auditor")
        page.set_input_files("#pdf[type=file]", str(file))
        page.fill("[name=number-in-hand]", "57/BC-UBND")
        page.click("button:has-text('Đối chiếu')")
        page.wait_for_url(re.compile("file="))
        assert words in page.inner_text("main")
        auditor.check()


def take_dossier(auditor: Visitor, console: Console, folder: Path) -> Path:
    page = auditor.page
    auditor.go(f"/auditor/letters/{console.id}")
    page.fill("#reason", REASON)
    with page.expect_download() as download:
        page.click("button:has-text('Tải hồ sơ')")
    download.value.save_as(folder / "ho-so.zip")
    return folder / "ho-so.zip"


def see_overdue(auditor: Visitor, folder: Path, trust: Path) -> None:
    """Two are overdue; of one the apology is recorded; the public list is sealed."""
    page = auditor.page
    auditor.go("/auditor/overdue")
    auditor.check()
    rows = {row.inner_text() for row in page.locator("tbody tr").all()}
    of = {number: [row for row in rows if f"{number}/BC-UBND" in row] for number in ("58", "59")}
    assert of["58"] and all("12/XL-UBND" in row for row in of["58"]), rows
    assert of["59"] and all("Chưa có" in row for row in of["59"]), rows
    assert page.get_attribute("a:has-text('12/XL-UBND')", "href") == APOLOGY
    with page.expect_download() as download:
        page.click("text=Danh sách công khai")
    download.value.save_as(folder / "qua-han.xml")
    assert b"12/XL-UBND" in (folder / "qua-han.xml").read_bytes()


def take_form(auditor: Visitor, folder: Path) -> None:
    page = auditor.page
    auditor.go(f"/auditor/reports?kind=quarterly&{PERIOD}")
    auditor.check()
    assert "Các con số nghĩa là gì" in page.inner_text("main")
    with page.expect_download() as download:
        page.click("a:has-text('có dấu của trục')")
    download.value.save_as(folder / "quy.zip")
    with zipfile.ZipFile(folder / "quy.zip") as files:
        assert {name.rpartition(".")[2] for name in files.namelist()} == {"pdf", "xml"}


def trust_folder(console: Console, folder: Path) -> Path:
    """What an inspector was given beforehand: the root and the log's key."""
    folder.mkdir()
    stand = console.office.stand
    pem = stand.places.certificate("authority").read_text(encoding="ascii")
    (folder / "hub-a.pem").write_text(pem, encoding="ascii")
    (folder / "hub-a.vkey").write_text(stand.hub.registry.log_vkey + "\n", encoding="ascii")
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
