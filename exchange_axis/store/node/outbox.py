"""Outbox rows: consignments made here, and how far each is.

Rule of this file: a row leaves the state `queued` once, and only from there; a late second answer changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, func, or_, select, update

from exchange_axis.domain.consignment import ConsignmentClass, Lane
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import Business, DeliveryState, Progress, Request, StatusCode
from exchange_axis.domain.words import fold
from exchange_axis.ports import EVERYTHING, Wanted
from exchange_axis.store.node import tables as t
from exchange_axis.store.node.rows import AddresseeRow, OutboxRow, OutboxState
from exchange_axis.store.node.search import Found, prefix_of
from exchange_axis.store.node.sent_tables import sent_words
from exchange_axis.store.node.within import EVERYTHING_HERE, Within

_LETTERS = t.outbox.c.kind == ConsignmentClass.LETTER.value
_NOT_REFUSED = t.outbox.c.state != OutboxState.REFUSED.value


def _waits_for_earlier() -> ColumnElement[bool]:
    """What a status needs is still queued: an earlier one about the same delivery (the hub takes no 03 before the 01),
    the very letter that it takes back, or the update that asks for it."""
    earlier = t.outbox.alias()
    same = [earlier.c[name] == t.outbox.c[name] for name in ("in_reply_to", "letter_sender", "sender", "about")]
    letter = and_(earlier.c.consignment_id == t.outbox.c.in_reply_to, t.outbox.c.status_code.is_not(None))
    update_of_it = earlier.c.consignment_id == t.outbox.c.waits_for
    waiting = and_(
        earlier.c.state == OutboxState.QUEUED.value,
        earlier.c.seq < t.outbox.c.seq,
        or_(and_(*same), letter, update_of_it),
    )
    return select(earlier.c.seq).where(waiting).correlate(t.outbox).exists()


def _due(*more: ColumnElement[bool]) -> Select[Any]:
    o = t.outbox.c
    query = select(t.outbox).where(o.state == OutboxState.QUEUED.value, o.due_at <= bindparam("now"), *more)
    return query.where(~_waits_for_earlier()).order_by(o.lane_rank, o.seq).limit(bindparam("most"))


# Statements that every letter needs are built once: building one costs several times as much as running it.
_ADD, _ADD_ADDRESSEE, _ADD_WORDS = t.outbox.insert(), t.addressee.insert(), sent_words.insert()
_BY_ID = select(t.outbox).where(t.outbox.c.consignment_id == bindparam("id"))
_BY_IDEMPOTENCY_KEY = select(t.outbox).where(t.outbox.c.idempotency_key == bindparam("key"))
_DUE = _due()
_DUE_WANTED = _due(
    or_(t.outbox.c.lane_rank <= bindparam("rank"), t.outbox.c.kind == ConsignmentClass.STATUS.value),
    or_(t.outbox.c.lane_rank < Lane.THUONG.rank, t.outbox.c.size <= bindparam("bulk_above")),
)
_NO_BULK = 2**62
_ANSWER = update(t.outbox).where(
    t.outbox.c.consignment_id == bindparam("of_id"), t.outbox.c.state == OutboxState.QUEUED.value
)
_FREE_KEY = (
    update(t.outbox)
    .where(t.outbox.c.idempotency_key == bindparam("of_key"), t.outbox.c.state == OutboxState.REFUSED.value)
    .values(idempotency_key=None)
)
_ADDRESSEES = (
    select(t.addressee).where(t.addressee.c.consignment_id == bindparam("id")).order_by(t.addressee.c.recipient)
)
_ADDRESSEES_OF = (
    select(t.addressee)
    .where(t.addressee.c.consignment_id.in_(bindparam("ids", expanding=True)))
    .order_by(t.addressee.c.consignment_id, t.addressee.c.recipient)
)
_AT_ONCE = 1_000
"""Consignments named in one statement."""
_CHANGE_ADDRESSEE = update(t.addressee).where(
    t.addressee.c.consignment_id == bindparam("of_id"),
    t.addressee.c.recipient == bindparam("of_recipient"),
    *(t.addressee.c[name] == bindparam(f"of_{name}") for name in ("state", "progress", "request")),
)


class Outbox:
    """The outbox inside one unit of work."""

    def __init__(self, connection: Connection, within: Within = EVERYTHING_HERE) -> None:
        self._connection = connection
        self._within = within

    def add(self, row: OutboxRow, addressees: Iterable[AddresseeRow] = ()) -> None:
        added = self._connection.execute(_ADD, asdict(row) | {"lane_rank": row.lane.rank}).inserted_primary_key
        if row.kind is ConsignmentClass.LETTER and added is not None:
            words = {"seq": added[0], "folded": fold(f"{row.title} {row.subject}")}
            self._connection.execute(_ADD_WORDS, words)
        if rows := [_addressee_values(addressee) for addressee in addressees]:
            self._connection.execute(_ADD_ADDRESSEE, rows)

    def get(self, consignment_id: str) -> OutboxRow | None:
        row = _outbox(self._connection.execute(_BY_ID, {"id": consignment_id}).one_or_none())
        return None if row is None or not self._within.has(row.sender) else row

    def by_key(self, key: str) -> OutboxRow | None:
        return _outbox(self._connection.execute(_BY_IDEMPOTENCY_KEY, {"key": key}).one_or_none())

    def free_key(self, key: str) -> None:
        """Take the key from a refused row, so that the letter may be tried again as a new consignment."""
        self._connection.execute(_FREE_KEY, {"of_key": key})

    def due(self, now: datetime, *, wanted: Wanted = EVERYTHING, limit: int = 20) -> tuple[OutboxRow, ...]:
        """Queued rows whose time has come; by lane, in a lane the oldest first. Statuses whatever lane is wanted."""
        values: dict[str, Any] = {"now": now, "most": limit}
        if wanted == EVERYTHING:
            return outbox_rows(self._connection.execute(_DUE, values))
        bulk_above = _NO_BULK if wanted.bulk_above is None else wanted.bulk_above
        values |= {"rank": wanted.least.rank, "bulk_above": bulk_above}
        return outbox_rows(self._connection.execute(_DUE_WANTED, values))

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
        return self._connection.execute(_ANSWER, {"of_id": consignment_id, **changes}).rowcount == 1

    def drop_waiting(self, consignment_id: str, at: datetime, *, problem: str) -> None:
        """The hub refused a letter: the statuses that were to go with it never go."""
        with_it = and_(t.outbox.c.waits_for == consignment_id, t.outbox.c.state == OutboxState.QUEUED.value)
        changes = {"state": OutboxState.REFUSED.value, "answered_at": at, "problem": problem}
        self._connection.execute(update(t.outbox).where(with_it).values(changes))

    def postpone(self, consignment_id: str, *, until: datetime, error: str) -> None:
        """Note a failed attempt."""
        changes = {"due_at": until, "attempts": t.outbox.c.attempts + 1, "last_error": error[:1000]}
        self._connection.execute(_ANSWER.values(changes), {"of_id": consignment_id})

    def repeat(self, consignment_id: str, at: datetime) -> None:
        """Queue an accepted consignment again, with the same bytes: the hub shows that it does not know of it."""
        accepted = and_(t.outbox.c.consignment_id == consignment_id, t.outbox.c.state == OutboxState.ACCEPTED.value)
        changes = {"state": OutboxState.QUEUED.value, "due_at": at, "attempts": 0}
        self._connection.execute(update(t.outbox).where(accepted).values(changes))

    def letters(self, *, sender: str | None = None, limit: int | None = 200, offset: int = 0) -> tuple[OutboxRow, ...]:
        """Newest first; `limit` None gives all."""
        query = select(t.outbox).where(_LETTERS, self._within.of(t.outbox.c.sender))
        if sender is not None:
            query = query.where(t.outbox.c.sender == sender)
        return outbox_rows(self._connection.execute(query.order_by(t.outbox.c.seq.desc()).limit(limit).offset(offset)))

    def statuses(self, letter_sender: str, consignment_id: str, recipient: str) -> tuple[OutboxRow, ...]:
        """What was said here about a letter received here; oldest first."""
        about = and_(
            t.outbox.c.in_reply_to == consignment_id,
            t.outbox.c.letter_sender == letter_sender,
            t.outbox.c.sender == recipient,
        )
        return self._within.only(outbox_rows(self._connection.execute(_by_age(about))))

    def take_backs(self, sender: str, consignment_id: str) -> tuple[OutboxRow, ...]:
        """The statuses 13 that were said about a letter sent from here; oldest first."""
        said = and_(t.outbox.c.sender == sender, t.outbox.c.status_code == StatusCode.TAKE_BACK.value)
        return self._within.only(
            outbox_rows(self._connection.execute(_by_age(said, t.outbox.c.in_reply_to == consignment_id)))
        )

    def following(self, sender: str, consignment_id: str) -> tuple[OutboxRow, ...]:
        """Letters of this sender about an earlier one, oldest first; without what the hub refused."""
        about = and_(t.outbox.c.sender == sender, t.outbox.c.in_reply_to == consignment_id)
        return self._within.only(outbox_rows(self._connection.execute(_by_age(about, _LETTERS, _NOT_REFUSED))))

    def family(self, sender: str, root: str) -> tuple[OutboxRow, ...]:
        """A letter and its updates; oldest first."""
        updates = and_(t.outbox.c.in_reply_to == root, t.outbox.c.business_kind == BusinessKind.UPDATE.value)
        which = or_(t.outbox.c.consignment_id == root, and_(updates, _NOT_REFUSED))
        return self._within.only(
            outbox_rows(self._connection.execute(_by_age(t.outbox.c.sender == sender, _LETTERS, which)))
        )

    def by_document(self, sender: str, document_id: str) -> OutboxRow | None:
        """The newest letter of that DocumentId that is not a recall itself; without what the hub refused."""
        named = and_(t.outbox.c.sender == sender, t.outbox.c.document_id == document_id)
        lasting = t.outbox.c.business_kind != BusinessKind.REVOKE.value
        rows = self._within.only(outbox_rows(self._connection.execute(_by_age(named, lasting, _LETTERS, _NOT_REFUSED))))
        return rows[-1] if rows else None

    def redistributing(self, letter_sender: str, consignment_id: str, agency: str) -> tuple[OutboxRow, ...]:
        """Letters in which an agency here passes a received one on; oldest first, without what the hub refused."""
        passed_on = and_(
            t.outbox.c.redistributes == consignment_id,
            t.outbox.c.redistributes_sender == letter_sender,
            t.outbox.c.sender == agency,
        )
        return self._within.only(outbox_rows(self._connection.execute(_by_age(passed_on, _LETTERS, _NOT_REFUSED))))

    def redistributed(self) -> tuple[tuple[str, str, str], ...]:
        """(sender, consignment id, agency here) of every received letter that was passed on."""
        columns = (t.outbox.c.redistributes_sender, t.outbox.c.redistributes, t.outbox.c.sender)
        query = select(*columns).where(t.outbox.c.redistributes.is_not(None)).distinct()
        return tuple((row[0], row[1], row[2]) for row in self._connection.execute(query))

    def count(self, state: OutboxState) -> int:
        query = select(func.count()).select_from(t.outbox).where(t.outbox.c.state == state.value)
        return self._connection.scalar(query) or 0

    def find(self, text: str, *, limit: int) -> tuple[Found, ...]:
        """Letters by id or its beginning, number/symbol, or DocumentId."""
        if not text:
            return ()  # the title of what was erased
        fits = [t.outbox.c.title == text, t.outbox.c.document_id == text]
        if prefix := prefix_of(text):
            fits.append(t.outbox.c.consignment_id.startswith(prefix, autoescape=True))
        columns = (t.outbox.c.consignment_id, t.outbox.c.title, t.outbox.c.sender)
        query = select(*columns).where(_LETTERS, or_(*fits), self._within.of(t.outbox.c.sender))
        rows = self._connection.execute(query.order_by(t.outbox.c.seq.desc()).limit(limit))
        return tuple(Found(consignment_id=row[0], title=row[1], sender=row[2], recipient=None) for row in rows)

    def addressees(self, consignment_id: str) -> tuple[AddresseeRow, ...]:
        return tuple(map(_addressee, self._connection.execute(_ADDRESSEES, {"id": consignment_id})))

    def addressees_of(self, consignments: Sequence[str]) -> Mapping[str, Sequence[AddresseeRow]]:
        """The same for many, by consignment id."""
        found: dict[str, list[AddresseeRow]] = {}
        for start in range(0, len(consignments), _AT_ONCE):
            for row in self._connection.execute(_ADDRESSEES_OF, {"ids": consignments[start : start + _AT_ONCE]}):
                found.setdefault(row.consignment_id, []).append(_addressee(row))
        return found

    def change_addressee(self, old: AddresseeRow, new: AddresseeRow) -> None:
        """Raises RuntimeError when the row is not as `old` says: a fault of ours."""
        key = {"of_id": old.consignment_id, "of_recipient": old.recipient}
        as_before = {f"of_{name}": value for name, value in _progress_values(old).items()}
        changed = self._connection.execute(_CHANGE_ADDRESSEE, {**key, **as_before, **_addressee_values(new)})
        if changed.rowcount != 1:
            raise RuntimeError(f"addressee {old.recipient} of {old.consignment_id} changed underneath")


def outbox_rows(rows: Iterable[Row[Any]]) -> tuple[OutboxRow, ...]:
    return tuple(found for row in rows if (found := _outbox(row)) is not None)


def _outbox(row: Row[Any] | None) -> OutboxRow | None:
    if row is None:
        return None
    values = dict(row._mapping)
    values["kind"] = ConsignmentClass(values["kind"])
    values["business_kind"] = BusinessKind(values["business_kind"])
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


def _by_age(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(t.outbox).where(*conditions).order_by(t.outbox.c.seq)
