"""What leaves a node with names of people in it: which ways there are, and what is masked for whom (R103)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Final

from exchange_axis.domain.people import Role
from exchange_axis.domain.registers import Book, Cell, Line

MASK: Final = "(đã che)"
PERSONAL: Final = frozenset({"signer", "holder", "unit", "receipt"})
"""Columns of the books in which people are named."""
NEEDING: Final = frozenset({Role.CLERK, Role.DEPUTY_CLERK, Role.LEADER})
"""Who needs the names: the books are theirs to keep and to answer for."""


class Taken(StrEnum):
    BOOK_PDF = "book-pdf"
    BOOK_SHEET = "book-xlsx"
    BOOK_CSV = "book-csv"
    BOOK_CLOSED = "book-closed"
    ARCHIVE = "archive"
    FILE = "file"
    CONTAINER = "container"
    DOSSIER = "dossier"
    REPORT = "report"
    EXPORT = "export"


TAKEN_WORDS: Final = {
    Taken.BOOK_PDF: ("tải sổ (PDF)", "a book as PDF"),
    Taken.BOOK_SHEET: ("tải sổ (XLSX)", "a book as XLSX"),
    Taken.BOOK_CSV: ("tải sổ (CSV)", "a book as CSV"),
    Taken.BOOK_CLOSED: ("tải sổ đã khóa", "a closed book"),
    Taken.ARCHIVE: ("xuất nộp lưu trữ", "an archive export"),
    Taken.FILE: ("tải tệp của văn bản", "a file of a letter"),
    Taken.CONTAINER: ("tải gói tin", "a container"),
    Taken.DOSSIER: ("tải hồ sơ chứng cứ", "a dossier"),
    Taken.REPORT: ("tải báo cáo kiểm tra", "a verification report"),
    Taken.EXPORT: ("xuất văn bản bằng lệnh", "a letter exported by command"),
}
"""In Vietnamese and English."""


def needs_names(roles: Iterable[Role]) -> bool:
    return not NEEDING.isdisjoint(roles)


def without_names(book: Book, lines: Iterable[Line]) -> Iterator[Line]:
    """The lines with people masked: their columns, and who changed a cell. Empty cells stay empty."""
    hidden = [column.key in PERSONAL for column in book.columns]
    for line in lines:
        cells = zip(line.cells, hidden, strict=True)
        yield replace(line, cells=tuple(_masked(cell) if hide else _unsigned(cell) for cell, hide in cells))


def _masked(cell: Cell) -> Cell:
    return Cell(value=MASK if cell.value else "", original=None if cell.original is None else MASK)


def _unsigned(cell: Cell) -> Cell:
    return replace(cell, changed_by="")
