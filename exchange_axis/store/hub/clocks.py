"""What clocks are counted from, read for many deliveries at once, and the rows that say which run or were not kept.

Every function runs inside the caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, select, update

from exchange_axis.domain.consignment import ConsignmentClass, Lane
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import Business, DeliveryState, Progress, Request
from exchange_axis.domain.moments import Said, Sent
from exchange_axis.store.engine import insert_new, locked
from exchange_axis.store.hub import clock_tables as c
from exchange_axis.store.hub import tables as t

AMENDING = (BusinessKind.REVOKE, BusinessKind.UPDATE, BusinessKind.REPLACE)
AT_ONCE = 500
"""Names in one list of a statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    seq: int
    sender: str
    consignment_id: str
    title: str | None
    """Number/symbol."""
    in_reply_to: str | None
    sent: Sent
    answers: tuple[tuple[str, str], ...]

    @property
    def name(self) -> tuple[str, str]:
        return self.sender, self.consignment_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One delivery, as far as its clocks need it."""

    seq: int
    consignment: int
    consignment_id: str
    recipient: str
    final_recipient: str
    peer: str
    is_held: bool
    """The next peer is the recipient's own node: what is to be said of it, this hub says."""
    state: DeliveryState
    business: Business
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A clock that runs or was not kept; the fields are those of the table."""

    seq: int = 0
    """Set by the database."""
    consignment: int
    recipient: str
    clock: str
    state: str
    sender: str
    agency: str
    starts: datetime
    due_at: datetime
    met_at: datetime | None
    basis: str
    certainty: str
    missing: str | None
    remind_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """A recall, update or replacement, and the letter that it is about."""

    kind: BusinessKind
    sender: str
    about: str
    consignment_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A numbered leaf and, where it is evidence, what that speaks of."""

    position: int
    event: Event | None
    own: bool
    consignment_id: str
    sender: str
    recipient: str | None


_ADD_CLOCK = c.deadline.insert()
_LEAVES = (
    select(
        t.leaf.c.position,
        t.evidence.c.event,
        t.evidence.c.own,
        t.evidence.c.consignment_id,
        t.evidence.c.sender,
        t.evidence.c.recipient,
    )
    .select_from(t.leaf.outerjoin(t.evidence, t.evidence.c.sha256 == t.leaf.c.sha256))
    .where(t.leaf.c.position >= bindparam("first"))
    .order_by(t.leaf.c.position)
    .limit(bindparam("most"))
)
_LETTERS = (
    select(
        t.consignment.c.seq,
        t.consignment.c.sender,
        t.consignment.c.consignment_id,
        t.consignment.c.title,
        t.consignment.c.in_reply_to,
        t.consignment.c.business_kind,
        t.consignment.c.lane,
        c.timing,
    )
    .join(c.timing, c.timing.c.consignment == t.consignment.c.seq)
    .where(t.consignment.c.kind == ConsignmentClass.LETTER.value)
)
_LETTERS_BY_ID = _LETTERS.where(t.consignment.c.consignment_id.in_(bindparam("ids", expanding=True)))
_LETTERS_BY_SEQ = _LETTERS.where(t.consignment.c.seq.in_(bindparam("seqs", expanding=True)))
_PASSAGES = (
    select(t.delivery, t.peer.c.kind.label("peer_kind"))
    .outerjoin(t.peer, t.peer.c.id == t.delivery.c.peer)
    .where(t.delivery.c.consignment.in_(bindparam("seqs", expanding=True)))
    .order_by(t.delivery.c.seq)
)
_PASSAGES_TO = _PASSAGES.where(t.delivery.c.recipient.in_(bindparam("recipients", expanding=True)))
_SAID = (
    select(
        t.evidence.c.sender,
        t.evidence.c.consignment_id,
        t.evidence.c.recipient,
        t.evidence.c.event,
        t.evidence.c.recorded_at,
        t.evidence.c.claimed_at,
    )
    .where(t.evidence.c.consignment_id.in_(bindparam("ids", expanding=True)))
    .where(t.evidence.c.recipient.in_(bindparam("recipients", expanding=True)))
)
_REPLIES = select(c.reply).where(c.reply.c.consignment.in_(bindparam("seqs", expanding=True)))
_CLOCKS = select(c.deadline).where(
    c.deadline.c.consignment.in_(bindparam("seqs", expanding=True)),
    c.deadline.c.recipient.in_(bindparam("recipients", expanding=True)),
)
_CHANGE_CLOCK = update(c.deadline).where(c.deadline.c.seq == bindparam("of_seq"))
_DROP_CLOCK = delete(c.deadline).where(c.deadline.c.seq == bindparam("of_seq"))


def heard(connection: Connection, first: int, most: int) -> tuple[Heard, ...]:
    """Numbered leaves from a position on, in their order."""
    return tuple(
        Heard(
            position=row.position,
            event=None if row.event is None else Event(row.event),
            own=bool(row.own),
            consignment_id=row.consignment_id or "",
            sender=row.sender or "",
            recipient=row.recipient,
        )
        for row in connection.execute(_LEAVES, {"first": first, "most": most})
    )


def letters(connection: Connection, ids: Collection[str]) -> tuple[Letter, ...]:
    found: list[Letter] = []
    for part in _parts(ids):
        found += (_letter(row._mapping) for row in connection.execute(_LETTERS_BY_ID, {"ids": part}))
    return tuple(found)


def letters_by_seq(connection: Connection, seqs: Collection[int]) -> tuple[Letter, ...]:
    found: list[Letter] = []
    for part in _parts(seqs):
        found += (_letter(row._mapping) for row in connection.execute(_LETTERS_BY_SEQ, {"seqs": part}))
    return tuple(found)


def answered(connection: Connection, sender: str, title: str, by: str) -> tuple[Letter, ...]:
    """Letters of that agency and number/symbol that went to the agency which answers."""
    went = select(t.delivery.c.seq).where(
        t.delivery.c.consignment == t.consignment.c.seq, t.delivery.c.final_recipient == by
    )
    query = _LETTERS.where(t.consignment.c.title == title, t.consignment.c.sender == sender, went.exists())
    return tuple(_letter(row._mapping) for row in connection.execute(query))


def add_reply(connection: Connection, consignment: int, agency: str, *, at: datetime, answer: str) -> bool:
    """False when it was answered before."""
    return insert_new(connection, c.reply, {"consignment": consignment, "agency": agency, "at": at, "answer": answer})


def amendments(connection: Connection, names: Collection[tuple[str, str]]) -> tuple[Amendment, ...]:
    """Of the letters of these names (sender, id), oldest first."""
    s = t.consignment.c
    found: list[Amendment] = []
    for part in _parts(names):
        query = select(s.business_kind, s.sender, s.in_reply_to, s.consignment_id, s.received_at)
        query = query.where(s.sender.in_({sender for sender, _ in part}), s.in_reply_to.in_({name for _, name in part}))
        found += (
            Amendment(
                kind=BusinessKind(row.business_kind),
                sender=row.sender,
                about=row.in_reply_to,
                consignment_id=row.consignment_id,
                received_at=row.received_at,
            )
            for row in connection.execute(query.where(s.business_kind.in_(AMENDING)).order_by(s.seq))
            if (row.sender, row.in_reply_to) in part
        )
    return tuple(found)


def passages(
    connection: Connection, seqs: Collection[int], recipients: Collection[str] | None = None
) -> tuple[Passage, ...]:
    """Deliveries of these letters, to these recipients or to all."""
    found: list[Passage] = []
    for part in _parts(seqs):
        if recipients is None:
            found += (_passage(row._mapping) for row in connection.execute(_PASSAGES, {"seqs": part}))
            continue
        for codes in _parts(recipients):
            rows = connection.execute(_PASSAGES_TO, {"seqs": part, "recipients": codes})
            found += (_passage(row._mapping) for row in rows)
    return tuple(found)


def passage(connection: Connection, consignment: int, recipient: str) -> Passage | None:
    """One delivery; nobody else moves it until the transaction ends."""
    connection.execute(
        locked(
            select(t.delivery.c.seq).where(t.delivery.c.consignment == consignment, t.delivery.c.recipient == recipient)
        )
    )
    found = passages(connection, [consignment], [recipient])
    return found[0] if found else None


def said(
    connection: Connection, ids: Collection[str], recipients: Collection[str]
) -> Mapping[tuple[str, str, str], tuple[Said, ...]]:
    """Evidence by (sender, consignment id, recipient), for any of these ids and any of these recipients."""
    found: dict[tuple[str, str, str], list[Said]] = {}
    for part in _parts(ids):
        for codes in _parts(recipients):
            for row in connection.execute(_SAID, {"ids": part, "recipients": codes}):
                one = Said(event=Event(row.event), recorded_at=row.recorded_at, claimed_at=row.claimed_at)
                found.setdefault((row.sender, row.consignment_id, row.recipient), []).append(one)
    return {key: tuple(values) for key, values in found.items()}


def replies(connection: Connection, seqs: Collection[int]) -> Mapping[tuple[int, str], datetime]:
    """When each letter was first answered, by (letter, answering agency)."""
    found: dict[tuple[int, str], datetime] = {}
    for part in _parts(seqs):
        for row in connection.execute(_REPLIES, {"seqs": part}):
            found[row.consignment, row.agency] = row.at
    return found


def clocks(connection: Connection, seqs: Collection[int], recipients: Collection[str]) -> tuple[Clock, ...]:
    found: list[Clock] = []
    for part in _parts(seqs):
        for codes in _parts(recipients):
            rows = connection.execute(_CLOCKS, {"seqs": part, "recipients": codes})
            found += (Clock(**row._mapping) for row in rows)
    return tuple(found)


def keep(connection: Connection, before: Iterable[Clock], after: Iterable[Clock]) -> None:
    """Make the rows those of `after`; what is the same stays as it is."""
    old = {_name(row): row for row in before}
    new = {_name(row): row for row in after}
    gone = [{"of_seq": row.seq} for name, row in old.items() if name not in new]
    fresh = [_values(row) for name, row in new.items() if name not in old]
    changed = [
        {"of_seq": old[name].seq, **_values(row)}
        for name, row in new.items()
        if name in old and _values(old[name]) != _values(row)
    ]
    if gone:
        connection.execute(_DROP_CLOCK, gone)
    if fresh:
        connection.execute(_ADD_CLOCK, fresh)
    if changed:
        connection.execute(_CHANGE_CLOCK, changed)


def numbered(connection: Connection, after: int, most: int) -> tuple[tuple[int, int, str], ...]:
    """(Number, letter, recipient) of the rows behind that number."""
    query = select(c.deadline.c.seq, c.deadline.c.consignment, c.deadline.c.recipient)
    query = query.where(c.deadline.c.seq > after).order_by(c.deadline.c.seq).limit(most)
    return tuple((row[0], row[1], row[2]) for row in connection.execute(query))


def _name(row: Clock) -> tuple[int, str, str]:
    return row.consignment, row.recipient, row.clock


def _values(row: Clock) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__ if name != "seq"}


def _parts(values: Collection[Any]) -> Iterable[Sequence[Any]]:
    every = sorted(set(values))
    return (every[start : start + AT_ONCE] for start in range(0, len(every), AT_ONCE))


def _letter(row: RowMapping) -> Letter:
    return Letter(
        seq=row["seq"],
        sender=row["sender"],
        consignment_id=row["consignment_id"],
        title=row["title"],
        in_reply_to=row["in_reply_to"],
        sent=Sent(
            kind=BusinessKind(row["business_kind"] or BusinessKind.NEW),
            lane=Lane(row["lane"]),
            signed_at=row["signed_at"],
            accepted_at=row["accepted_at"],
            reply_due=row["reply_due"],
        ),
        answers=tuple((agency, title) for agency, title in json.loads(row["answers"] or "[]")),
    )


def _passage(row: RowMapping) -> Passage:
    return Passage(
        seq=row["seq"],
        consignment=row["consignment"],
        consignment_id=row["consignment_id"],
        recipient=row["recipient"],
        final_recipient=row["final_recipient"],
        peer=row["peer"],
        is_held=row["peer_kind"] == "node",
        state=DeliveryState(row["state"]),
        business=Business(progress=Progress(row["progress"]), request=Request(row["request"])),
        changed_at=row["changed_at"],
    )
