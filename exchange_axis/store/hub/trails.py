"""Rows for searching and counting, written from what the other tables say, and sums by the day that follow them.

Every function runs inside the caller's transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, delete, exists, func, insert, select, update

from exchange_axis.domain.consignment import ConsignmentClass
from exchange_axis.domain.evidence import Event
from exchange_axis.store.engine import insert_missing
from exchange_axis.store.hub import clock_tables as c
from exchange_axis.store.hub import file_tables as f
from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub import trail_tables as r
from exchange_axis.store.hub import trail_times
from exchange_axis.store.hub.state_tables import state_count
from exchange_axis.store.hub.trail_counters import AMOUNTS, SHAPES, Shape

AT_ONCE = 500
"""Names in one list of a statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What every delivery of a letter shares."""

    seq: int
    sender: str
    consignment_id: str
    received_at: datetime
    lane: str
    kind: str
    size: int
    in_reply_to: str | None
    doc_type: str
    paper: bool | None
    report: str
    """About the files, as JSON; empty where nobody has looked."""
    lead: int
    """Number of its first delivery."""
    repeats: bool
    """Its document had been sent before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailRow:
    """The fields are those of the table."""

    seq: int
    consignment: int
    lead: bool
    first: bool
    day: int
    received_at: datetime
    sender: str
    recipient: str
    final_recipient: str
    sender_tier: str
    recipient_tier: str
    lane: str
    doc_type: str
    kind: str
    size: int
    state: str
    progress: str
    request: str
    paper: bool | None
    by_agency: bool | None
    by_person: bool | None
    fully_valid: bool | None
    handed_at: datetime | None
    answered_at: datetime | None
    accepted: bool
    completed: bool
    reason: str | None
    same_day: bool | None
    k1: str
    k3: str
    take_back: str
    hub_seconds: int | None
    reader_seconds: int | None
    cancel_seconds: int | None
    hub_step: int | None
    reader_step: int | None


_OTHER = t.consignment.alias("other")
_REPEATS = exists().where(
    _OTHER.c.document_key == t.consignment.c.document_key,
    _OTHER.c.content_digest == t.consignment.c.content_digest,
    _OTHER.c.sender == t.consignment.c.sender,
    _OTHER.c.seq < t.consignment.c.seq,
)
_LEAD = select(func.min(t.delivery.c.seq)).where(t.delivery.c.consignment == t.consignment.c.seq).scalar_subquery()
_FACTS = (
    select(
        t.consignment.c.seq,
        t.consignment.c.sender,
        t.consignment.c.consignment_id,
        t.consignment.c.received_at,
        t.consignment.c.lane,
        t.consignment.c.business_kind,
        t.consignment.c.size,
        t.consignment.c.in_reply_to,
        r.letter_fact.c.doc_type,
        r.letter_fact.c.paper,
        f.file_report.c.document.label("report"),
        _LEAD.label("lead"),
        _REPEATS.label("repeats"),
    )
    .select_from(
        t.consignment.outerjoin(r.letter_fact, r.letter_fact.c.consignment == t.consignment.c.seq).outerjoin(
            f.file_report, f.file_report.c.consignment == t.consignment.c.seq
        )
    )
    .where(t.consignment.c.kind == ConsignmentClass.LETTER.value)
)
_FACTS_BY_ID = _FACTS.where(t.consignment.c.consignment_id.in_(bindparam("values", expanding=True)))
_FACTS_BY_SEQ = _FACTS.where(t.consignment.c.seq.in_(bindparam("values", expanding=True)))
_BEFORE = select(r.trail).where(r.trail.c.seq.in_(bindparam("values", expanding=True)))
_REFUSALS = select(t.evidence.c.sender, t.evidence.c.consignment_id, t.evidence.c.recipient, t.evidence.c.bytes).where(
    t.evidence.c.consignment_id.in_(bindparam("values", expanding=True)),
    t.evidence.c.event == Event.REFUSED.value,
)
_STEPS = select(
    *(r.trail.c[name] for name in ("day", "sender_tier", "recipient_tier", "lane", "doc_type")),
    *(r.trail.c[f"{what}_step"] for what in trail_times.PARTS),
).where(r.trail.c.seq.in_(bindparam("values", expanding=True)))
_STATES = select(r.trail.c.state, func.count()).group_by(r.trail.c.state)
_DROP = delete(r.trail).where(r.trail.c.seq.in_(bindparam("values", expanding=True)))


def facts(connection: Connection, *, ids: Collection[str] = (), seqs: Collection[int] = ()) -> tuple[Fact, ...]:
    """Of the letters with these consignment ids, or of these rows."""
    query = _FACTS_BY_ID if ids else _FACTS_BY_SEQ
    found = []
    for part in _parts(ids or seqs):
        for row in connection.execute(query, {"values": part}):
            values = dict(row._mapping)
            kind, doc_type = values.pop("business_kind") or "0", values.pop("doc_type") or ""
            report, lead = values.pop("report") or "", values.pop("lead") or 0
            found.append(Fact(**values, kind=kind, doc_type=doc_type, report=report, lead=lead))
    return tuple(found)


def refusals(connection: Connection, ids: Collection[str]) -> Iterator[tuple[tuple[str, str, str], bytes]]:
    """(sender, consignment id, recipient) of each refusal by a reader, with its evidence."""
    for part in _parts(ids):
        for row in connection.execute(_REFUSALS, {"values": part}):
            if row.recipient is not None:
                yield (row.sender, row.consignment_id, row.recipient), row.bytes


def before(connection: Connection, seqs: Collection[int]) -> Mapping[int, TrailRow]:
    """The rows of these deliveries as they stand."""
    found = {}
    for part in _parts(seqs):
        for row in connection.execute(_BEFORE, {"values": part}):
            found[row.seq] = TrailRow(**row._mapping)
    return found


def keep(connection: Connection, rows: Sequence[TrailRow]) -> None:
    """Put these rows in the place of those they follow, and move the sums of their days with them."""
    seqs = [row.seq for row in rows]
    minus, times = _sums(connection, seqs), trail_times.of_rows(_timed(connection, seqs))
    for part in _parts(seqs):
        connection.execute(_DROP, {"values": part})
    if rows:
        connection.execute(insert(r.trail), [_values(row) for row in rows])
    _move(connection, _sums(connection, seqs), minus)
    change = trail_times.of_rows(rows)
    change.subtract(times)
    trail_times.move(connection, change)
    whole = {key: Counter(deliveries=n) for key, n in sorted(trail_times.for_everybody(change).items()) if n}
    if whole:
        _add(connection, r.trail_time, whole)


def kin(connection: Connection, letters: Collection[Fact]) -> frozenset[int]:
    """The letters that these are about, and what else is about those: a recall moves all of them."""
    about = {(one.sender, one.in_reply_to) for one in letters if one.in_reply_to and one.kind != "0"}
    found: set[int] = set()
    s = t.consignment.c
    for part in _parts(about):
        query = select(s.seq, s.sender, s.consignment_id, s.in_reply_to).where(
            s.kind == ConsignmentClass.LETTER.value, s.sender.in_({sender for sender, _ in part})
        )
        names = {name for _, name in part}
        for column in (s.consignment_id, s.in_reply_to):
            for row in connection.execute(query.where(column.in_(names))):
                if (row.sender, row.consignment_id) in part or (row.sender, row.in_reply_to) in part:
                    found.add(row.seq)
    return frozenset(found)


def look_again(connection: Connection, consignment: int) -> None:
    """Something about this letter has changed of which the log says nothing."""
    connection.execute(insert(r.trail_due), {"consignment": consignment})


def take_due(connection: Connection, most: int) -> frozenset[int]:
    query = select(r.trail_due).order_by(r.trail_due.c.seq).limit(most)
    rows = connection.execute(query).all()
    for part in _parts([row.seq for row in rows]):
        connection.execute(delete(r.trail_due).where(r.trail_due.c.seq.in_(part)))
    return frozenset(row.consignment for row in rows)


def forget(connection: Connection) -> None:
    """Everything that can be counted anew, and how far the counting has come."""
    for table in (r.trail, r.trail_day, r.trail_time, r.trail_spread, r.trail_due, state_count):
        connection.execute(delete(table))
    connection.execute(update(c.follower).where(c.follower.c.name == "trail").values(position=0))


def recount(connection: Connection) -> None:
    """The sums anew from the rows."""
    for table in (r.trail_day, state_count):
        connection.execute(delete(table))
    connection.execute(insert(state_count).from_select(["state", "deliveries"], _STATES))
    for shape in SHAPES:
        query = _summed(shape)
        connection.execute(insert(r.trail_day).from_select([column.name for column in r.trail_day.c], query))
    trail_times.recount(connection)


def _summed(shape: Shape) -> Select[Any]:
    day = r.trail.c.day
    agency, *rest = shape.keys
    columns: list[ColumnElement[Any]] = [bindparam(None, shape.side, unique=True), agency, day, *rest, *AMOUNTS]
    return select(*columns).group_by(day, *shape.grouped)


def _timed(connection: Connection, seqs: Collection[int]) -> Iterator[trail_times.Timed]:
    for part in _parts(seqs):
        yield from connection.execute(_STEPS, {"values": part})


def _sums(connection: Connection, seqs: Collection[int]) -> dict[tuple[Any, ...], Counter[str]]:
    """What these rows have a part in: by the keys of `trail_day`, and of `state_count`."""
    names = [column.name for column in AMOUNTS]
    found: dict[tuple[Any, ...], Counter[str]] = {}
    for part in _parts(seqs):
        for shape in SHAPES:
            for row in connection.execute(_summed(shape).where(r.trail.c.seq.in_(part))):
                key, values = tuple(row[:6]), dict(zip(names, row[6:], strict=True))
                found.setdefault(("day", *key), Counter()).update(values)
        for state, number in connection.execute(_STATES.where(r.trail.c.seq.in_(part))):
            found.setdefault(("state", state), Counter())["deliveries"] += number
    return found


def _move(
    connection: Connection, plus: Mapping[tuple[Any, ...], Counter[str]], minus: Mapping[tuple[Any, ...], Counter[str]]
) -> None:
    changes: dict[tuple[Any, ...], Counter[str]] = {}
    for key in sorted({*plus, *minus}):
        change = Counter(plus.get(key, Counter()))
        change.subtract(minus.get(key, Counter()))
        if any(change.values()):
            changes[key] = change
    for table, name in ((r.trail_day, "day"), (state_count, "state")):
        mine = {key[1:]: change for key, change in changes.items() if key[0] == name}
        if mine:
            _add(connection, table, mine)


def _add(connection: Connection, table: Any, changes: Mapping[tuple[Any, ...], Counter[str]]) -> None:
    keys = [column.name for column in table.primary_key]
    numbers = [column.name for column in table.c if column.name not in keys]
    zero = dict.fromkeys(numbers, 0)
    insert_missing(connection, table, [{**dict(zip(keys, key, strict=True)), **zero} for key in changes])
    change = (
        update(table)
        .where(and_(*(table.c[name] == bindparam(f"of_{name}") for name in keys)))
        .values({name: table.c[name] + bindparam(f"more_{name}") for name in numbers})
    )
    rows = [
        {
            **{f"of_{name}": value for name, value in zip(keys, key, strict=True)},
            **{f"more_{name}": amounts[name] for name in numbers},
        }
        for key, amounts in changes.items()
    ]
    connection.execute(change, rows)


def _values(row: TrailRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


def _parts(values: Collection[Any]) -> Iterator[Sequence[Any]]:
    every = sorted(set(values))
    return (every[start : start + AT_ONCE] for start in range(0, len(every), AT_ONCE))
