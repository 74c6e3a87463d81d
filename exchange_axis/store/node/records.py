"""What hubs and recipients said, alarms, the place in the hub's feed, and the copy of the directory."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, delete, func, select, update

from exchange_axis.domain.evidence import Event
from exchange_axis.domain.notice import CAME, REMINDER
from exchange_axis.ports import Document, DocumentKind
from exchange_axis.store.engine import insert_new
from exchange_axis.store.node import tables as t
from exchange_axis.store.node.rows import AlarmRow, EvidenceRow, NoticeRow, StatusRow
from exchange_axis.store.node.within import EVERYTHING_HERE, Within
from exchange_axis.store.types import UtcTime

_FEED = "feed"
# Statements that every letter needs are built once: building one costs several times as much as running it.
_DOCUMENT = select(t.document).where(t.document.c.sha256 == bindparam("sha256"))
_TRUST = update(t.document).where(t.document.c.sha256 == bindparam("of_sha256"))
_EVIDENCE = select(t.evidence).where(t.evidence.c.id == bindparam("id"))
_WITHOUT_PROOF = (
    select(t.evidence)
    .where(t.evidence.c.proof.is_(None), t.evidence.c.proof_due_at <= bindparam("now"))
    .order_by(t.evidence.c.proof_due_at, t.evidence.c.seq)
    .limit(bindparam("most"))
)
_SET_PROOF = update(t.evidence).where(t.evidence.c.id == bindparam("of_id"))
_POSTPONE_PROOF = _SET_PROOF.values(
    proof_due_at=bindparam("proof_due_at", type_=UtcTime), proof_tries=t.evidence.c.proof_tries + 1
)
_LAST_STATUS = select(func.max(t.status.c.seq))
_FEED_POSITION = select(t.cursor.c.position).where(t.cursor.c.name == _FEED)
_MOVE_FEED = update(t.cursor).where(t.cursor.c.name == _FEED)
_DIRECTORY_VERSION = select(t.directory_copy.c.version).order_by(t.directory_copy.c.seq.desc()).limit(1)


class Records:
    """These tables inside one unit of work."""

    def __init__(self, connection: Connection, within: Within = EVERYTHING_HERE) -> None:
        self._connection = connection
        self._within = within

    def keep(self, document: Document, *, trusted: bool, at: datetime) -> bool:
        """Keep the bytes; False when they are there already. What was untrusted becomes trusted, never back."""
        values = {
            "sha256": document.sha256,
            "kind": document.kind.value,
            "content": document.content,
            "trusted": trusted,
            "stored_at": at,
        }
        fresh = insert_new(self._connection, t.document, values)
        if trusted and not fresh:
            self._connection.execute(_TRUST, {"of_sha256": document.sha256, "trusted": True})
        return fresh

    def document(self, sha256: str) -> Document | None:
        row = self._connection.execute(_DOCUMENT, {"sha256": sha256}).one_or_none()
        return None if row is None else Document(kind=DocumentKind(row.kind), sha256=row.sha256, content=row.content)

    def of_kind(self, kind: DocumentKind, *, about: str | None = None) -> tuple[bytes, ...]:
        """Documents as they came, oldest first, also those that were not judged; with `about` those that mention it.

        Reads them all: for exports, never on the way of a letter.
        """
        query = select(t.document.c.content).where(t.document.c.kind == kind.value)
        if about is not None:
            query = query.where(func.instr(t.document.c.content, about.encode()) > 0)
        return tuple(self._connection.execute(query.order_by(t.document.c.stored_at, t.document.c.sha256)).scalars())

    def add_evidence(self, row: EvidenceRow) -> bool:
        """False when this evidence is there already."""
        values = {name: getattr(row, name) for name in row.__slots__}
        values |= {"event": row.event.value, "recipients": _json(row.recipients), "reasons": _json(row.reasons)}
        return insert_new(self._connection, t.evidence, values)

    def evidence_by_id(self, evidence_id: str) -> EvidenceRow | None:
        row = self._connection.execute(_EVIDENCE, {"id": evidence_id}).one_or_none()
        return None if row is None else next(iter(self._evidence([_evidence(row)])), None)

    def evidence(self, consignment_id: str | None = None) -> tuple[EvidenceRow, ...]:
        """In the order in which it came here; of one consignment, or all."""
        query = select(t.evidence).order_by(t.evidence.c.seq)
        if consignment_id is not None:
            query = query.where(t.evidence.c.consignment_id == consignment_id)
        return self._evidence(map(_evidence, self._connection.execute(query)))

    def want_proof(self, evidence_id: str, at: datetime) -> None:
        """Ask for the log proof of evidence that was stored without the wish for one."""
        unasked = and_(t.evidence.c.proof.is_(None), t.evidence.c.proof_due_at.is_(None))
        which = and_(t.evidence.c.id == evidence_id, unasked)
        self._connection.execute(update(t.evidence).where(which).values(proof_due_at=at))

    def without_proof(self, now: datetime, *, limit: int = 50) -> tuple[EvidenceRow, ...]:
        rows = self._connection.execute(_WITHOUT_PROOF, {"now": now, "most": limit})
        return tuple(map(_evidence, rows))

    def set_proof(self, evidence_id: str, proof: bytes) -> None:
        self._connection.execute(_SET_PROOF, {"of_id": evidence_id, "proof": proof, "proof_due_at": None})

    def postpone_proof(self, evidence_id: str, until: datetime) -> None:
        self._connection.execute(_POSTPONE_PROOF, {"of_id": evidence_id, "proof_due_at": until})

    def add_status(self, row: StatusRow) -> bool:
        """False when this very status is there already."""
        values = {name: getattr(row, name) for name in row.__slots__}
        number = (self._connection.scalar(_LAST_STATUS) or 0) + 1
        return insert_new(self._connection, t.status, values | {"seq": number})

    def statuses(self, consignment_id: str) -> tuple[StatusRow, ...]:
        query = select(t.status).where(t.status.c.consignment_id == consignment_id).order_by(t.status.c.seq)
        rows = tuple(map(_status, self._connection.execute(query)))
        return tuple(row for row in rows if self._within.has(row.about) or self._sent_it(row.consignment_id))

    def add_notice(self, row: NoticeRow) -> bool:
        """False when this very notice is there already."""
        values = {name: getattr(row, name) for name in row.__slots__}
        number = (self._connection.scalar(select(func.max(t.notice.c.seq))) or 0) + 1
        return insert_new(self._connection, t.notice, values | {"seq": number})

    def notices(self, *consignment_ids: str) -> tuple[NoticeRow, ...]:
        """About these letters, in the order in which they came."""
        query = select(t.notice).where(t.notice.c.consignment_id.in_(consignment_ids)).order_by(t.notice.c.seq)
        return self._notices(self._connection.execute(query))

    def _evidence(self, rows: Iterable[EvidenceRow]) -> tuple[EvidenceRow, ...]:
        """What speaks of a letter of theirs: who sent it sees all of it, a recipient his own part."""
        mine = self._within
        return tuple(row for row in rows if mine.has(row.sender) or not row.recipients or mine.has_any(row.recipients))

    def _notices(self, rows: Iterable[Row[Any]]) -> tuple[NoticeRow, ...]:
        found, mine = map(_notice, rows), self._within
        return tuple(row for row in found if mine.has(row.sender) or mine.has(row.recipient))

    def _sent_it(self, consignment_id: str) -> bool:
        sent = select(t.outbox.c.seq).where(
            t.outbox.c.consignment_id == consignment_id, self._within.of(t.outbox.c.sender)
        )
        return self._connection.scalar(sent) is not None

    def reminders(self, limit: int) -> tuple[NoticeRow, ...]:
        """The newest reminders of missing statuses, newest first."""
        return self._coded(REMINDER, limit)

    def came(self, limit: int | None = None, *, about: Collection[str] = ()) -> tuple[NoticeRow, ...]:
        """That statuses came after reminders, newest first; of all letters, or of these."""
        return self._coded(CAME, limit, *([t.notice.c.consignment_id.in_(list(about))] if about else []))

    def _coded(self, beginning: str, limit: int | None, *more: ColumnElement[bool]) -> tuple[NoticeRow, ...]:
        query = select(t.notice).where(t.notice.c.code.startswith(beginning, autoescape=True), *more)
        return tuple(map(_notice, self._connection.execute(query.order_by(t.notice.c.seq.desc()).limit(limit))))

    def alarm(self, code: str, subject: str, *, vi: str, en: str, at: datetime) -> None:
        """Raise it, or count it once more."""
        values = {"code": code, "subject": subject[:200], "vi": vi, "en": en, "first_at": at, "last_at": at}
        if not insert_new(self._connection, t.alarm, values | {"count": 1}):
            same = and_(t.alarm.c.code == code, t.alarm.c.subject == subject[:200])
            changes = {"count": t.alarm.c.count + 1, "last_at": at, "vi": vi, "en": en}
            self._connection.execute(update(t.alarm).where(same).values(changes))

    def alarms(self) -> tuple[AlarmRow, ...]:
        """Latest first."""
        return tuple(map(_alarm, self._connection.execute(select(t.alarm).order_by(t.alarm.c.last_at.desc()))))

    def feed_position(self) -> int:
        """Number of the last feed entry that was taken in; 0 before the first."""
        return self._connection.scalar(_FEED_POSITION) or 0

    def move_feed(self, position: int) -> None:
        if not insert_new(self._connection, t.cursor, {"name": _FEED, "position": position}):
            self._connection.execute(_MOVE_FEED, {"position": position})

    def directory_version(self) -> str | None:
        return self._connection.scalar(_DIRECTORY_VERSION)

    def directory(self) -> tuple[str, str] | None:
        """(version, TOML) of the newest copy."""
        columns = (t.directory_copy.c.version, t.directory_copy.c.document)
        row = self._connection.execute(select(*columns).order_by(t.directory_copy.c.seq.desc()).limit(1)).one_or_none()
        return None if row is None else (row.version, row.document)

    def keep_directory(self, version: str, document: str, *, at: datetime) -> None:
        number = (self._connection.scalar(select(func.max(t.directory_copy.c.seq))) or 0) + 1
        values = {"version": version, "document": document, "stored_at": at, "seq": number}
        if not insert_new(self._connection, t.directory_copy, values):
            same = t.directory_copy.c.version == version
            self._connection.execute(update(t.directory_copy).where(same).values(seq=number))

    def forget_directory(self) -> None:
        """Drop the copies, so that the whole directory is asked for."""
        self._connection.execute(delete(t.directory_copy))


def _json(values: Iterable[str]) -> str:
    return json.dumps(list(values), ensure_ascii=False)


def _evidence(row: Row[Any]) -> EvidenceRow:
    values = dict(row._mapping)
    values["event"] = Event(values["event"])
    values["recipients"] = tuple(json.loads(values["recipients"]))
    values["reasons"] = tuple(json.loads(values["reasons"]))
    del values["seq"]
    return EvidenceRow(**values)


def _status(row: Row[Any]) -> StatusRow:
    values = dict(row._mapping)
    del values["seq"]
    return StatusRow(**values)


def _notice(row: Row[Any]) -> NoticeRow:
    values = dict(row._mapping)
    del values["seq"]
    return NoticeRow(**values)


def _alarm(row: Row[Any]) -> AlarmRow:
    values = dict(row._mapping)
    del values["seq"]
    return AlarmRow(**values)
