"""The lines of the three books, made from letters, statuses, paper and what clerks changed. Reading only.

1. Outgoing: letters sent in the year (Vietnam time) in the order of sending, without what a hub refused; then paper.
2. Incoming: letters and paper with an arrival number of the year, by number.
3. Follow-up: of those the ones that somebody has to work on: with a deadline, passed on, or further than accepted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from exchange_axis.domain.calendar import day_of, moment
from exchange_axis.domain.comparison import Content
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import DeliveryState, Progress, Request
from exchange_axis.domain.registers import Book, Line, filled
from exchange_axis.store.node.book_places import Part, Place
from exchange_axis.store.node.registers import BATCH, PaperRow, PassedRow
from exchange_axis.store.node.rows import AddresseeRow, InboxRow, OutboxRow
from exchange_axis.store.node.unit import NodeUnit
from schemas import codelists

NAMED_MAX: Final = 6
"""Recipients of a letter that its line names; of more it gives the number."""
_KINDS = {
    BusinessKind.REVOKE: "Văn bản thu hồi",
    BusinessKind.UPDATE: "Bản cập nhật",
    BusinessKind.REPLACE: "Văn bản thay thế",
}
_REQUESTS = {
    Request.RECALL_ASKED: "Bên gửi thu hồi, chưa báo hủy",
    Request.WITHDRAWN: "Đã thu hồi hoặc lấy lại",
    Request.UPDATED: "Theo bản cập nhật",
    Request.REPLACED: "Đã có văn bản thay thế",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which part of a year's book."""

    agency: str
    year: int
    first: date | None = None
    """Day of sending or arrival, in the year; None: from its start."""
    last: date | None = None

    @property
    def start(self) -> datetime:
        return moment(self.first or date(self.year, 1, 1), time())

    @property
    def end(self) -> datetime:
        return moment((self.last or date(self.year, 12, 31)) + timedelta(days=1), time())

    def of(self, book: Book, *, key: str | None = None) -> Part:
        """
        Args:
            key: one line only.
        """
        return Part(
            book=book,
            agency=self.agency,
            year=self.year,
            start=self.start,
            end=self.end,
            is_year=self.first is None and self.last is None,
            key=key,
        )


def lines(unit: NodeUnit, book: Book, span: Span) -> Iterator[Line]:
    """One batch of letters after the other is read; a year's book is never in memory whole."""
    offset = 0
    while batch := page(unit, book, span, offset=offset, limit=BATCH):
        yield from batch
        offset += BATCH
        del batch  # before the next one is made


def page(unit: NodeUnit, book: Book, span: Span, *, offset: int, limit: int) -> tuple[Line, ...]:
    """These lines, and no letter of another is read."""
    return tuple(_made(unit, book, span, unit.registers.places.page(span.of(book), limit=limit, offset=offset)))


def line(unit: NodeUnit, book: Book, span: Span, key: str) -> Line | None:
    found = unit.registers.places.page(span.of(book, key=key), limit=1)
    return next(_made(unit, book, span, found), None)


def key_of(row: InboxRow) -> str:
    return f"{row.sender}/{row.consignment_id}"


def expected(row: InboxRow, content: Content | None) -> Mapping[str, str]:
    """Cells of the incoming line that accepting a letter makes, by column; without its number."""
    facts = _Arrived(row=row, type=_field(content, "type"), passed=(), replies=())
    return {column: value for column, value in facts.cells().items() if column != "number"}


def _made(unit: NodeUnit, book: Book, span: Span, places: Sequence[Place]) -> Iterator[Line]:
    letters = [one for one in places if not one.paper]
    of_letter = _sent(unit, span, letters) if book is Book.OUTGOING else _arrived(unit, book, span, letters)
    of_paper = _paper(unit, book, span, [one.paper for one in places if one.paper])
    for one in places:
        yield of_paper[one.paper] if one.paper else of_letter[one.seq]


def _sent(unit: NodeUnit, span: Span, places: Sequence[Place]) -> Mapping[int, Line]:
    found = unit.registers.places.sent(places)
    rows = list(found.values())
    recalled = unit.registers.recalled(span.agency) if rows else frozenset()
    contents = unit.contents.of([row.container_sha256 for row in rows])
    addressees = unit.outbox.addressees_of([row.consignment_id for row in rows])
    changes = unit.registers.changes(Book.OUTGOING, span.agency, [row.consignment_id for row in rows])
    made: dict[int, Line] = {}
    for seq, row in found.items():
        key = row.consignment_id
        cells = _sent_cells(row, contents.get(row.container_sha256), addressees.get(key, ()))
        bare = Line(key=key, struck=row.root in recalled, consignment_id=key)
        made[seq] = filled(Book.OUTGOING, bare, cells, changes.get(key, ()))
    return made


def _sent_cells(row: OutboxRow, content: Content | None, addressees: Sequence[AddresseeRow]) -> Mapping[str, str]:
    fields = {} if content is None else content.fields
    arrived = sum(one.state is DeliveryState.HANDED_OVER for one in addressees)
    return {
        "code": row.title,
        "date": _day(row.document_date),
        "subject": _subject(fields.get("type", ""), row.subject),
        "signer": fields.get("signer", ""),
        "recipients": _named(fields, addressees),
        "copies": fields.get("copies", ""),
        "sent": _day(day_of(row.created_at)),
        "receipt": f"Đến {arrived}/{len(addressees)}",
        "note": _note(_KINDS.get(row.business_kind, ""), row.stated_reason or ""),
    }


def _named(fields: Mapping[str, str], addressees: Sequence[AddresseeRow]) -> str:
    """By name, as the letter names them; without the codes that stand before them."""
    told = [part.partition(" ")[2] or part for part in fields.get("to", "").split("; ") if part]
    named = told if len(told) == len(addressees) else [one.recipient for one in addressees]
    shown = "; ".join(named[:NAMED_MAX])
    return shown if len(named) <= NAMED_MAX else f"{shown}; và {len(named) - NAMED_MAX} nơi nữa"


def _arrived(unit: NodeUnit, book: Book, span: Span, places: Sequence[Place]) -> Mapping[int, Line]:
    found = unit.registers.places.received(places)
    rows = list(found.values())
    passed = unit.registers.passed(span.agency, [row.consignment_id for row in rows])
    changes = unit.registers.changes(book, span.agency, [key_of(row) for row in rows])
    contents = unit.contents.of([row.container_sha256 for row in rows])
    replies = unit.registers.replies(span.agency, [(row.sender, row.title) for row in rows])
    made: dict[int, Line] = {}
    for row in rows:
        facts = _Arrived(
            row=row,
            type=_field(contents.get(row.container_sha256), "type"),
            passed=tuple(passed.get((row.sender, row.consignment_id), ())),
            replies=replies.get((row.sender, row.title), ()),
        )
        bare = Line(key=key_of(row), struck=row.business.is_frozen, consignment_id=row.consignment_id)
        cells = facts.followed() if book is Book.FOLLOW_UP else facts.cells()
        made[row.seq] = filled(book, bare, cells, changes.get(bare.key, ()))
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrived:
    row: InboxRow
    type: str
    passed: tuple[PassedRow, ...]
    replies: tuple[str, ...]

    def cells(self) -> Mapping[str, str]:
        row = self.row
        return {
            "arrived": _day(day_of(row.decided_at or row.received_at)),
            "number": str(row.arrival_number),
            "author": row.organ_name or row.sender,
            "code": row.title,
            "date": _day(row.document_date),
            "subject": _subject(self.type, row.subject),
            "unit": self._unit(),
            "passed": _day(day_of(self.passed[-1].passed_at)) if self.passed else "",
            "note": _note(_KINDS.get(row.business_kind, ""), _REQUESTS.get(row.business.request, "")),
        }

    def followed(self) -> Mapping[str, str]:
        row = self.row
        about = filter(None, (self.type, row.title, _day(row.document_date), row.organ_name or row.sender))
        return {
            "number": str(row.arrival_number),
            "document": ", ".join(about),
            "unit": self._unit(),
            "deadline": self._deadline(),
            "progress": _progress(row.business.progress),
            "reply": "; ".join(self.replies),
            "note": _note(self.passed[-1].note if self.passed else "", _REQUESTS.get(row.business.request, "")),
        }

    def _unit(self) -> str:
        last = self.passed[-1] if self.passed else None
        return "" if last is None else " – ".join(filter(None, (last.unit, last.person)))

    def _deadline(self) -> str:
        own = self.passed[-1].due if self.passed else None
        if own is None and self.row.due_at is not None:
            own = day_of(self.row.due_at)
        return _day(own or self.row.due_date)


def _paper(unit: NodeUnit, book: Book, span: Span, ids: Sequence[str]) -> Mapping[str, Line]:
    rows = unit.registers.paper(ids)
    changes = unit.registers.changes(book, span.agency, ids)
    return {
        key: filled(
            book,
            Line(key=key, paper=True),
            _followed_paper(row) if book is Book.FOLLOW_UP else row.cells,
            changes.get(key, ()),
        )
        for key, row in rows.items()
    }


def _followed_paper(row: PaperRow) -> Mapping[str, str]:
    cells = row.cells
    about = filter(None, (cells.get("subject", ""), cells.get("code", ""), cells.get("date", ""), cells["author"]))
    return {"number": str(row.number), "document": ", ".join(about), "unit": cells.get("unit", "")}


def _field(content: Content | None, name: str) -> str:
    return "" if content is None else content.fields.get(name, "")


def _subject(kind: str, subject: str) -> str:
    return f"{kind}. {subject}" if kind else subject


def _note(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _day(day: date | None) -> str:
    return "" if day is None else f"{day:%d/%m/%Y}"


def _progress(progress: Progress) -> str:
    entry = codelists.load("statuses").get(progress.value)
    return progress.value if entry is None else entry.label("vi")
