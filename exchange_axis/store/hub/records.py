"""Evidence, the documents beside it, the leaves of the log and the event feeds: what the hub says and to whom.

Every function here runs inside the caller's transaction: evidence, its leaf and its feed entries become true together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)

from exchange_axis.domain.evidence import Event, Evidence
from exchange_axis.errors import AxisError
from exchange_axis.ports import Document, DocumentKind
from exchange_axis.store.engine import insert_missing, insert_new, lock_named, locked
from exchange_axis.store.hub import tables as t


class EvidenceIdTaken(AxisError):
    """Evidence is known by its id: two documents under one id would let one of them hide the other."""

    code: ClassVar[str] = "evidence.id-taken"
    vi: ClassVar[str] = "Mã biên nhận {evidence_id} đã thuộc về một tài liệu khác"
    en: ClassVar[str] = "Evidence id {evidence_id} belongs to another document"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    id: str
    event: Event
    issuer: str
    consignment_id: str
    sender: str
    recipient: str | None
    sha256: str
    document: bytes
    recorded_at: datetime
    previous: str | None
    status_sha256: str | None
    own: bool
    submitter: str | None
    """Peer whose submission or answer caused it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafEntry:
    """An unnumbered leaf of a logged document."""

    kind: str
    sha256: str
    salt: bytes
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What goes into a peer's feed, before it has a number."""

    kind: str
    consignment_id: str
    recipient: str | None
    documents: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    number: int
    kind: str
    consignment_id: str
    recipient: str | None
    documents: tuple[tuple[str, str], ...]
    """Pairs (kind, SHA-256): evidence, return, binding or status."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedReturn:
    sha256: str
    peer: str
    documents: bytes
    """JSON as it came."""
    consignment_id: str
    reason: str
    """Code of the refusal that parked it."""
    parked_at: datetime
    due_at: datetime


# Statements that every letter needs are built once: building one costs several times as much as running it.
_ADD_EVIDENCE, _ADD_FEED = t.evidence.insert(), t.feed.insert()
_EVIDENCE = select(t.evidence).where(t.evidence.c.id == bindparam("id"))
_EVIDENCE_BY_DIGEST = select(t.evidence).where(t.evidence.c.sha256.in_(bindparam("digests", expanding=True)))
_EVIDENCE_FOR = (
    select(t.evidence)
    .where(t.evidence.c.consignment_id == bindparam("consignment_id"), t.evidence.c.sender == bindparam("sender"))
    .where(or_(t.evidence.c.recipient.is_(None), t.evidence.c.recipient == bindparam("recipient")))
    .order_by(t.evidence.c.seq)
)


def _source(table: Table, kind: ColumnElement[str], content: ColumnElement[bytes]) -> Select[str, str, bytes]:
    sha256 = table.c.sha256
    return select(sha256, kind, content).where(sha256.in_(bindparam("digests", expanding=True)))


_SOURCES = (
    _source(t.document, t.document.c.kind, t.document.c.bytes),
    _source(t.evidence, literal(DocumentKind.EVIDENCE.value), t.evidence.c.bytes),
    _source(t.binding, literal(DocumentKind.BINDING.value), t.binding.c.document),
)
_FEED_NEXT = select(t.peer.c.feed_next).where(t.peer.c.id == bindparam("id"))
_FEED_READ = select(t.peer.c.feed_read).where(t.peer.c.id == bindparam("id"))
_FEED_AFTER = (
    select(t.feed)
    .where(t.feed.c.peer == bindparam("peer"), t.feed.c.number > bindparam("after"))
    .order_by(t.feed.c.number)
    .limit(bindparam("most"))
)
_PEER_UPDATE = update(t.peer).where(t.peer.c.id == bindparam("of_id"))
_CONFIRM = _PEER_UPDATE.where(t.peer.c.feed_read < bindparam("of_number"), t.peer.c.feed_next > bindparam("of_number"))
_NEWEST_DECISION = select(func.max(t.decision.c.seq))


def add_evidence(
    connection: Connection, value: Evidence, document: Document, *, own: bool, submitter: str | None = None
) -> bool:
    """Store once; False when it is already there.

    Raises:
        EvidenceIdTaken: other bytes have this id.
    """
    if insert_new(connection, t.evidence, _evidence_values(value, document, own=own, submitter=submitter)):
        return True
    known = connection.execute(select(t.evidence.c.sha256).where(t.evidence.c.id == value.id)).scalar_one()
    if known != document.sha256:
        raise EvidenceIdTaken(evidence_id=value.id)
    return False


def add_own(connection: Connection, said: Sequence[tuple[Evidence, Document]], *, submitter: str | None = None) -> None:
    """Evidence that this hub has just sealed, any number in one statement; its ids are new."""
    if said:
        rows = [_evidence_values(value, document, own=True, submitter=submitter) for value, document in said]
        connection.execute(_ADD_EVIDENCE, rows)


def evidence(connection: Connection, evidence_id: str) -> EvidenceRow | None:
    row = connection.execute(_EVIDENCE, {"id": evidence_id}).one_or_none()
    return None if row is None else _evidence(row._mapping)


def evidence_by_digest(connection: Connection, digests: Sequence[str]) -> dict[str, EvidenceRow]:
    rows = connection.execute(_EVIDENCE_BY_DIGEST, {"digests": list(digests)})
    return {row.sha256: _evidence(row._mapping) for row in rows}


def evidence_of(connection: Connection, consignment_id: str, sender: str) -> tuple[EvidenceRow, ...]:
    """Every evidence about a consignment, in the order in which this hub stored it."""
    query = select(t.evidence).where(t.evidence.c.consignment_id == consignment_id, t.evidence.c.sender == sender)
    return tuple(_evidence(row._mapping) for row in connection.execute(query.order_by(t.evidence.c.seq)))


def evidence_for(connection: Connection, consignment_id: str, sender: str, recipient: str) -> tuple[EvidenceRow, ...]:
    """What concerns one recipient: evidence of the whole consignment and of that delivery."""
    about = {"consignment_id": consignment_id, "sender": sender, "recipient": recipient}
    return tuple(_evidence(row._mapping) for row in connection.execute(_EVIDENCE_FOR, about))


def keep_documents(connection: Connection, documents: Iterable[Document]) -> None:
    """Keep small signed documents byte for byte, each once. The caller has judged what kind they are."""
    _insert_missing(
        connection,
        t.document,
        {
            document.sha256: {"sha256": document.sha256, "kind": document.kind.value, "bytes": document.content}
            for document in documents
        },
    )


def whole_documents(connection: Connection, digests: Iterable[str]) -> tuple[Document, ...]:
    """Documents by SHA-256 in the order asked for, without repeats, wherever they are kept.

    Raises:
        KeyError: one is not here.
    """
    wanted = list(dict.fromkeys(digests))
    found = {document.sha256: document for document in known_documents(connection, wanted)}
    return tuple(found[digest] for digest in wanted)


def known_documents(connection: Connection, digests: Iterable[str]) -> tuple[Document, ...]:
    """The same, without those that are not here."""
    wanted = list(dict.fromkeys(digests))
    found: dict[str, Document] = {}
    for source in _SOURCES:
        missing = [digest for digest in wanted if digest not in found]
        if missing:
            for sha256, kind, content in connection.execute(source, {"digests": missing}):
                found[sha256] = Document(kind=DocumentKind(kind), sha256=sha256, content=content)
    return tuple(found[digest] for digest in wanted if digest in found)


def add_leaves(connection: Connection, leaves: Iterable[LeafEntry]) -> None:
    """Unnumbered leaves, one a document; the sequencer numbers them after commit."""
    rows: dict[str, Mapping[str, Any]] = {
        leaf.sha256: {"kind": leaf.kind, "sha256": leaf.sha256, "salt": leaf.salt, "data": leaf.data} for leaf in leaves
    }
    _insert_missing(connection, t.leaf, rows)


def feed_to(connection: Connection, peer: str, news: Sequence[News], *, at: datetime) -> None:
    """Append to a peer's feed. The peer row is locked, so numbers become visible in order and without holes."""
    first: int = connection.execute(locked(_FEED_NEXT), {"id": peer}).scalar_one()
    connection.execute(_PEER_UPDATE, {"of_id": peer, "feed_next": first + len(news)})
    rows = [
        {
            "peer": peer,
            "number": number,
            "kind": item.kind,
            "consignment_id": item.consignment_id,
            "recipient": item.recipient,
            "documents": json.dumps(item.documents),
            "at": at,
        }
        for number, item in enumerate(news, first)
    ]
    connection.execute(_ADD_FEED, rows)


def feed_after(connection: Connection, peer: str, after: int, limit: int) -> tuple[FeedEntry, ...]:
    rows = connection.execute(_FEED_AFTER, {"peer": peer, "after": after, "most": limit})
    return tuple(
        FeedEntry(
            number=row.number,
            kind=row.kind,
            consignment_id=row.consignment_id,
            recipient=row.recipient,
            documents=tuple((kind, digest) for kind, digest in json.loads(row.documents)),
            at=row.at,
        )
        for row in rows
    )


def news_about(connection: Connection, consignment_id: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    """What was ever put into feeds about a consignment, as pairs (kind, SHA-256), oldest first."""
    query = select(t.feed.c.documents).where(t.feed.c.consignment_id == consignment_id)
    rows = connection.execute(query.order_by(t.feed.c.at, t.feed.c.peer, t.feed.c.number)).scalars()
    return tuple(tuple((kind, digest) for kind, digest in json.loads(row)) for row in rows)


def confirm_feed(connection: Connection, peer: str, number: int) -> None:
    connection.execute(_CONFIRM, {"of_id": peer, "of_number": number, "feed_read": number})


def feed_read(connection: Connection, peer: str) -> int:
    return connection.execute(_FEED_READ, {"id": peer}).scalar_one_or_none() or 0


def cursor(connection: Connection, peer: str) -> int:
    """Last number taken in from the feed that this peer keeps for us."""
    return int(connection.execute(select(t.peer.c.cursor).where(t.peer.c.id == peer)).scalar_one())


def set_cursor(connection: Connection, peer: str, number: int) -> None:
    connection.execute(update(t.peer).where(t.peer.c.id == peer, t.peer.c.cursor < number).values(cursor=number))


def relay_answers(connection: Connection, transfer: str, peer: str) -> tuple[str, ...] | None:
    """Digests of what was answered to this transfer record of the peer, or None when it is new."""
    query = select(t.relayed.c.answers).where(t.relayed.c.transfer == transfer, t.relayed.c.peer == peer)
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else tuple(json.loads(found))


def add_relay_answers(
    connection: Connection, transfer: str, *, peer: str, answers: Sequence[str], at: datetime
) -> None:
    connection.execute(t.relayed.insert().values(transfer=transfer, peer=peer, answers=json.dumps(answers), at=at))


def add_returned(connection: Connection, sha256: str, *, peer: str, at: datetime) -> bool:
    """False when this return was taken in before."""
    return insert_new(connection, t.returned, {"sha256": sha256, "peer": peer, "at": at})


def park(connection: Connection, entry: ParkedReturn) -> None:
    """Keep a return that cannot be taken in yet, and when to look at it again."""
    values = {
        "sha256": entry.sha256,
        "peer": entry.peer,
        "documents": entry.documents,
        "consignment_id": entry.consignment_id,
        "reason": entry.reason,
        "parked_at": entry.parked_at,
        "due_at": entry.due_at,
    }
    if not insert_new(connection, t.parked, values):
        change = update(t.parked).where(t.parked.c.sha256 == entry.sha256)
        connection.execute(change.values(reason=entry.reason, due_at=entry.due_at))


def parked(connection: Connection, now: datetime, limit: int) -> tuple[ParkedReturn, ...]:
    """Those that are due, longest due first."""
    query = select(t.parked).where(t.parked.c.due_at <= now).order_by(t.parked.c.due_at).limit(limit)
    return tuple(ParkedReturn(**row._mapping) for row in connection.execute(query))


def wake(connection: Connection, consignment_id: str, at: datetime) -> None:
    """A letter has come: what is parked about it is due."""
    change = update(t.parked).where(t.parked.c.consignment_id == consignment_id, t.parked.c.due_at > at)
    connection.execute(change.values(due_at=at))


def unpark(connection: Connection, sha256: str) -> None:
    connection.execute(delete(t.parked).where(t.parked.c.sha256 == sha256))


def decide(connection: Connection, *, at: datetime, actor: str, action: str, subject: str, details: str) -> None:
    """Note who changed what, in the transaction of the change."""
    lock_named(connection, "decision")  # numbers become visible in order: `newest_decision` misses none
    connection.execute(t.decision.insert().values(at=at, actor=actor, action=action, subject=subject, details=details))


def newest_details(connection: Connection, action: str) -> str | None:
    """Of the newest decision of this kind."""
    query = select(t.decision.c.details).where(t.decision.c.action == action).order_by(t.decision.c.seq.desc())
    return connection.execute(query.limit(1)).scalar_one_or_none()


def details_of(connection: Connection, action: str) -> frozenset[str]:
    """Of every decision of this kind."""
    return frozenset(connection.execute(select(t.decision.c.details).where(t.decision.c.action == action)).scalars())


def newest_decision(connection: Connection) -> int:
    """Rises whenever directory, peers or permissions change: what was judged at one value holds while it stands."""
    return connection.execute(_NEWEST_DECISION).scalar_one() or 0


def _insert_missing(connection: Connection, table: Table, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Insert what is not there, keyed by its unique digest; in one order, so that two transactions cannot lock up."""
    insert_missing(connection, table, [rows[key] for key in sorted(rows)])


def _evidence_values(value: Evidence, document: Document, *, own: bool, submitter: str | None) -> dict[str, Any]:
    return {
        "id": value.id,
        "event": value.event.value,
        "issuer": value.issuer,
        "own": own,
        "consignment_id": value.consignment_id,
        "sender": value.sender,
        "recipient": value.recipients[0] if len(value.recipients) == 1 else None,
        "submitter": submitter,
        "sha256": document.sha256,
        "bytes": document.content,
        "recorded_at": value.recorded_at,
        "claimed_at": value.claimed_at,
        "previous": value.previous,
        "status_sha256": value.status_sha256,
    }


def _evidence(row: RowMapping) -> EvidenceRow:
    return EvidenceRow(
        id=row["id"],
        event=Event(row["event"]),
        issuer=row["issuer"],
        consignment_id=row["consignment_id"],
        sender=row["sender"],
        recipient=row["recipient"],
        sha256=row["sha256"],
        document=row["bytes"],
        recorded_at=row["recorded_at"],
        previous=row["previous"],
        status_sha256=row["status_sha256"],
        own=row["own"],
        submitter=row["submitter"],
    )
