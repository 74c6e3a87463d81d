"""Legal holds at a node: what must be kept whatever its people decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select, update

from exchange_axis.store.node import tables as t
from exchange_axis.store.node.disposal_tables import legal_hold


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    seq: int = 0
    sender: str | None
    consignment_id: str | None
    agency: str | None
    reason: str
    placed_by: str
    placed_at: datetime
    released_by: str | None = None
    released_at: datetime | None = None
    release_reason: str | None = None


class LegalHoldRows:
    """This table inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: HoldRow) -> int:
        values = {name: getattr(row, name) for name in row.__slots__ if name != "seq"}
        key = self._connection.execute(legal_hold.insert(), values).inserted_primary_key
        assert key is not None  # noqa: S101 - given for a single insert
        return int(key[0])

    def release(self, seq: int, *, by: str, at: datetime, reason: str) -> bool:
        """False when there is no such hold, or it has ended."""
        change = update(legal_hold).where(legal_hold.c.seq == seq, legal_hold.c.released_at.is_(None))
        values = {"released_by": by, "released_at": at, "release_reason": reason}
        return self._connection.execute(change.values(**values)).rowcount == 1

    def every(self, *, released: bool) -> tuple[HoldRow, ...]:
        query = select(legal_hold).order_by(legal_hold.c.seq)
        if not released:
            query = query.where(legal_hold.c.released_at.is_(None))
        return tuple(HoldRow(**row._mapping) for row in self._connection.execute(query))

    def on_letter(self, sender: str, consignment_id: str) -> tuple[HoldRow, ...]:
        """Holds in force on a letter: its own, and those on its sender or a recipient."""
        h, i, a = legal_hold.c, t.inbox.c, t.addressee.c
        came = select(i.recipient).where(i.sender == sender, i.consignment_id == consignment_id)
        sent = select(a.recipient).where(a.consignment_id == consignment_id)
        parties = {sender, *self._connection.execute(came).scalars(), *self._connection.execute(sent).scalars()}
        mine = and_(h.sender == sender, h.consignment_id == consignment_id)
        query = select(legal_hold).where(h.released_at.is_(None), or_(mine, h.agency.in_(sorted(parties))))
        return tuple(HoldRow(**row._mapping) for row in self._connection.execute(query.order_by(h.seq)))
