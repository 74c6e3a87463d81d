"""What is owed about received letters, and the moments that clocks are counted from.

Rule of this file: `next_due` of an inbox row follows from its state, from what was said about it and the calendar.
Whatever may change it marks the row; whoever lists rows counts the marked ones first (`node.clocks`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from exchange_axis.domain.consignment import ConsignmentClass
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.lifecycle import DeliveryState
from exchange_axis.store.engine import insert_new
from exchange_axis.store.node import tables as t
from exchange_axis.store.node.inbox import inbox_rows
from exchange_axis.store.node.outbox import outbox_rows
from exchange_axis.store.node.rows import InboxRow, OutboxRow, OutboxState
from exchange_axis.store.node.within import EVERYTHING_HERE, Within

_CALENDAR = "calendar"
_AT_ONCE = 1_000
"""Letters named in one statement."""
_I, _O, _R, _E = t.inbox.c, t.outbox.c, t.reply.c, t.evidence.c
_PENDING = [state.value for state in DeliveryState if state.is_pending]
# Statements that every letter needs are built once: building one costs several times as much as running it.
_ADD_REPLY = t.reply.insert()
_REPLIES = select(_R.letter_sender, _R.title).where(_R.consignment_id == bindparam("id"))
_UNCOUNTED = select(t.inbox).where(_I.counted.is_(False)).order_by(_I.seq).limit(bindparam("most"))
_SET_NEXT = update(t.inbox).where(
    _I.seq == bindparam("of_seq"), _I.progress == bindparam("of_progress"), _I.request == bindparam("of_request")
)
_EVENTS = select(_E.consignment_id, _E.recipients, _E.recorded_at, _E.claimed_at).where(
    _E.consignment_id.in_(bindparam("ids", expanding=True)), _E.event == bindparam("event")
)


class Clocks:
    """These columns inside one unit of work."""

    def __init__(self, connection: Connection, within: Within = EVERYTHING_HERE) -> None:
        self._connection = connection
        self._within = within

    def uncounted(self, limit: int) -> tuple[InboxRow, ...]:
        """Rows whose next due time is to be counted, oldest first."""
        return inbox_rows(self._connection.execute(_UNCOUNTED, {"most": limit}))

    def set_next(self, row: InboxRow, clock: str | None, due: datetime | None) -> None:
        """Note what is owed next; a row that has moved meanwhile stays marked."""
        before = {"of_progress": row.business.progress.value, "of_request": row.business.request.value}
        changes = {"next_clock": clock, "next_due": due, "counted": True}
        self._connection.execute(_SET_NEXT, {"of_seq": row.seq, **before, **changes})

    def count_open_anew(self) -> None:
        """Mark every row about which something is owed."""
        self._connection.execute(update(t.inbox).where(_I.next_due.is_not(None)).values(counted=False))

    def owing(self, *, agency: str | None, limit: int) -> tuple[InboxRow, ...]:
        """Rows about which something is owed, what is due first first."""
        query = select(t.inbox).where(_I.next_due.is_not(None), self._within.of(_I.recipient))
        if agency is not None:
            query = query.where(_I.recipient == agency)
        return inbox_rows(self._connection.execute(query.order_by(_I.next_due, _I.seq).limit(limit)))

    def awaiting(self, *, agency: str | None, limit: int, offset: int) -> tuple[OutboxRow, ...]:
        """Letters sent from here that wait for the hub's answer or for a handover; oldest first."""
        pending = select(t.addressee.c.consignment_id).where(t.addressee.c.state.in_(_PENDING))
        under_way = and_(_O.state == OutboxState.ACCEPTED.value, _O.consignment_id.in_(pending))
        query = select(t.outbox).where(
            _O.kind == ConsignmentClass.LETTER.value,
            or_(_O.state == OutboxState.QUEUED.value, under_way),
            self._within.of(_O.sender),
        )
        if agency is not None:
            query = query.where(_O.sender == agency)
        return outbox_rows(self._connection.execute(query.order_by(_O.seq).limit(limit).offset(offset)))

    def add_replies(self, consignment_id: str, answered: Iterable[tuple[str, str]]) -> None:
        """(Agency, number/symbol) of the letters that a letter sent from here answers."""
        for sender, title in answered:
            values = {"consignment_id": consignment_id, "letter_sender": sender, "title": title[:200]}
            self._connection.execute(_ADD_REPLY, values)

    def replied(self, consignment_id: str) -> None:
        """The hub has accepted a letter: what is owed about those that it answers is counted anew."""
        for sender, title in self._connection.execute(_REPLIES, {"id": consignment_id}).all():
            answered = and_(_I.sender == sender, _I.title == title)
            self._connection.execute(update(t.inbox).where(answered).values(counted=False))

    def replied_at(self, row: InboxRow) -> datetime | None:
        """When the first letter of its recipient that answers it was accepted."""
        answers = select(func.min(t.outbox.c.answered_at)).join(t.reply, _R.consignment_id == t.outbox.c.consignment_id)
        answers = answers.where(_R.letter_sender == row.sender, _R.title == row.title[:200])
        accepted = t.outbox.c.state == OutboxState.ACCEPTED.value
        found: datetime | None = self._connection.scalar(answers.where(t.outbox.c.sender == row.recipient, accepted))
        return found

    def accepted_at(self, ids: Collection[str]) -> Mapping[str, datetime]:
        """When the first hub accepted these letters, by its clock."""
        return {row.consignment_id: row.recorded_at for row in self._evidence(ids, Event.SUBMISSION_ACCEPTANCE)}

    def handed_over_at(self, ids: Collection[str]) -> Mapping[tuple[str, str], datetime]:
        """The legal time of receipt of these letters, by letter and recipient."""
        return {
            (row.consignment_id, recipient): row.claimed_at or row.recorded_at
            for row in self._evidence(ids, Event.CONTENT_HANDOVER)
            for recipient in json.loads(row.recipients)
        }

    def _evidence(self, ids: Collection[str], event: Event) -> Iterator[Any]:
        named = list(ids)
        for start in range(0, len(named), _AT_ONCE):
            part = {"ids": named[start : start + _AT_ONCE], "event": event.value}
            yield from self._connection.execute(_EVENTS, part)

    def counted_with(self) -> int | None:
        """What the due times were counted with, as `set_counted_with` noted it."""
        return self._connection.scalar(select(t.cursor.c.position).where(t.cursor.c.name == _CALENDAR))

    def set_counted_with(self, fingerprint: int) -> None:
        if not insert_new(self._connection, t.cursor, {"name": _CALENDAR, "position": fingerprint}):
            change = update(t.cursor).where(t.cursor.c.name == _CALENDAR)
            self._connection.execute(change.values(position=fingerprint))
