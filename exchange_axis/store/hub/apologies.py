"""Letters of apology, and the overdue deliveries that they are about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, and_, or_, select

from exchange_axis.store.hub import apology_tables as a
from exchange_axis.store.hub import clock_tables as c
from exchange_axis.store.hub import tables as t

NOT_KEPT = ("open", "missed", "late")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApologyRow:
    consignment: int
    recipient: str
    agency: str
    number: str
    day: date
    link: str
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueDelivery:
    consignment: int
    consignment_id: str
    title: str | None
    recipient: str
    agency: str


def overdue(
    connection: Connection, named: str, recipients: Collection[str], at: datetime
) -> tuple[OverdueDelivery, ...]:
    """Deliveries to these of which a deadline passed; `named`: consignment id, beginning of it, number/symbol."""
    d, sent = c.deadline.c, t.consignment.c
    is_named = or_(sent.consignment_id.startswith(named, autoescape=True), sent.title == named)
    query = (
        select(d.consignment, sent.consignment_id, sent.title, d.recipient, d.agency)
        .join(t.consignment, sent.seq == d.consignment)
        .where(is_named, d.recipient.in_(sorted(recipients)), d.due_at < at, d.state.in_(NOT_KEPT))
        .distinct()
        .limit(10)
    )
    return tuple(OverdueDelivery(**row._mapping) for row in connection.execute(query))


def add(connection: Connection, row: ApologyRow) -> None:
    connection.execute(a.apology.insert(), {name: getattr(row, name) for name in row.__slots__})


def newest(connection: Connection, places: Collection[tuple[int, str]]) -> Mapping[tuple[int, str], ApologyRow]:
    """By number of the letter and recipient as addressed."""
    if not places:
        return {}
    letters = {consignment for consignment, _ in places}
    query = select(a.apology).where(and_(a.apology.c.consignment.in_(list(letters)))).order_by(a.apology.c.seq)
    found = {}
    for row in connection.execute(query):
        if (row.consignment, row.recipient) in places:
            values = {name: row._mapping[name] for name in ApologyRow.__slots__}
            found[row.consignment, row.recipient] = ApologyRow(**values)
    return found


def newest_of(connection: Connection, consignment_id: str, recipient: str) -> ApologyRow | None:
    query = select(a.apology).join(t.consignment, t.consignment.c.seq == a.apology.c.consignment)
    query = query.where(t.consignment.c.consignment_id == consignment_id, a.apology.c.recipient == recipient)
    row = connection.execute(query.order_by(a.apology.c.seq.desc()).limit(1)).first()
    return None if row is None else ApologyRow(**{name: row._mapping[name] for name in ApologyRow.__slots__})
