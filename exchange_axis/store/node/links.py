"""Rows of `chain_tables`: linked when they are written, listed newest first, and walked from the first to the last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, func, or_, select

from exchange_axis.store.chaining import START, chained
from exchange_axis.store.node.access_tables import access
from exchange_axis.store.node.chain_tables import record_link as t
from exchange_axis.store.node.setting_tables import setting_change


class Kept(StrEnum):
    SETTING = "setting"
    REASON = "reason"
    TAKEN = "taken"


_CONTENT: Final = {
    Kept.SETTING: (setting_change, ("seq", "at", "details")),
    Kept.REASON: (setting_change, ("seq", "reason", "reason_by", "reason_at")),
    Kept.TAKEN: (access, ("seq", "at", "actor", "action", "subject")),
}
"""What a link vouches for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedRow:
    """A line of the record; what does not belong to its kind is None."""

    seq: int
    at: datetime
    kind: Kept
    row: int
    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    details: str | None = None
    reason: str | None = None
    reason_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    links: int
    """How many there are."""
    digest: str


class Links:
    """This table inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, kind: Kept, row: int, *, at: datetime) -> None:
        """Of a row that was just written."""
        last = self._connection.execute(select(t.c.digest).order_by(t.c.seq.desc()).limit(1)).scalar_one_or_none()
        values: dict[str, Any] = {"at": at, "kind": kind.value, "row": row, "content": self._content(kind, row)}
        self._connection.execute(t.insert(), values | {"digest": chained(last or START, values)})

    def newest(
        self, *, limit: int, kind: Kept | None = None, who: str | None = None, before: int | None = None
    ) -> tuple[LinkedRow, ...]:
        a, s = access.c, setting_change.c
        query = (
            select(t.c.seq, t.c.at, t.c.kind, t.c.row, a.actor, a.action, a.subject, s.details, s.reason, s.reason_by)
            .outerjoin(access, and_(t.c.kind == Kept.TAKEN.value, a.seq == t.c.row))
            .outerjoin(setting_change, and_(t.c.kind != Kept.TAKEN.value, s.seq == t.c.row))
        )
        if kind is not None:
            query = query.where(t.c.kind == kind.value)
        if who:
            query = query.where(or_(a.actor == who, and_(t.c.kind == Kept.REASON.value, s.reason_by == who)))
        if before is not None:
            query = query.where(t.c.seq < before)
        rows = self._connection.execute(query.order_by(t.c.seq.desc()).limit(limit))
        return tuple(LinkedRow(**{**row._mapping, "kind": Kept(row.kind)}) for row in rows)

    def head(self, upto: int | None = None) -> Head:
        """After all links, or as it was after the first so many."""
        query = select(t.c.digest).order_by(t.c.seq)
        if upto is not None:
            digest = None if upto < 1 else self._connection.execute(query.offset(upto - 1).limit(1)).scalar()
            return Head(links=upto, digest=digest or START)
        count = int(self._connection.execute(select(func.count()).select_from(t)).scalar_one())
        return self.head(count)

    def broken(self) -> tuple[Kept, int] | None:
        """Kind and number of the first row that is not what was linked, or was never linked; None: all are."""
        newest: dict[tuple[str, int], str] = {}
        last = START
        for link in self._connection.execute(select(t).order_by(t.c.seq)):
            values = {name: link._mapping[name] for name in ("at", "kind", "row", "content")}
            if chained(last, values) != link.digest:
                return Kept(link.kind), link.row
            last = link.digest
            newest[link.kind, link.row] = link.content
        for kind in Kept:
            for number, content in self._written(kind):
                if newest.pop((kind.value, number), None) != content:
                    return kind, number
        return next(((Kept(kind), number) for kind, number in newest), None)

    def _content(self, kind: Kept, number: int) -> str:
        table, names = _CONTENT[kind]
        row = self._connection.execute(select(*(table.c[name] for name in names)).where(table.c.seq == number)).one()
        return _digest(row)

    def _written(self, kind: Kept) -> Iterator[tuple[int, str]]:
        table, names = _CONTENT[kind]
        query = select(*(table.c[name] for name in names)).order_by(table.c.seq)
        if kind is Kept.REASON:
            query = query.where(table.c.reason.is_not(None))
        for row in self._connection.execute(query):
            yield row.seq, _digest(row)


def _digest(row: Row[Any]) -> str:
    return chained("", dict(row._mapping))
