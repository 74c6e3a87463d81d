"""A book on paper and as a spreadsheet: PDF with every column of the decree, XLSX row by row.

Rules of this file:
1. The same lines give the same PDF: no date of printing, fonts from the package, none from the machine.
2. Text of letters is data for the template and for the cells, never markup, never a formula.
3. A recalled line is struck through; what a clerk changed is followed by what stood there before.
4. What is long is printed in parts of `PART` rows, and nothing of one part stays in memory for the next.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from exchange_axis.domain.registers import Book, Cell, Line
from exchange_axis.pipeline.form_print import csv_lines
from exchange_axis.pipeline.story_page import shown

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

BEFORE: Final = "gốc"
"""Stands before what a clerk has changed."""
MASKED: Final = "đã che tên người"
PART: Final = 500
"""Rows of one PDF: some seconds and 200 MB on a small machine."""
_KEPT: Final = 11
"""Typst keeps what its last ten compilations worked with."""
_HEADER_ROW: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What stands above the table."""

    book: Book
    agency: str
    agency_name: str
    year: int
    first: date | None = None
    last: date | None = None
    """Of a part of the year."""
    closed_at: datetime | None = None
    closed_by: str = ""
    content_sha256: str = ""
    masked: bool = False
    """Without names of people."""
    part: str = ""
    """Which part of a long book."""

    @property
    def told(self) -> str:
        """The span, the part, and that names are left out."""
        return " · ".join(filter(None, (self.span, self.part, MASKED if self.masked else "")))

    @property
    def span(self) -> str:
        if self.first is None and self.last is None:
            return f"Năm {self.year}"
        first, last = self.first or date(self.year, 1, 1), self.last or date(self.year, 12, 31)
        return f"Ngày {first:%d/%m/%Y}" if first == last else f"Từ {first:%d/%m/%Y} đến {last:%d/%m/%Y}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    pdf: bytes
    pages: int


def print_book(heading: Heading, lines: Sequence[Line]) -> Printed:
    """A4, lying; a long book in parts, one behind the other."""
    parts = [compiled(_data(heading, lines))] if len(lines) <= PART else list(print_parts(heading, lines))
    return parts[0] if len(parts) == 1 else Printed(pdf=_joined(parts), pages=sum(one.pages for one in parts))


def print_parts(heading: Heading, lines: Sequence[Line]) -> Iterator[Printed]:
    """The same in files of `PART` lines; the words about closing stand in the last."""
    count = -(-len(lines) // PART)
    for number in range(count):
        first, part = number * PART, lines[number * PART :][:PART]
        told = f"Phần {number + 1}/{count}, dòng {first + 1}–{first + len(part)}"
        of_part = replace(heading, part=told, closed_at=heading.closed_at if number + 1 == count else None)
        yield compiled(_data(of_part, part, total=len(lines)))
        _let_go()


def _joined(parts: Sequence[Printed]) -> bytes:
    import pypdfium2  # noqa: PLC0415 - only those who print long books pay for loading it

    whole, target = pypdfium2.PdfDocument.new(), io.BytesIO()
    for one in parts:
        part = pypdfium2.PdfDocument(one.pdf)
        whole.import_pages(part)
        part.close()
    whole.save(target)
    whole.close()
    return target.getvalue()


def _let_go() -> None:
    """Push what the last compilation worked with out of Typst's memory, by some that need none."""
    import typst  # noqa: PLC0415 - it is loaded

    for number in range(_KEPT):
        typst.compile(f"#{number}".encode(), format="pdf", ignore_system_fonts=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list that is no book, printed as the books are."""

    title: str
    agency: str
    agency_name: str
    span: str
    """What it is of, in words."""
    columns: Sequence[tuple[str, int]]
    """Text and width."""
    empty: str
    rows: Sequence[Sequence[str]] = ()


def print_rows(listing: Listing, rows: Iterable[Sequence[str]]) -> Iterator[Printed]:
    """A list as long as it may be, a file for each `PART` rows; at least one."""
    left, number = iter(rows), 0
    part = tuple(islice(left, PART))
    while part or not number:
        number, after = number + 1, tuple(islice(left, PART))
        told = f"{listing.span} · Phần {number}" if after or number > 1 else listing.span
        yield print_list(replace(listing, span=told, rows=part))
        if after:
            _let_go()
        part = after


def print_list(listing: Listing) -> Printed:
    data = {
        "title": listing.title,
        "agency": listing.agency_name,
        "code": listing.agency,
        "span": listing.span,
        "columns": listing.columns,
        "rows": [[False, *((cell, None) for cell in row)] for row in listing.rows],
        "before": BEFORE,
        "empty": listing.empty,
        "closing": "",
    }
    return compiled(data)


def compiled(data: Mapping[str, Any]) -> Printed:
    import typst  # noqa: PLC0415 - only those who print pay for loading it

    from signing.pdf_text import read_first_page  # noqa: PLC0415 - as above

    template = resources.files("exchange_axis") / "node" / "register.typ"
    pdf = bytes(
        typst.compile(
            template.read_bytes(),
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        )
    )
    return Printed(pdf=pdf, pages=read_first_page(io.BytesIO(pdf))[0])


def write_csv(target: BinaryIO, heading: Heading, lines: Iterable[Line]) -> None:
    """Memory does not grow with the lines."""
    heads = [column.vi for column in heading.book.columns]
    for text in csv_lines(heads, ([_text(cell) for cell in line.cells] for line in lines)):
        target.write(text.encode())


def write_sheet(target: BinaryIO, heading: Heading, lines: Iterable[Line], *, scratch: Path) -> int:
    """The XLSX; returns the number of lines. Memory does not grow with them.

    Args:
        scratch: folder for what the writer lays aside until the end.
    """
    import xlsxwriter  # noqa: PLC0415 - only those who export pay for loading it

    book = xlsxwriter.Workbook(target, {"constant_memory": True, "tmpdir": str(scratch)})
    try:
        # The file says when the book was closed or nothing: two exports of the same lines are the same file.
        book.set_properties({"title": heading.book.vi, "created": heading.closed_at or datetime(heading.year, 1, 1)})  # noqa: DTZ001
        return _fill(book, heading, lines)
    finally:
        book.close()


def _fill(book: Workbook, heading: Heading, lines: Iterable[Line]) -> int:
    sheet = book.add_worksheet("Sổ")
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEADER_ROW)
    sheet.freeze_panes(_HEADER_ROW + 1, 0)
    for place, column in enumerate(heading.book.columns):
        sheet.set_column(place, place, column.width)
    title, head = book.add_format({"bold": True, "font_size": 14}), book.add_format(_HEAD)
    sheet.write_string(0, 0, heading.book.vi, title)
    sheet.write_string(1, 0, f"{heading.agency_name} ({heading.agency}) · {heading.told}")
    for place, column in enumerate(heading.book.columns):
        sheet.write_string(_HEADER_ROW, place, column.vi, head)
    return _rows(sheet, lines, book.add_format(_PLAIN), book.add_format(_PLAIN | {"font_strikeout": True}))


_PLAIN: Final[dict[str, Any]] = {"text_wrap": True, "valign": "top", "border": 1}
_HEAD: Final[dict[str, Any]] = _PLAIN | {"bold": True, "align": "center", "bg_color": "#EEEEEE"}


def _rows(sheet: Worksheet, lines: Iterable[Line], plain: Format, struck: Format) -> int:
    count = 0
    for count, line in enumerate(lines, start=1):
        for place, cell in enumerate(line.cells):
            sheet.write_string(_HEADER_ROW + count, place, _text(cell), struck if line.struck else plain)
    return count


def _text(cell: Cell) -> str:
    return cell.value if cell.original is None else f"{cell.value} ({BEFORE}: {cell.original or '—'})"


def _data(heading: Heading, lines: Sequence[Line], *, total: int | None = None) -> Mapping[str, Any]:
    closed, count = heading.closed_at, len(lines) if total is None else total
    return {
        "title": heading.book.vi.upper(),
        "agency": heading.agency_name,
        "code": heading.agency,
        "span": heading.told,
        "columns": [[column.vi, column.width] for column in heading.book.columns],
        "rows": [[line.struck, *([cell.value, cell.original] for cell in line.cells)] for line in lines],
        "before": BEFORE,
        "empty": "Không có văn bản",
        "closing": ""
        if closed is None
        else f"Khóa sổ lúc {shown(closed)}, người khóa: {heading.closed_by}. Tổng số {count} dòng. "
        f"SHA-256 nội dung: {heading.content_sha256}",
    }
