"""Claims inside one unit of work: who works on a received letter, and the record of how that changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, delete, select

from exchange_axis.store.node import register_tables as t
from exchange_axis.store.node.rows import InboxRow
from exchange_axis.store.node.within import EVERYTHING_HERE, Within


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRow:
    sender: str
    consignment_id: str
    agency: str
    clerk: str
    claimed_at: datetime
    held_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimEventRow:
    event: str
    """claimed, taken-over, released."""
    clerk: str
    before: str | None
    """Of taken-over: who had it."""
    reason: str | None
    at: datetime


class Claims:
    def __init__(self, connection: Connection, within: Within = EVERYTHING_HERE) -> None:
        self._connection = connection
        self._within = within

    def of(self, row: InboxRow) -> ClaimRow | None:
        """The last claim, whether or not it has lapsed."""
        found = self._connection.execute(select(t.claim).where(_key(t.claim, row))).one_or_none()
        return None if found is None else _claim(found)

    def all(self, agency: str | None = None) -> tuple[ClaimRow, ...]:
        query = select(t.claim).where(self._within.of(t.claim.c.agency))
        if agency is not None:
            query = query.where(t.claim.c.agency == agency)
        return tuple(map(_claim, self._connection.execute(query)))

    def put(self, row: InboxRow, clerk: str, *, at: datetime, until: datetime) -> ClaimRow:
        """In place of whatever was there: the caller has judged it in this transaction."""
        values = _names(row) | {"clerk": clerk, "claimed_at": at, "held_until": until}
        self._connection.execute(delete(t.claim).where(_key(t.claim, row)))
        self._connection.execute(t.claim.insert(), values)
        return ClaimRow(**values)

    def drop(self, row: InboxRow) -> None:
        self._connection.execute(delete(t.claim).where(_key(t.claim, row)))

    def note(self, row: InboxRow, event: ClaimEventRow) -> None:
        values = {"event": event.event, "clerk": event.clerk, "before": event.before}
        self._connection.execute(
            t.claim_event.insert(), _names(row) | values | {"reason": event.reason, "at": event.at}
        )

    def history(self, row: InboxRow) -> tuple[ClaimEventRow, ...]:
        """Oldest first."""
        query = select(t.claim_event).where(_key(t.claim_event, row)).order_by(t.claim_event.c.seq)
        return tuple(
            ClaimEventRow(event=one.event, clerk=one.clerk, before=one.before, reason=one.reason, at=one.at)
            for one in self._connection.execute(query)
        )


def _key(table: Table, row: InboxRow) -> ColumnElement[bool]:
    return and_(*(table.c[name] == value for name, value in _names(row).items()))


def _names(row: InboxRow) -> dict[str, Any]:
    return {"sender": row.sender, "consignment_id": row.consignment_id, "agency": row.recipient}


def _claim(row: Row[Any]) -> ClaimRow:
    return ClaimRow(**row._mapping)
