"""Letters of apology recorded at a node, inside one unit of work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, select, update

from exchange_axis.domain.apology import RecordState
from exchange_axis.store.node.apology_tables import apology as t


@dataclass(frozen=True, slots=True, kw_only=True)
class ApologyRow:
    consignment_id: str
    recipient: str
    number: str
    day: date
    link: str
    recorded_by: str
    recorded_at: datetime
    state: RecordState | None = None
    """None: the hub has not answered yet."""
    said_vi: str = ""
    said_en: str = ""


class Apologies:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, row: ApologyRow) -> None:
        """In the place of an earlier one about the same letter."""
        self._connection.execute(delete(t).where(_of(row.consignment_id, row.recipient)))
        self._connection.execute(t.insert(), {name: getattr(row, name) for name in ApologyRow.__slots__})

    def of(self, consignment_id: str, recipient: str) -> ApologyRow | None:
        row = self._connection.execute(select(t).where(_of(consignment_id, recipient))).first()
        return None if row is None else _row(row)

    def waiting(self, limit: int = 100) -> tuple[ApologyRow, ...]:
        query = select(t).where(t.c.state.is_(None)).order_by(t.c.recorded_at).limit(limit)
        return tuple(_row(row) for row in self._connection.execute(query))

    def answer(self, row: ApologyRow, state: RecordState, *, vi: str = "", en: str = "") -> None:
        """Nothing if the clerk has recorded another one since."""
        same = and_(_of(row.consignment_id, row.recipient), t.c.recorded_at == row.recorded_at)
        self._connection.execute(update(t).where(same).values(state=state.value, said_vi=vi, said_en=en))


def _of(consignment_id: str, recipient: str) -> ColumnElement[bool]:
    return and_(t.c.consignment_id == consignment_id, t.c.recipient == recipient)


def _row(row: Row[Any]) -> ApologyRow:
    values = dict(row._mapping)
    return ApologyRow(**values | {"state": None if row.state is None else RecordState(row.state)})
