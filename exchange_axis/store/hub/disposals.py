"""Rows of disposals, and the statements that take a letter's content and personal data out of this database.

Evidence, transfer records, digests, delivery states and clocks are never touched here: they prove what happened.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, Select, and_, delete, func, or_, select, update

from exchange_axis.domain.disposal import Extent, State
from exchange_axis.domain.lifecycle import DeliveryState, ShipmentState
from exchange_axis.domain.notice import NoticeCode
from exchange_axis.ports import DocumentKind
from exchange_axis.store.engine import is_sqlite
from exchange_axis.store.hub import brought, mail, proposals, records, trail_words, verdicts
from exchange_axis.store.hub import clock_tables as c
from exchange_axis.store.hub import disposal_tables as d
from exchange_axis.store.hub import file_tables as f
from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub import trail_tables as r
from exchange_axis.store.hub.tray_tables import refused_return

PENDING = tuple(state.value for state in DeliveryState if state.is_pending)
MOVING = (ShipmentState.QUEUED.value, ShipmentState.LEASED.value)
SPEAKING = frozenset({DocumentKind.STATUS.value, DocumentKind.NOTICE.value})
"""Kinds of documents in which people and subjects are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalRow:
    seq: int = 0
    consignment: int
    extent: Extent
    state: State
    salts: bool = False
    ground: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    done_at: datetime | None = None
    blobs: int = 0
    documents: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A letter with what was said about it here."""

    letter: mail.ConsignmentRow
    statuses: tuple[int, ...]
    """Rows of the status consignments that came in here."""
    containers: tuple[str, ...]
    """SHA-256 of letter and statuses."""
    documents: tuple[str, ...]
    """SHA-256 of status containers and notices that are kept as documents."""


def add(connection: Connection, row: DisposalRow) -> int:
    values = {name: getattr(row, name) for name in row.__slots__ if name != "seq"}
    key = connection.execute(d.disposal.insert(), values).inserted_primary_key
    assert key is not None  # noqa: S101 - both databases return it for a single insert
    return int(key[0])


def move(connection: Connection, row: DisposalRow, state: State, **changes: object) -> bool:
    """False when the row is not in the state in which it was read."""
    return proposals.decide(connection, d.disposal, row.seq, waiting=row.state, state=state.value, **changes)


def of_letter(connection: Connection, seq: int) -> tuple[DisposalRow, ...]:
    """Oldest first."""
    return _rows(connection, select(d.disposal).where(d.disposal.c.consignment == seq).order_by(d.disposal.c.seq))


def decided(connection: Connection, seq: int) -> tuple[DisposalRow, ...]:
    """What has taken effect on a letter, oldest first."""
    return tuple(row for row in of_letter(connection, seq) if row.state in {State.APPROVED, State.DONE})


def is_without_content(connection: Connection, seq: int) -> bool:
    query = select(d.disposal.c.seq).where(
        d.disposal.c.consignment == seq,
        d.disposal.c.extent != Extent.METADATA.value,
        d.disposal.c.state.in_([State.APPROVED.value, State.DONE.value]),
    )
    return connection.execute(query.limit(1)).first() is not None


def unfinished(connection: Connection, limit: int) -> tuple[DisposalRow, ...]:
    query = select(d.disposal).where(d.disposal.c.state == State.APPROVED.value).order_by(d.disposal.c.seq)
    return _rows(connection, query.limit(limit))


def every(connection: Connection, *, after: int, limit: int) -> tuple[DisposalRow, ...]:
    """In the order in which they were proposed."""
    return _rows(connection, select(d.disposal).where(d.disposal.c.seq > after).order_by(d.disposal.c.seq).limit(limit))


def family(connection: Connection, letter: mail.ConsignmentRow) -> Family:
    rows = mail.deliveries(connection, letter.seq)
    parties = {letter.sender, *(code for row in rows for code in (row.recipient, row.final_recipient))}
    s = t.consignment.c
    query = select(s.seq, s.container_sha256).where(
        s.in_reply_to == letter.consignment_id, s.kind == "status", s.sender.in_(sorted(parties))
    )
    statuses = connection.execute(query).all()
    said = {row.container_sha256 for row in statuses}
    evidence = records.evidence_of(connection, letter.consignment_id, letter.sender)
    said |= {row.status_sha256 for row in evidence if row.status_sha256 is not None}
    if is_alone(connection, letter):
        news = records.news_about(connection, letter.consignment_id)
        said |= {digest for documents in news for kind, digest in documents if kind in SPEAKING}
        said -= _erasure_notices(connection, said)
    return Family(
        letter=letter,
        statuses=tuple(row.seq for row in statuses),
        containers=(letter.container_sha256, *(row.container_sha256 for row in statuses)),
        documents=tuple(sorted(said)),
    )


def _erasure_notices(connection: Connection, digests: set[str]) -> set[str]:
    """They name nobody, and whoever has not read them still shall."""
    query = select(t.document.c.sha256, t.document.c.bytes).where(
        t.document.c.sha256.in_(digests),
        t.document.c.kind.in_([DocumentKind.NOTICE.value, DocumentKind.RETURN.value]),
    )
    codes = (f'"{NoticeCode.ERASED.value}"'.encode(), f">{NoticeCode.ERASED.value}<".encode())  # to a node, to a hub
    return {row.sha256 for row in connection.execute(query) if any(code in row.bytes for code in codes)}


def is_alone(connection: Connection, letter: mail.ConsignmentRow) -> bool:
    """Whether its id names no other sender's letter here: feeds and the tray know no sender."""
    found = mail.consignments_by_id(connection, letter.consignment_id)
    return {row.seq for row in found if row.kind == "letter"} == {letter.seq}


def unheard(connection: Connection, letter: mail.ConsignmentRow, *, before: datetime) -> tuple[str, ...]:
    """Recipients whose delivery other hubs never ended: the letter expired and nothing was heard since `before`."""
    rows = mail.deliveries(connection, letter.seq)
    return tuple(row.recipient for row in rows if _is_unheard(row, letter, before))


def _is_unheard(row: mail.DeliveryRow, letter: mail.ConsignmentRow, before: datetime) -> bool:
    return row.state.value in PENDING and max(row.changed_at, letter.expires_at) < before


def under_way(connection: Connection, letter: mail.ConsignmentRow, *, unheard_before: datetime) -> tuple[str, ...]:
    """Why somebody still needs what is kept: open deliveries, shipments, news that were not fetched, parked returns."""
    found = []
    rows = [row for row in mail.deliveries(connection, letter.seq) if row.state.value in PENDING]
    found += [f"{row.recipient}: {row.state.value}" for row in rows if not _is_unheard(row, letter, unheard_before)]
    s = t.shipment.c
    moving = select(s.peer).where(s.consignment == letter.seq, s.state.in_(MOVING))
    found += [f"{peer}: shipment" for peer in connection.execute(moving).scalars()]
    found += [f"{peer}: feed" for peer in _unread(connection, letter)]
    parked = select(t.parked.c.peer).where(t.parked.c.consignment_id == letter.consignment_id)
    found += [f"{peer}: parked" for peer in connection.execute(parked).scalars()]
    return tuple(found)


def _unread(connection: Connection, letter: mail.ConsignmentRow) -> list[str]:
    """Peers that have not fetched news about the letter; that it was erased needs nothing of it."""
    query = (
        select(t.feed.c.peer, t.feed.c.documents)
        .join(t.peer, t.peer.c.id == t.feed.c.peer)
        .where(t.feed.c.consignment_id == letter.consignment_id, t.feed.c.number > t.peer.c.feed_read)
        .where(t.peer.c.state == "approved")
        .order_by(t.feed.c.peer)
    )
    rows = [(row.peer, {digest for _, digest in json.loads(row.documents)}) for row in connection.execute(query)]
    erasures = _erasure_notices(connection, {digest for _, digests in rows for digest in digests})
    return list(dict.fromkeys(peer for peer, digests in rows if not digests <= erasures))


def wipe(connection: Connection, one: Family) -> int:
    """Overwrite what names people, subjects and numbers; returns how many documents went."""
    rows = (one.letter.seq, *one.statuses)
    about = t.consignment.c.seq.in_(rows)
    blank = {"title": None, "document_key": None, "content_digest": None, "verdict": "[]"}
    connection.execute(update(t.consignment).where(about).values(**blank))
    trail_words.forget(connection, rows)
    verdicts.forget(connection, rows)
    report = update(f.file_report).where(f.file_report.c.consignment.in_(rows))
    connection.execute(report.values(document="", pending=False))
    connection.execute(update(c.timing).where(c.timing.c.consignment.in_(rows)).values(answers=None))
    gone = delete(t.document).where(t.document.c.sha256.in_(one.documents), t.document.c.kind.in_(sorted(SPEAKING)))
    count = connection.execute(gone).rowcount
    if is_alone(connection, one.letter):
        kept = delete(refused_return).where(refused_return.c.consignment_id == one.letter.consignment_id)
        count += connection.execute(kept).rowcount
    return count


def wiped_tables(connection: Connection) -> tuple[str, ...]:
    """Names of the tables in which `wipe`, and `forget_salts` where it was asked for, overwrite or delete."""
    tables = [t.consignment, t.document, r.letter_words, f.file_report, c.timing, refused_return]
    salts = select(d.disposal.c.seq).where(d.disposal.c.salts, d.disposal.c.state == State.DONE.value)
    if connection.execute(salts.limit(1)).first() is not None:
        tables.append(t.leaf)
    return tuple(table.name for table in tables)


def is_scrub_due(connection: Connection, action: str) -> bool:
    """Whether more than content was erased here since the last decision of that kind; never on SQLite."""
    if is_sqlite(connection):
        return False
    done = select(func.max(d.disposal.c.done_at)).where(d.disposal.c.extent != Extent.PAYLOAD.value)
    scrubbed = select(func.max(t.decision.c.at)).where(t.decision.c.action == action)
    newest, last = connection.execute(done).scalar_one(), connection.execute(scrubbed).scalar_one()
    return newest is not None and (last is None or newest > last)


def forget_salts(connection: Connection, letter: mail.ConsignmentRow) -> int:
    """Of the leaves of its evidence: nobody can tell any more which entry of the log speaks of it."""
    e = t.evidence.c
    mine = select(e.sha256).where(e.consignment_id == letter.consignment_id, e.sender == letter.sender)
    brought.forget(connection, letter.seq)
    return connection.execute(update(t.leaf).where(t.leaf.c.sha256.in_(mine)).values(salt=None)).rowcount


def due(
    connection: Connection, *, before: datetime, unheard_before: datetime, extent: Extent, after: int, limit: int
) -> tuple[int, ...]:
    """Letters accepted before that time, of which nobody has disposed so far and no delivery is open."""
    s = t.consignment.c
    other = Extent.PAYLOAD if extent is Extent.METADATA else Extent.METADATA
    gone = select(d.disposal.c.consignment).where(
        d.disposal.c.extent != other.value, d.disposal.c.state.in_([State.APPROVED.value, State.DONE.value])
    )
    heard = or_(t.delivery.c.changed_at >= unheard_before, s.expires_at >= unheard_before)
    moved = (
        select(func.count())
        .select_from(t.delivery)
        .where(t.delivery.c.consignment == s.seq)
        .where(or_(t.delivery.c.changed_at >= before, and_(t.delivery.c.state.in_(PENDING), heard)))
        .scalar_subquery()
    )
    moving = select(t.shipment.c.consignment).where(t.shipment.c.state.in_(MOVING))
    query = select(s.seq).where(s.kind == "letter", s.received_at < before, s.seq > after)
    query = query.where(s.seq.not_in(gone), s.seq.not_in(moving))
    return tuple(connection.execute(query.where(moved == 0).order_by(s.seq).limit(limit)).scalars())


def _rows(connection: Connection, query: Select[tuple[object, ...]]) -> tuple[DisposalRow, ...]:
    return tuple(_row(row) for row in connection.execute(query))


def _row(row: Row[tuple[object, ...]]) -> DisposalRow:
    values = dict(row._mapping)
    return DisposalRow(**{**values, "extent": Extent(values["extent"]), "state": State(values["state"])})
