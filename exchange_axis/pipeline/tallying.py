"""Sealing a day's tally, hearing the neighbour's, and finding where they differ: the same on a hub and on a node.

Rules of this file:
1. A tally is of a day that is over, and is sealed anew only when its lines have changed.
2. The neighbour's lines count only if their digest, number and sums are those that it sealed.
3. A comparison names letters; nothing of it changes anything else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Protocol, TypeVar

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.tally import Difference, TallyLine, compare, counts_of, window
from exchange_axis.errors import AxisError, NotFound
from exchange_axis.pipeline.issue import as_document
from exchange_axis.ports import Document, DocumentKind
from exchange_axis.store.tally_rows import ComparedRow, TallyRow, TallyRows
from exchange_axis.wire.tally import Tally, pack, read_lines, unpack, write_lines, write_tally

T = TypeVar("T")
MARGIN = timedelta(minutes=10)
"""After midnight before a day is tallied: what was said before it has then been told, as a rule."""
LOOK_BACK = 7
"""Days for which a difference is looked at again."""
KEPT = 1_000
"""Differences that are kept by name; all are counted."""


class DayNotOver(AxisError):
    code: ClassVar[str] = "tally.day-not-over"
    vi: ClassVar[str] = "Ngày {day} chưa hết, chưa đối soát được"
    en: ClassVar[str] = "The day {day} is not over yet and cannot be tallied"
    remedy_vi: ClassVar[str] = "Đối soát sau 00:10 ngày hôm sau, giờ Việt Nam"
    remedy_en: ClassVar[str] = "Tally it after 00:10 of the next day, Vietnam time"


class TallyMismatch(AxisError):
    code: ClassVar[str] = "tally.mismatch"
    vi: ClassVar[str] = "Bảng đối soát không khớp: {what}"
    en: ClassVar[str] = "The tally does not fit: {what}"
    remedy_vi: ClassVar[str] = "Kiểm tra phiên bản phần mềm của bên kia rồi lập lại: axis node tally"
    remedy_en: ClassVar[str] = "Check the version of the other side's program and make the tally again: axis node tally"


class House(Protocol):
    """The hub or node whose books these are."""

    id: str
    element: str
    """What it is in a tally: Hub or Node."""

    def now(self) -> datetime: ...

    def first(self) -> datetime | None:
        """When the first receipt that is here was recorded."""
        ...

    def lines(self, peer: str, day: date) -> tuple[TallyLine, ...]: ...

    def seal(self, xml: bytes, at: datetime) -> bytes: ...

    def verified(self, document: Document, peer: str) -> Tally:
        """Raises a refusal if it is not the peer's own."""
        ...

    def keep(self, row: TallyRow) -> None:
        """Durable when it returns, and in the log where there is one; once, however often."""
        ...

    def read(self, work: Callable[[TallyRows], T]) -> T: ...

    def write(self, work: Callable[[TallyRows], T]) -> T: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side's tally as it is shown."""

    sha256: str
    lines_sha256: str
    count: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    giver: str
    event: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayView:
    """How a day stands with one neighbour."""

    day: date
    peer: str
    own: Side | None
    theirs: Side | None
    agrees: bool | None
    """None: nothing of the other side has come."""
    counts: tuple[Counted, ...]
    """Ours."""
    difference_count: int
    differences: tuple[dict[str, Any], ...]
    """The first of them."""
    compared_at: datetime | None


class TallyBook:
    def __init__(self, house: House) -> None:
        self._house = house

    def require_over(self, day: date) -> None:
        """
        Raises:
            DayNotOver.
        """
        if self._house.now() < window(day)[1]:
            raise DayNotOver(day=day.isoformat())

    def own(self, day: date, peer: str) -> TallyRow:
        """Ours of that day as it stands now, sealed; the stored one if nothing has changed.

        Raises:
            DayNotOver.
        """
        self.require_over(day)
        found = self._house.lines(peer, day)
        lines = write_lines(found)
        digest = hashlib.sha256(lines).hexdigest()
        known = self._house.read(lambda rows: rows.newest(day, peer, own=True))
        if known is not None and known.lines_sha256 == digest:
            return known
        at = self._house.now()
        tally = Tally(
            keeper=self._house.id,
            element=self._house.element,
            peer=peer,
            day=day,
            at=at,
            count=len(found),
            lines_sha256=digest,
            counts=counts_of(found),
        )
        document = as_document(DocumentKind.TALLY, self._house.seal(write_tally(tally), at))
        return self._kept(_row(tally, document, lines, peer=peer, own=True))

    def hear(self, peer: str, document: Document, packed: bytes) -> TallyRow:
        """Keep the neighbour's sealed tally with its lines.

        Raises:
            Refusal: of its seal; TallyMismatch, TallyLinesUnreadable: it does not hold together; DayNotOver.
        """
        tally = self._house.verified(document, peer)
        if (tally.keeper, tally.peer) != (peer, self._house.id):
            raise TallyMismatch(what="peer")
        self.require_over(tally.day)
        lines = unpack(packed)
        found = read_lines(lines)
        for what, fits in {
            "lines": hashlib.sha256(lines).hexdigest() == tally.lines_sha256,
            "count": len(found) == len({line.key for line in found}) == tally.count,
            "events": dict(counts_of(found)) == dict(tally.counts),
        }.items():
            if not fits:
                raise TallyMismatch(what=what)
        return self._kept(_row(tally, document, lines, peer=peer, own=False))

    def reconcile(self, day: date, peer: str) -> tuple[Difference, ...]:
        """Compare ours with what the neighbour said last; the result is kept.

        Raises:
            DayNotOver, NotFound: the neighbour has said nothing.
        """
        own, theirs = self.own(day, peer), self.file(day, peer, own=False)
        found = compare(read_lines(unpack(own.lines)), read_lines(unpack(theirs.lines)))
        row = ComparedRow(
            day=day,
            peer=peer,
            own=own.seq,
            theirs=theirs.seq,
            differences=len(found),
            found=json.dumps([shown(one) for one in found[:KEPT]], ensure_ascii=False),
            at=self._house.now(),
        )
        self._house.write(lambda rows: rows.keep_comparison(row))
        return found

    def due(self, peer: str) -> tuple[date, ...]:
        """Days that are over and have not been found to agree, oldest first."""
        first, now = self._house.first(), self._house.now()
        if first is None:
            return ()
        today, since = day_of(now - MARGIN), day_of(first)
        days = [today - timedelta(days=back) for back in range(LOOK_BACK, 0, -1)]

        def work(rows: TallyRows) -> tuple[date, ...]:
            found = {day: rows.comparison(day, peer) for day in days if day >= since}
            return tuple(day for day, row in found.items() if row is None or row.differences)

        return self._house.read(work)

    def view(self, day: date, peer: str) -> DayView:
        """As stored; nothing is sealed or compared by asking."""

        def work(rows: TallyRows) -> DayView:
            own, theirs = (rows.newest(day, peer, own=side) for side in (True, False))
            compared = rows.comparison(day, peer)
            counted = () if own is None else counts_of(read_lines(unpack(own.lines))).items()
            return DayView(
                day=day,
                peer=peer,
                own=_side(own),
                theirs=_side(theirs),
                agrees=None if compared is None else not compared.differences,
                counts=tuple(Counted(giver=giver, event=event, number=number) for (giver, event), number in counted),
                difference_count=0 if compared is None else compared.differences,
                differences=() if compared is None else tuple(json.loads(compared.found)),
                compared_at=None if compared is None else compared.at,
            )

        return self._house.read(work)

    def views(self, day: date) -> tuple[DayView, ...]:
        """With every neighbour that has a tally of that day."""
        return tuple(self.view(day, peer) for peer in sorted(self._house.read(lambda rows: rows.peers(day))))

    def results(self, day: date) -> tuple[bool | None, ...]:
        """One for each neighbour with a tally of that day: agrees, differs, or the other side is missing."""

        def work(rows: TallyRows) -> tuple[bool | None, ...]:
            found = [rows.comparison(day, peer) for peer in rows.peers(day)]
            return tuple(None if row is None else not row.differences for row in found)

        return self._house.read(work)

    def days(self, limit: int) -> tuple[date, ...]:
        """Days with a tally, newest first."""
        return self._house.read(lambda rows: rows.days(limit))

    def files(self, day: date, peer: str) -> tuple[TallyRow, ...]:
        """The newest tally of each side that is here: ours first."""

        def work(rows: TallyRows) -> tuple[TallyRow, ...]:
            found = (rows.newest(day, peer, own=side) for side in (True, False))
            return tuple(row for row in found if row is not None)

        return self._house.read(work)

    def file(self, day: date, peer: str, *, own: bool) -> TallyRow:
        """
        Raises:
            NotFound.
        """
        row = self._house.read(lambda rows: rows.newest(day, peer, own=own))
        if row is None:
            raise NotFound(what=f"{peer} {day}")
        return row

    def _kept(self, row: TallyRow) -> TallyRow:
        self._house.keep(row)
        kept = self._house.read(lambda rows: rows.newest(row.day, row.peer, own=row.own))
        if kept is None:
            raise AssertionError("a tally that was kept is there")
        return kept


def shown(found: Difference) -> dict[str, Any]:
    """For JSON."""
    return {
        "kind": found.kind.value,
        "giver": found.key.giver,
        "sender": found.key.sender,
        "consignment_id": found.key.consignment_id,
        "recipient": found.key.recipient,
        "here": list(found.here),
        "there": list(found.there),
    }


def _row(tally: Tally, document: Document, lines: bytes, *, peer: str, own: bool) -> TallyRow:
    return TallyRow(
        seq=0,
        day=tally.day,
        peer=peer,
        own=own,
        sha256=document.sha256,
        document=document.content,
        lines_sha256=tally.lines_sha256,
        lines=pack(lines),
        count=tally.count,
        at=tally.at,
    )


def _side(row: TallyRow | None) -> Side | None:
    if row is None:
        return None
    return Side(sha256=row.sha256, lines_sha256=row.lines_sha256, count=row.count, at=row.at)


def lines_in(row: TallyRow) -> bytes:
    """The file whose digest its tally names."""
    return unpack(row.lines)
