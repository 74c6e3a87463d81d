"""A table printed as CSV, XLSX and PDF. The same table gives the same bytes: no date of printing is in any of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import BinaryIO

Cell = str | int | float | None
_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for something else."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
SHEET_ROWS = 1_048_575
"""Rows below the heads that one sheet of this format has room for."""
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    vi: str
    en: str
    means_vi: str
    means_en: str
    is_share: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    title: str
    title_en: str
    issuer: str
    period: str
    heads: tuple[Head, ...]
    rows: Sequence[Sequence[Cell]]


def csv_lines(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """One line after the other, so that a long list is never held whole (RFC 4180)."""
    target = io.StringIO()
    writer = csv.writer(target)
    yield _MARK
    for row in _chain(heads, rows):
        target.seek(0)
        target.truncate()
        writer.writerow([_safe(cell) for cell in row])
        yield target.getvalue()


def as_csv(table: Table) -> bytes:
    return "".join(csv_lines([head.vi for head in table.heads], table.rows)).encode()


def as_xlsx(table: Table) -> bytes:
    """Two sheets: the table, and what its numbers mean."""
    import xlsxwriter  # noqa: PLC0415 - only who prints pays for loading it

    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"title": table.title, "created": _NO_DATE.replace(tzinfo=None)})
        bold, share = book.add_format({"bold": True, "text_wrap": True}), book.add_format({"num_format": "0.0%"})
        sheet = book.add_worksheet("Báo cáo")
        sheet.write(0, 0, table.title, bold)
        sheet.write(1, 0, f"{table.issuer}, {table.period}")
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, len(table.heads), 16)
        for place, head in enumerate(table.heads):
            sheet.write(3, place, head.vi, bold)
        for line, row in enumerate(table.rows, start=4):
            for place, cell in enumerate(row):
                if cell is not None:
                    sheet.write(line, place, cell, share if table.heads[place].is_share else None)
        words = book.add_worksheet("Định nghĩa")
        words.set_column(0, 0, 26)
        words.set_column(1, 2, 70)
        for line, head in enumerate(table.heads):
            for place, text in enumerate((head.vi, head.means_vi, head.means_en)):
                words.write(line, place, text)
    return target.getvalue()


def write_list_xlsx(target: BinaryIO, heads: Sequence[str], rows: Iterable[Sequence[Cell]], *, scratch: Path) -> int:
    """A long list, row by row: what is written is not held; a further sheet where one is full. Returns how many rows.

    Args:
        scratch: folder for what the writer lays aside until the end.
    """
    import xlsxwriter  # noqa: PLC0415 - as above

    options = {"constant_memory": True, "tmpdir": str(scratch), "strings_to_formulas": False, "strings_to_urls": False}
    count, sheet = 0, None
    with xlsxwriter.Workbook(target, options) as book:
        book.set_properties({"created": _NO_DATE.replace(tzinfo=None)})
        for row in _at_least_once(rows):
            line = count % SHEET_ROWS
            if sheet is None or (line == 0 and row is not None):
                sheet = book.add_worksheet()
                sheet.write_row(0, 0, heads)
            if row is not None:
                sheet.write_row(line + 1, 0, row)
                count += 1
    return count


def as_pdf(table: Table) -> bytes:
    import typst  # noqa: PLC0415 - as above

    data = {
        "title": table.title,
        "title_en": table.title_en,
        "issuer": table.issuer,
        "period": table.period,
        "heads": [(head.vi, head.en) for head in table.heads],
        "rows": [[shown(cell, head) for cell, head in zip(row, table.heads, strict=True)] for row in table.rows],
        "words": [(head.vi, head.means_vi, head.means_en) for head in table.heads],
        "footer": "Tệp này mang chữ ký số của trục (PAdES); bản XML có dấu đi kèm ghi SHA-256 của tệp.",
    }
    template = resources.files("exchange_axis") / "pipeline" / "form.typ"
    return bytes(
        typst.compile(
            template.read_bytes(),
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        )
    )


def shown(cell: Cell, head: Head) -> str:
    """As people in Vietnam write numbers."""
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    text = f"{cell * 100:,.1f} %" if head.is_share else f"{cell:,}"
    return text.translate(str.maketrans(",.", ".,"))


def _at_least_once(rows: Iterable[Sequence[Cell]]) -> Iterator[Sequence[Cell] | None]:
    """None where there is no row: the heads are written all the same."""
    empty = True
    for row in rows:
        empty = False
        yield row
    if empty:
        yield None


def _safe(cell: Cell) -> Cell:
    """A text that a spreadsheet would take for a formula is only text."""
    if isinstance(cell, float):
        return round(cell, 4)
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _chain(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[Sequence[Cell]]:
    yield heads
    yield from rows
