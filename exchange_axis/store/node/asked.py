"""Reminders asked for by hand, inside one unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, select, update

from exchange_axis.domain.reminders import Asked, AskedState
from exchange_axis.store.node.asked_tables import asked_reminder as t


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRow:
    consignment_id: str
    recipient: str
    asked_by: str
    asked_at: datetime
    state: AskedState | None = None
    """None: the hub has not been asked yet."""
    at: datetime | None = None
    """When the recipient was reminded, where it was."""


class AskedReminders:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, row: AskedRow) -> None:
        """In the place of an earlier wish for the same recipient."""
        self._connection.execute(delete(t).where(_of(row.consignment_id, row.recipient)))
        self._connection.execute(t.insert(), {name: getattr(row, name) for name in AskedRow.__slots__})

    def of(self, consignment_id: str) -> Mapping[str, AskedRow]:
        """By recipient."""
        rows = self._connection.execute(select(t).where(t.c.consignment_id == consignment_id))
        return {row.recipient: _row(row) for row in rows}

    def waiting(self, limit: int = 100) -> tuple[AskedRow, ...]:
        query = select(t).where(t.c.state.is_(None)).order_by(t.c.asked_at).limit(limit)
        return tuple(_row(row) for row in self._connection.execute(query))

    def answer(self, consignment_id: str, answer: Asked) -> None:
        change = update(t).where(_of(consignment_id, answer.recipient), t.c.state.is_(None))
        self._connection.execute(change.values(state=answer.state.value, at=answer.at))


def _of(consignment_id: str, recipient: str) -> ColumnElement[bool]:
    return and_(t.c.consignment_id == consignment_id, t.c.recipient == recipient)


def _row(row: Row[Any]) -> AskedRow:
    values = dict(row._mapping)
    return AskedRow(**values | {"state": None if row.state is None else AskedState(row.state)})
