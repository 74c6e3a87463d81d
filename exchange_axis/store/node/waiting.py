"""Outbox rows that wait for the hub's answer, as an operator looks at them; and having them tried at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from exchange_axis.domain.evidence import Event
from exchange_axis.store.node import tables as t
from exchange_axis.store.node.disposal_tables import disposal
from exchange_axis.store.node.disposals import TAKEN_EFFECT
from exchange_axis.store.node.outbox import outbox_rows
from exchange_axis.store.node.rows import OutboxRow, OutboxState
from exchange_axis.store.node.within import EVERYTHING_HERE, Within

_o = t.outbox.c
_QUEUED = _o.state == OutboxState.QUEUED.value


class Waiting:
    """These rows inside one unit of work."""

    def __init__(self, connection: Connection, within: Within = EVERYTHING_HERE) -> None:
        self._connection = connection
        self._within = within

    def rows(self, *, limit: int | None = 200, offset: int = 0) -> tuple[OutboxRow, ...]:
        """Letters and statuses in the order in which they go."""
        query = (
            select(t.outbox)
            .where(_QUEUED, self._within.of(_o.sender))
            .order_by(_o.lane_rank, _o.seq)
            .limit(limit)
            .offset(offset)
        )
        return outbox_rows(self._connection.execute(query))

    def named(self, beginning: str) -> tuple[OutboxRow, ...]:
        """What may be tried again and has this id or beginning."""
        begins = _o.consignment_id.startswith(beginning.lower(), autoescape=True)
        rows = outbox_rows(self._connection.execute(select(t.outbox).where(begins, or_(_QUEUED, _unsigned()))))
        return self._within.only(rows)

    def try_now(self, consignment_id: str, at: datetime) -> bool:
        """Due now, as if never tried; False when it has its answer."""
        which = and_(_o.consignment_id == consignment_id, or_(_QUEUED, _unsigned()))
        values = {"state": OutboxState.QUEUED.value, "due_at": at, "problem": None, "answered_at": None}
        gone = select(disposal.c.seq).where(
            disposal.c.consignment_id == consignment_id, disposal.c.state.in_(TAKEN_EFFECT)
        )
        which = and_(which, ~gone.exists())
        with_it = and_(_o.waits_for == consignment_id, _o.state == OutboxState.REFUSED.value, _unproved())
        if self._connection.execute(update(t.outbox).where(which).values(values)).rowcount != 1:
            return False
        self._connection.execute(update(t.outbox).where(with_it).values(values))
        return True


def _unsigned() -> ColumnElement[bool]:
    """Refused without the hub's seal, and not only because what it was to go with was refused."""
    other = t.outbox.alias()
    alone = select(other.c.seq).where(
        other.c.consignment_id == _o.waits_for, other.c.state != OutboxState.ACCEPTED.value
    )
    return and_(_unproved(), ~alone.correlate(t.outbox).exists())


def _unproved() -> ColumnElement[bool]:
    """Nothing proves that it ended, so it may be tried again."""
    e = t.evidence.c
    proved = select(e.id).where(
        e.consignment_id == _o.consignment_id,
        e.container_sha256 == _o.container_sha256,
        e.event == Event.SUBMISSION_REJECTION.value,
    )
    # A rejection of bytes that could not be read names no consignment, only their digest.
    unread = select(e.id).where(
        e.consignment_id == "",
        e.container_sha256 == _o.container_sha256,
        e.event == Event.SUBMISSION_REJECTION.value,
    )
    return and_(_o.state == OutboxState.REFUSED.value, ~proved.exists(), ~unread.exists())
