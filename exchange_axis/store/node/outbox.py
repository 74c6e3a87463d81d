"""Outbox rows: consignments made here, and how far each is.

Rule of this file: a row leaves the state `queued` once, and only from there; a late second answer changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from exchange_axis.domain.consignment import ConsignmentClass, Lane
from exchange_axis.domain.lifecycle import Business, DeliveryState, Progress, Request
from exchange_axis.store.node import tables as t
from exchange_axis.store.node.rows import AddresseeRow, OutboxRow, OutboxState
from exchange_axis.store.node.search import Found, prefix_of


class Outbox:
    """The outbox inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: OutboxRow, addressees: Iterable[AddresseeRow] = ()) -> None:
        self._connection.execute(t.outbox.insert().values(asdict(row) | {"lane_rank": row.lane.rank}))
        for addressee in addressees:
            self._connection.execute(t.addressee.insert().values(_addressee_values(addressee)))

    def get(self, consignment_id: str) -> OutboxRow | None:
        found = select(t.outbox).where(t.outbox.c.consignment_id == consignment_id)
        return _outbox(self._connection.execute(found).one_or_none())

    def by_key(self, key: str) -> OutboxRow | None:
        found = select(t.outbox).where(t.outbox.c.idempotency_key == key)
        return _outbox(self._connection.execute(found).one_or_none())

    def free_key(self, key: str) -> None:
        """Take the key from a refused row, so that the letter may be tried again as a new consignment."""
        refused = and_(t.outbox.c.idempotency_key == key, t.outbox.c.state == OutboxState.REFUSED.value)
        self._connection.execute(update(t.outbox).where(refused).values(idempotency_key=None))

    def due(self, now: datetime, *, urgent_only: bool = False, limit: int = 20) -> tuple[OutboxRow, ...]:
        """Queued rows whose time has come; by lane, in a lane the oldest first."""
        query = select(t.outbox).where(t.outbox.c.state == OutboxState.QUEUED.value, t.outbox.c.due_at <= now)
        if urgent_only:
            query = query.where(or_(t.outbox.c.lane_rank == 0, t.outbox.c.kind == ConsignmentClass.STATUS.value))
        query = query.where(~_waits_for_earlier()).order_by(t.outbox.c.lane_rank, t.outbox.c.seq).limit(limit)
        return _all(self._connection.execute(query))

    def next_due(self) -> datetime | None:
        """When the earliest queued row is due; None when nothing waits."""
        query = select(func.min(t.outbox.c.due_at)).where(t.outbox.c.state == OutboxState.QUEUED.value)
        earliest: datetime | None = self._connection.scalar(query)
        return earliest

    def answer(
        self, consignment_id: str, state: OutboxState, at: datetime, *, problem: str | None = None, warnings: str = "[]"
    ) -> bool:
        """Record the hub's answer; False when one was recorded before."""
        changes = {
            "state": state.value,
            "answered_at": at,
            "problem": problem,
            "warnings": warnings,
            "last_error": None,
        }
        return self._change_queued(consignment_id, changes)

    def postpone(self, consignment_id: str, *, until: datetime, error: str) -> None:
        """Note a failed attempt."""
        changes = {"due_at": until, "attempts": t.outbox.c.attempts + 1, "last_error": error[:1000]}
        self._change_queued(consignment_id, changes)

    def repeat(self, consignment_id: str, at: datetime) -> None:
        """Queue an accepted consignment again, with the same bytes: the hub shows that it does not know of it."""
        accepted = and_(t.outbox.c.consignment_id == consignment_id, t.outbox.c.state == OutboxState.ACCEPTED.value)
        changes = {"state": OutboxState.QUEUED.value, "due_at": at, "attempts": 0}
        self._connection.execute(update(t.outbox).where(accepted).values(changes))

    def letters(self, *, limit: int | None = 200, offset: int = 0) -> tuple[OutboxRow, ...]:
        """Newest first; `limit` None gives all."""
        query = select(t.outbox).where(t.outbox.c.kind == ConsignmentClass.LETTER.value)
        return _all(self._connection.execute(query.order_by(t.outbox.c.seq.desc()).limit(limit).offset(offset)))

    def statuses(self, letter_sender: str, consignment_id: str, recipient: str) -> tuple[OutboxRow, ...]:
        """What was said here about a letter received here; oldest first."""
        about = and_(
            t.outbox.c.in_reply_to == consignment_id,
            t.outbox.c.letter_sender == letter_sender,
            t.outbox.c.sender == recipient,
        )
        return _all(self._connection.execute(select(t.outbox).where(about).order_by(t.outbox.c.seq)))

    def count(self, state: OutboxState) -> int:
        query = select(func.count()).select_from(t.outbox).where(t.outbox.c.state == state.value)
        return self._connection.scalar(query) or 0

    def find(self, text: str, *, limit: int) -> tuple[Found, ...]:
        """Letters by id or its beginning, number/symbol, or DocumentId."""
        fits = [t.outbox.c.title == text, t.outbox.c.document_id == text]
        if prefix := prefix_of(text):
            fits.append(t.outbox.c.consignment_id.startswith(prefix, autoescape=True))
        columns = (t.outbox.c.consignment_id, t.outbox.c.title, t.outbox.c.sender)
        query = select(*columns).where(t.outbox.c.kind == ConsignmentClass.LETTER.value, or_(*fits))
        rows = self._connection.execute(query.order_by(t.outbox.c.seq.desc()).limit(limit))
        return tuple(Found(consignment_id=row[0], title=row[1], sender=row[2], recipient=None) for row in rows)

    def addressees(self, consignment_id: str) -> tuple[AddresseeRow, ...]:
        query = select(t.addressee).where(t.addressee.c.consignment_id == consignment_id)
        return tuple(map(_addressee, self._connection.execute(query.order_by(t.addressee.c.recipient))))

    def change_addressee(self, old: AddresseeRow, new: AddresseeRow) -> None:
        """Raises RuntimeError when the row is not as `old` says: a fault of ours."""
        key = and_(t.addressee.c.consignment_id == old.consignment_id, t.addressee.c.recipient == old.recipient)
        as_before = and_(key, *(t.addressee.c[name] == value for name, value in _progress_values(old).items()))
        changed = self._connection.execute(update(t.addressee).where(as_before).values(_addressee_values(new)))
        if changed.rowcount != 1:
            raise RuntimeError(f"addressee {old.recipient} of {old.consignment_id} changed underneath")

    def _change_queued(self, consignment_id: str, changes: dict[str, Any]) -> bool:
        queued = and_(t.outbox.c.consignment_id == consignment_id, t.outbox.c.state == OutboxState.QUEUED.value)
        return self._connection.execute(update(t.outbox).where(queued).values(changes)).rowcount == 1


def _all(rows: Iterable[Row[Any]]) -> tuple[OutboxRow, ...]:
    return tuple(found for row in rows if (found := _outbox(row)) is not None)


def _outbox(row: Row[Any] | None) -> OutboxRow | None:
    if row is None:
        return None
    values = dict(row._mapping)
    values["kind"] = ConsignmentClass(values["kind"])
    values["lane"] = Lane(values["lane"])
    values["state"] = OutboxState(values["state"])
    del values["seq"], values["lane_rank"]
    return OutboxRow(**values)


def _addressee(row: Row[Any]) -> AddresseeRow:
    values = dict(row._mapping)
    values["state"] = DeliveryState(values["state"])
    values["business"] = Business(progress=Progress(values.pop("progress")), request=Request(values.pop("request")))
    return AddresseeRow(**values)


def _addressee_values(row: AddresseeRow) -> dict[str, Any]:
    return _progress_values(row) | {
        "consignment_id": row.consignment_id,
        "recipient": row.recipient,
        "redirected_to": row.redirected_to,
        "changed_at": row.changed_at,
    }


def _progress_values(row: AddresseeRow) -> dict[str, str]:
    return {
        "state": row.state.value,
        "progress": row.business.progress.value,
        "request": row.business.request.value,
    }


def _waits_for_earlier() -> ColumnElement[bool]:
    """An earlier status about the same delivery is still queued: the hub takes no 03 before the 01."""
    earlier = t.outbox.alias()
    same = [earlier.c[name] == t.outbox.c[name] for name in ("in_reply_to", "letter_sender", "sender")]
    waiting = and_(earlier.c.state == OutboxState.QUEUED.value, earlier.c.seq < t.outbox.c.seq, *same)
    return select(earlier.c.seq).where(waiting).correlate(t.outbox).exists()
