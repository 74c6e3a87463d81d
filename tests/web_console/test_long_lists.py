"""Lists of any length leave in little memory: rows are read page by page and written as they come."""

from __future__ import annotations

import csv
import io
import tracemalloc
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from exchange_axis.pipeline.form_print import Cell, csv_lines, write_list_xlsx
from exchange_axis.web.console import reports
from tests.web_console.scenery import auditors_console

HEADS = ("Số/ký hiệu", "Bên gửi", "Bên nhận")


def made(count: int) -> Iterator[tuple[Cell, ...]]:
    return ((f"{number}/BC-UBND", "H90.01", f"=H{number}") for number in range(count))


def peak_of_sheet(count: int, folder: Path) -> int:
    """Bytes held at most while so many rows are written."""
    with (folder / f"{count}.xlsx").open("wb") as target:
        tracemalloc.start()
        try:
            assert write_list_xlsx(target, HEADS, made(count), scratch=folder) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def test_ten_times_the_rows_cost_no_more_memory(tmp_path: Path) -> None:
    short, long = peak_of_sheet(1_000, tmp_path), peak_of_sheet(10_000, tmp_path)
    assert long < 1.3 * short, (short, long)
    rows = openpyxl.load_workbook(tmp_path / "1000.xlsx").worksheets[0].iter_rows(values_only=True)
    assert next(rows) == HEADS
    assert next(rows) == ("0/BC-UBND", "H90.01", "=H0")
    with zipfile.ZipFile(tmp_path / "1000.xlsx") as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml"), "a text is no formula"


def peak_of_csv(count: int) -> int:
    tracemalloc.start()
    try:
        assert sum(1 for _ in csv_lines(HEADS, made(count))) == count + 2
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_csv_holds_one_line() -> None:
    assert peak_of_csv(10_000) < 1.3 * peak_of_csv(1_000)


def test_a_full_sheet_is_followed_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange_axis.pipeline.form_print.SHEET_ROWS", 10)
    target = io.BytesIO()
    assert write_list_xlsx(target, HEADS, made(25), scratch=tmp_path) == 25
    sheets = openpyxl.load_workbook(target).worksheets
    assert [sheet.max_row for sheet in sheets] == [11, 11, 6]
    assert sheets[2].cell(row=2, column=1).value == "20/BC-UBND"


def test_both_files_are_read_a_page_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "PAGE", 1)
    with auditors_console(tmp_path) as console:
        indicators, limits = console.office.stand.hub.inquiry.indicators, list[int]()
        asked = indicators.behind

        def counting(*args: object, limit: int, **more: object) -> object:
            limits.append(limit)
            return asked(*args, limit=limit, **more)  # type: ignore[arg-type]

        indicators.behind = counting  # type: ignore[method-assign, assignment]
        query = "unit=month&day=2026-03-02&counted=deliveries"
        found = {}
        for suffix in ("csv", "xlsx"):
            with urllib.request.urlopen(f"{console.base}/auditor/indicators/behind.{suffix}?{query}") as answer:  # noqa: S310
                found[suffix] = answer.read()
        rows = list(csv.reader(io.StringIO(found["csv"].decode("utf-8-sig"))))
        sheet = openpyxl.load_workbook(io.BytesIO(found["xlsx"])).worksheets[0]
        assert [list(row) for row in sheet.iter_rows(values_only=True)] == [
            [cell or None for cell in row] for row in rows
        ]
        assert len(rows) == 3
        assert set(limits) == {1} and len(limits) >= 4
        assert list(console.office.stand.hub.world.staging.iterdir()) == []
