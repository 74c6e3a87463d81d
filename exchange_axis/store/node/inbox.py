"""Inbox rows: one for each letter and agency served here.

Rules of this file:
1. (sender, consignment id, recipient) is there once, whatever is delivered again.
2. Progress changes only from what the caller expects; otherwise nothing happens and he is told.
3. An arrival number of an agency and year is there once; which one is given is decided in `numbers`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, or_, select, update

from exchange_axis.domain.consignment import Lane, Origin
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import ASKED, FROZEN, Business, Progress, Request
from exchange_axis.store.node import tables as t
from exchange_axis.store.node.rows import InboxRow
from exchange_axis.store.node.search import Found, prefix_of
from exchange_axis.store.node.within import EVERYTHING_HERE, Within

# Statements that every letter needs are built once: building one costs several times as much as running it.
_ADD = t.inbox.insert()
_BY_KEY = select(t.inbox).where(
    *(t.inbox.c[name] == bindparam(name) for name in ("sender", "consignment_id", "recipient"))
)
_OF_CONSIGNMENT = select(t.inbox).where(t.inbox.c.consignment_id == bindparam("id")).order_by(t.inbox.c.seq)
_ASKED = [request.value for request in ASKED]
_FROZEN = [request.value for request in FROZEN]
_UNACCEPTED = [Progress.DELIVERED.value, Progress.ARRIVED.value, Progress.REFUSED.value]


class Inbox:
    """The inbox inside one unit of work."""

    def __init__(self, connection: Connection, within: Within = EVERYTHING_HERE) -> None:
        self._connection = connection
        self._within = within

    def add(self, row: InboxRow) -> None:
        values = asdict(row) | {"lane_rank": row.lane.rank} | _business_values(row.business)
        del values["seq"], values["business"]
        self._connection.execute(_ADD, values)

    def get(self, sender: str, consignment_id: str, recipient: str) -> InboxRow | None:
        key = {"sender": sender, "consignment_id": consignment_id, "recipient": recipient}
        row = self._connection.execute(_BY_KEY, key).one_or_none()
        return None if row is None or not self._within.has(recipient) else _inbox(row)

    def of_consignment(self, consignment_id: str) -> tuple[InboxRow, ...]:
        return self._within.only(inbox_rows(self._connection.execute(_OF_CONSIGNMENT, {"id": consignment_id})))

    def letters(
        self, *, recipient: str | None = None, by_due: bool = False, limit: int | None = 200, offset: int = 0
    ) -> tuple[InboxRow, ...]:
        """Most urgent lane first, in a lane the newest first; `limit` None gives all.

        Args:
            by_due: what is due first comes first, then what nothing is owed about.
        """
        query = select(t.inbox).where(self._within.of(t.inbox.c.recipient))
        if recipient is not None:
            query = query.where(t.inbox.c.recipient == recipient)
        order = (t.inbox.c.next_due.is_(None), t.inbox.c.next_due) if by_due else (t.inbox.c.lane_rank,)
        query = query.order_by(*order, t.inbox.c.seq.desc()).offset(offset).limit(limit)
        return inbox_rows(self._connection.execute(query))

    def find(self, text: str, *, limit: int, recipient: str | None = None) -> tuple[Found, ...]:
        """By id or its beginning, number/symbol, or DocumentId; of all agencies here, or what one of them received."""
        if not text:
            return ()  # the title of what was erased
        fits = [t.inbox.c.title == text, t.inbox.c.document_id == text]
        if prefix := prefix_of(text):
            fits.append(t.inbox.c.consignment_id.startswith(prefix, autoescape=True))
        columns = (t.inbox.c.consignment_id, t.inbox.c.title, t.inbox.c.sender, t.inbox.c.recipient)
        query = select(*columns).where(or_(*fits), self._within.of(t.inbox.c.recipient))
        if recipient is not None:
            query = query.where(t.inbox.c.recipient == recipient)
        rows = self._connection.execute(query.order_by(t.inbox.c.seq.desc()).limit(limit))
        return tuple(Found(consignment_id=row[0], title=row[1], sender=row[2], recipient=row[3]) for row in rows)

    def decide(
        self,
        old: InboxRow,
        business: Business,
        *,
        at: datetime,
        actor: str,
        arrival: tuple[int, int] | None = None,
        reason: str | None = None,
    ) -> bool:
        """Record what the clerk decided; False when the row is no longer as `old` says.

        Args:
            arrival: (year, number), given with the acceptance.
        """
        changes: dict[str, Any] = _business_values(business)
        if arrival is not None:
            changes |= {"arrival_year": arrival[0], "arrival_number": arrival[1]}
        if old.decided_at is None and business.progress is not old.business.progress:
            changes |= {"decided_at": at, "decided_by": actor, "reason": reason}
        return self._change(old, changes)

    def ask(self, old: InboxRow, business: Business) -> None:
        """Record what the sender asks; raises RuntimeError when the row is not as `old` says: a fault of ours."""
        if not self._change(old, _business_values(business)):
            raise RuntimeError(f"inbox row {old.seq} changed underneath")

    def open(self, seq: int, *, at: datetime, by: str) -> bool:
        """Note that somebody here reads it; False when somebody did before, or it is frozen."""
        unread = and_(t.inbox.c.seq == seq, t.inbox.c.opened_at.is_(None), t.inbox.c.request.not_in(_FROZEN))
        changes = {"opened_at": at, "opened_by": by}
        return self._connection.execute(update(t.inbox).where(unread).values(changes)).rowcount == 1

    def following(self, sender: str, consignment_id: str) -> tuple[InboxRow, ...]:
        """Letters of this sender about an earlier one, for any recipient here; oldest first."""
        about = and_(t.inbox.c.sender == sender, t.inbox.c.in_reply_to == consignment_id)
        rows = inbox_rows(self._connection.execute(select(t.inbox).where(about).order_by(t.inbox.c.seq)))
        return self._within.only(rows)

    def owing(self) -> tuple[InboxRow, ...]:
        """Rows whose sender waits for 15 or 16, and which nobody has accepted; oldest first."""
        asked = and_(t.inbox.c.request.in_(_ASKED), t.inbox.c.progress.in_(_UNACCEPTED))
        return inbox_rows(self._connection.execute(select(t.inbox).where(asked).order_by(t.inbox.c.seq)))

    def _change(self, old: InboxRow, changes: dict[str, Any]) -> bool:
        before = _business_values(old.business) | {"opened_at": old.opened_at}
        as_before = and_(t.inbox.c.seq == old.seq, *(t.inbox.c[name] == value for name, value in before.items()))
        changes = changes | {"counted": False}
        return self._connection.execute(update(t.inbox).where(as_before).values(changes)).rowcount == 1


def _business_values(business: Business) -> dict[str, str]:
    return {"progress": business.progress.value, "request": business.request.value}


def inbox_rows(rows: Iterable[Row[Any]]) -> tuple[InboxRow, ...]:
    return tuple(_inbox(row) for row in rows)


def _inbox(row: Row[Any]) -> InboxRow:
    values = dict(row._mapping)
    values["lane"] = Lane(values["lane"])
    values["origin"] = Origin(values["origin"])
    values["business_kind"] = BusinessKind(values["business_kind"])
    values["business"] = Business(progress=Progress(values.pop("progress")), request=Request(values.pop("request")))
    del values["lane_rank"], values["counted"]
    return InboxRow(**values)
