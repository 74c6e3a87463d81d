"""The auditor's pages in a browser, with and without script, over a hub with real letters."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from exchange_axis.hub.searching import Sees
from exchange_axis.store.hub.tally_tables import TALLIES
from exchange_axis.store.tally_rows import TallyRows
from exchange_axis.web.console.asker import Asker
from exchange_axis.wire.tally import pack, write_lines
from tests.browser.driver import visiting
from tests.hub.test_searching import PDF
from tests.web_console.scenery import Console, auditors_console

REASON = "Kiểm tra theo QĐ 12/QĐ-TTr"


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with auditors_console(tmp_path) as found:
        yield found


def test_a_letter_is_found_verified_and_taken_away_for_a_reason(
    browser: Browser, console: Console, tmp_path: Path
) -> None:
    with visiting(browser, console.base, scripts=False) as visitor:
        page = visitor.page
        visitor.go("/auditor")
        page.fill("#text", "kiem tra de dieu")
        page.press("#text", "Enter")
        page.click("td a:has-text('57/BC-UBND')")
        assert "Đã vào hệ thống nơi nhận" in page.inner_text("main")
        page.fill("#reason", REASON)
        page.click("button:has-text('Kiểm tra ngay')")
        assert "Kết quả kiểm tra" in page.inner_text("main")
        page.fill("#reason", REASON)
        with page.expect_download() as download:
            page.click("button:has-text('Tải hồ sơ')")
        download.value.save_as(tmp_path / "dossier.zip")
        assert zipfile.is_zipfile(tmp_path / "dossier.zip")
        visitor.go("/auditor/access")
        assert page.inner_text("main").count(REASON) == 2
    entries = console.office.stand.hub.inquiry.access.entries(subject=console.id)
    assert [(one.kind, one.action) for one in entries] == [
        ("content", "dossier"), ("content", "verify"), ("metadata", "letter"),
    ]  # fmt: skip


def test_a_pdf_in_hand_is_compared_with_and_without_script(browser: Browser, console: Console, tmp_path: Path) -> None:
    same, other = tmp_path / "same.pdf", tmp_path / "other.pdf"
    same.write_bytes(PDF)
    other.write_bytes(PDF + b"changed")
    for scripts in (True, False):
        with visiting(browser, console.base, scripts=scripts) as visitor:
            page = visitor.page
            visitor.go("/auditor")
            page.set_input_files("#pdf[type=file]", str(same))
            page.click("button:has-text('Đối chiếu')")
            page.wait_for_url(re.compile("file="))
            assert hashlib.sha256(PDF).hexdigest() in page.url
            assert "từng byte một" in page.inner_text("main")
            visitor.go("/auditor")
            page.set_input_files("#pdf[type=file]", str(other))
            page.fill("[name=number-in-hand]", "57/BC-UBND")
            page.click("button:has-text('Đối chiếu')")
            page.wait_for_url(re.compile("file="))
            assert "Có văn bản cùng số, nhưng nội dung khác" in page.inner_text("main")


def test_what_is_outside_the_territory_does_not_exist(browser: Browser, console: Console) -> None:
    console.asker = Asker(name="Thanh tra B", sees=Sees(territories=("G90",)))
    with visiting(browser, console.base) as visitor:
        visitor.go("/auditor?all=1")
        assert "Không tìm thấy" in visitor.page.inner_text("main")
        for path in (f"/auditor/letters/{console.id}", "/auditor/access"):
            visitor.go(path)
            assert "57/BC-UBND" not in visitor.page.content()
            assert "query.not-found" in visitor.page.content() or "Không" in visitor.page.inner_text("main")
    console.asker = Asker(name="Thanh tra C", sees=Sees(territories=("H90.02",)))
    with visiting(browser, console.base) as visitor:
        visitor.go(f"/auditor/letters/{console.id}")
        text = visitor.page.inner_text("main")
        assert "H90.02" in text
        assert "Nơi nhận từ chối tiếp nhận" not in text  # that was said of another's delivery


def test_a_day_that_differs_leads_to_the_letter(browser: Browser, console: Console) -> None:
    hub, clock = console.office.stand.hub, console.office.stand.clock
    day = date(2026, 3, 2)
    at_work, clock.at = clock.at, clock.at + timedelta(days=1)
    peer = next(row.id for row in hub.registry.every() if row.kind == "node" and hub.tallies.own(day, row.id).count)
    lost = write_lines(())
    row = replace(hub.tallies.own(day, peer), own=False, sha256="0" * 64, lines=pack(lost), count=0)
    hub.world.transactions.run(lambda connection: TallyRows(connection, TALLIES).add(row))
    assert hub.tallies.reconcile(day, peer)
    clock.at = at_work
    with visiting(browser, console.base) as visitor:
        page = visitor.page
        visitor.go("/auditor/tallies")
        visitor.check()
        assert "Lệch" in page.inner_text("main") and "Bên kia không có" in page.inner_text("main")
        address = page.get_attribute(f"a[href$='{peer}.own.csv']", "href")
        assert console.id in page.request.get(f"{console.base}{address}").text()
        page.click(f"a:has-text('{console.id}')")
        assert "57/BC-UBND" in page.inner_text("main")
    console.asker = Asker(name="Thanh tra B", sees=Sees(territories=("G90",)))
    with visiting(browser, console.base) as visitor:
        visitor.go("/auditor/tallies")
        assert console.id not in visitor.page.content()
        assert visitor.page.request.get(f"{console.base}/auditor/tallies/{day}/{peer}.own.csv").status == 404
