"""The registers of a clerk's office: which books there are, their columns, and how their numbers run.

Rules of this file:
1. Books have exactly the columns of Decree 30/2020/NĐ-CP, Appendix IV, in its order and with its names.
2. Arrival numbers of an agency run from 1 through the year, electronic and paper letters together (Decree 30, art. 22).
3. A line of a recalled letter is struck through; none is ever left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from exchange_axis.domain.lifecycle import Machine


class Book(StrEnum):
    OUTGOING = "outgoing"
    INCOMING = "incoming"
    FOLLOW_UP = "follow-up"

    @property
    def vi(self) -> str:
        return _TITLES[self][0]

    @property
    def en(self) -> str:
        return _TITLES[self][1]

    @property
    def columns(self) -> tuple[Column, ...]:
        return COLUMNS[self]

    def place(self, column: str) -> int | None:
        """Where a column stands; None if the book has none of that key."""
        keys = [one.key for one in COLUMNS[self]]
        return keys.index(column) if column in keys else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    key: str
    vi: str
    """As the decree prints it."""
    en: str
    width: int
    """Share of the page."""


def _column(key: str, vi: str, en: str, width: int) -> Column:
    return Column(key=key, vi=vi, en=en, width=width)


_TITLES = {
    Book.OUTGOING: ("Sổ đăng ký văn bản đi", "Register of outgoing documents"),
    Book.INCOMING: ("Sổ đăng ký văn bản đến", "Register of incoming documents"),
    Book.FOLLOW_UP: ("Sổ theo dõi giải quyết văn bản đến", "Follow-up register of incoming documents"),
}
COLUMNS: Mapping[Book, tuple[Column, ...]] = {
    Book.OUTGOING: (
        _column("code", "Số, ký hiệu văn bản", "Number, symbol", 10),
        _column("date", "Ngày tháng văn bản", "Date of the document", 9),
        _column("subject", "Tên loại và trích yếu nội dung văn bản", "Type and subject", 27),
        _column("signer", "Người ký", "Signer", 12),
        _column("recipients", "Nơi nhận văn bản", "Recipients", 20),
        _column("holder", "Đơn vị, người nhận bản lưu", "Holder of the file copy", 10),
        _column("copies", "Số lượng bản", "Number of copies", 6),
        _column("sent", "Ngày chuyển", "Date sent", 9),
        _column("receipt", "Ký nhận", "Receipt signature", 9),
        _column("note", "Ghi chú", "Note", 12),
    ),
    Book.INCOMING: (
        _column("arrived", "Ngày đến", "Date of arrival", 9),
        _column("number", "Số đến", "Arrival number", 6),
        _column("author", "Tác giả", "Author", 16),
        _column("code", "Số, ký hiệu văn bản", "Number, symbol", 10),
        _column("date", "Ngày tháng văn bản", "Date of the document", 9),
        _column("subject", "Tên loại và trích yếu nội dung văn bản", "Type and subject", 28),
        _column("unit", "Đơn vị hoặc người nhận", "Unit or person receiving", 13),
        _column("passed", "Ngày chuyển", "Date passed on", 9),
        _column("receipt", "Ký nhận", "Receipt signature", 9),
        _column("note", "Ghi chú", "Note", 12),
    ),
    Book.FOLLOW_UP: (
        _column("number", "Số đến", "Arrival number", 6),
        _column(
            "document", "Tên loại, số và ký hiệu, ngày tháng và tác giả văn bản", "Type, number, date and author", 34
        ),
        _column("unit", "Đơn vị hoặc người nhận", "Unit or person", 16),
        _column("deadline", "Thời hạn giải quyết", "Deadline", 10),
        _column("progress", "Tiến độ giải quyết", "Progress", 14),
        _column("reply", "Số, ký hiệu văn bản trả lời", "Number of the reply", 12),
        _column("note", "Ghi chú", "Note", 14),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    value: str
    original: str | None = None
    """What stood there before a clerk changed it; None where nobody has."""
    changed_by: str = ""
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    key: str
    """Names the line for good: consignment and agency, or the paper line's own id."""
    cells: tuple[Cell, ...] = ()
    """As many as the book has columns, in their order."""
    struck: bool = False
    """Recalled or taken back."""
    paper: bool = False
    consignment_id: str | None = None

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(cell.value for cell in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    column: str
    value: str
    changed_by: str
    changed_at: datetime


def filled(book: Book, bare: Line, cells: Mapping[str, str], changes: Iterable[Change] = ()) -> Line:
    """A line with its cells, given by column; of `changes` the last of a column counts."""
    newest = {change.column: change for change in changes}

    def cell(column: Column) -> Cell:
        original, change = cells.get(column.key, ""), newest.get(column.key)
        if change is None or change.value == original:
            return Cell(value=original)
        return Cell(value=change.value, original=original, changed_by=change.changed_by, changed_at=change.changed_at)

    return replace(bare, cells=tuple(map(cell, book.columns)))


def content_digest(lines: Iterable[Line]) -> str:
    """SHA-256 of what the lines say: a book printed again from the same lines can be compared without its layout."""
    digest = hashlib.sha256()
    for line in lines:
        text = json.dumps([line.key, line.struck, *line.values], ensure_ascii=False, separators=(",", ":"))
        digest.update(text.encode() + b"\n")
    return digest.hexdigest()


class NumberState(StrEnum):
    HELD = "held"
    """By one clerk, for a while; nobody else is offered it."""
    FREE = "free"
    """Held once and given back: it is the next to be given."""
    USED = "used"
    """A letter in the inbox has it."""
    PAPER = "paper"
    """A line of paper has it."""
    VOID = "void"
    """Nothing has it, and somebody has written why."""


class NumberEvent(StrEnum):
    HOLD = "hold"
    GIVE_BACK = "give-back"
    USE = "use"
    ENTER_PAPER = "enter-paper"
    EXPLAIN = "explain"


_S, _E = NumberState, NumberEvent
NUMBERS: Machine[NumberState, NumberEvent] = Machine(
    name="arrival-number",
    states=NumberState,
    events=NumberEvent,
    table={
        (_S.FREE, _E.HOLD): _S.HELD,
        (_S.FREE, _E.USE): _S.USED,
        (_S.FREE, _E.ENTER_PAPER): _S.PAPER,
        (_S.FREE, _E.EXPLAIN): _S.VOID,
        (_S.HELD, _E.HOLD): _S.HELD,  # its holder again, or the next one after it lapsed
        (_S.HELD, _E.GIVE_BACK): _S.FREE,
        (_S.HELD, _E.USE): _S.USED,
        (_S.HELD, _E.ENTER_PAPER): _S.PAPER,
        (_S.HELD, _E.EXPLAIN): _S.VOID,  # lapsed
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An arrival number that one clerk may use until a time."""

    agency: str
    year: int
    number: int
    holder: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Numbers of a series that no line has."""

    first: int
    last: int
    reason: str = field(default="")
    """Why; empty: nobody has said."""
    said_by: str = ""


def gaps_of(most: int, taken: frozenset[int], explained: Mapping[int, tuple[str, str]]) -> tuple[Gap, ...]:
    """Runs of numbers from 1 to `most` that are not taken; neighbours with the same explanation are one gap."""
    return tuple(_runs([number for number in range(1, most + 1) if number not in taken], explained))


def _runs(missing: Sequence[int], explained: Mapping[int, tuple[str, str]]) -> Iterator[Gap]:
    start = 0
    for place, number in enumerate(missing):
        following = missing[place + 1] if place + 1 < len(missing) else None
        said = explained.get(number, ("", ""))
        if following == number + 1 and explained.get(following, ("", "")) == said:
            continue
        yield Gap(first=missing[start], last=number, reason=said[0], said_by=said[1])
        start = place + 1
