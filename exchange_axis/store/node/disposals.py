"""Disposals, and the statements that take a letter's content and personal data out of this database.

Evidence, transfer records, proofs, digests, states and who decided are never touched here: they prove what happened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, literal, select, update

from exchange_axis.domain.consignment import ConsignmentClass
from exchange_axis.domain.disposal import State
from exchange_axis.domain.lifecycle import ASKED, DeliveryState, Progress, Request
from exchange_axis.ports import DocumentKind
from exchange_axis.store.node import content_tables as c
from exchange_axis.store.node import disposal_tables as d
from exchange_axis.store.node import draft_tables as w
from exchange_axis.store.node import file_tables as f
from exchange_axis.store.node import register_tables as g
from exchange_axis.store.node import tables as t
from exchange_axis.store.node.rows import OutboxState
from exchange_axis.store.node.sent_tables import sent_words

TAKEN_EFFECT = (State.APPROVED.value, State.DONE.value)
_PENDING = frozenset(state.value for state in DeliveryState if state.is_pending)
_ASKED = frozenset(request.value for request in ASKED)
_ENDED = frozenset({Progress.REFUSED.value, Progress.COMPLETED.value})
_SPEAKING = (DocumentKind.STATUS.value, DocumentKind.NOTICE.value)
"""Kinds of documents in which people and subjects are named."""
_NAMELESS: dict[str, Any] = {
    "title": "",
    "document_id": "",
    "subject": "",
    "document_date": None,
    "stated_reason": None,
}
_SAID: dict[str, Any] = {
    **_NAMELESS,
    "fingerprint": "",
    "last_error": None,
    "problem": None,
    "notes": "[]",
    "warnings": "[]",
}
_RECEIVED: dict[str, Any] = {
    **_NAMELESS,
    "organ_id": "",
    "organ_name": "",
    "due_date": None,
    "due_at": None,
    "notes": "[]",
    "reason": None,
    "next_due": None,
    "next_clock": None,
    "counted": True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalRow:
    seq: int = 0
    sender: str
    consignment_id: str
    container_sha256: str
    state: State = State.PROPOSED
    ground: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    done_at: datetime | None = None
    blobs: int = 0
    documents: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A letter here, sent or received or both, with what was said about it."""

    sender: str
    consignment_id: str
    container_sha256: str
    statuses: tuple[str, ...]
    """Consignment ids of the statuses made here about it."""
    containers: tuple[str, ...]
    """SHA-256 of the letter and of those statuses."""


class Disposals:
    """These tables inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: DisposalRow) -> None:
        values = {name: getattr(row, name) for name in row.__slots__ if name != "seq"}
        self._connection.execute(d.disposal.insert(), values)

    def move(self, row: DisposalRow, state: State, **changes: object) -> None:
        which = update(d.disposal).where(d.disposal.c.seq == row.seq, d.disposal.c.state == row.state.value)
        self._connection.execute(which.values(state=state.value, **changes))

    def of_letter(self, consignment_id: str) -> tuple[DisposalRow, ...]:
        """Oldest first."""
        return self._rows(select(d.disposal).where(d.disposal.c.consignment_id == consignment_id))

    def unfinished(self) -> tuple[DisposalRow, ...]:
        return self._rows(select(d.disposal).where(d.disposal.c.state == State.APPROVED.value))

    def every(self, *, after: int = 0, limit: int = 100) -> tuple[DisposalRow, ...]:
        return self._rows(select(d.disposal).where(d.disposal.c.seq > after).limit(limit))

    def is_erased(self, sender: str, consignment_id: str) -> bool:
        return any(row.sender == sender and row.state.value in TAKEN_EFFECT for row in self.of_letter(consignment_id))

    def held(self, consignment_id: str) -> tuple[Held, ...]:
        """By sender; more than one only where two senders chose the same id."""
        o, i = t.outbox.c, t.inbox.c
        sent = select(o.sender, o.container_sha256).where(
            o.consignment_id == consignment_id, o.kind == ConsignmentClass.LETTER.value
        )
        came = select(i.sender, i.container_sha256).where(i.consignment_id == consignment_id)
        found = {(row[0], row[1]) for query in (sent, came) for row in self._connection.execute(query)}
        return tuple(self._held(sender, consignment_id, digest) for sender, digest in sorted(found))

    def _held(self, sender: str, consignment_id: str, digest: str) -> Held:
        said = self._connection.execute(_statuses(sender, consignment_id)).all()
        return Held(
            sender=sender,
            consignment_id=consignment_id,
            container_sha256=digest,
            statuses=tuple(row.consignment_id for row in said),
            containers=(digest, *(row.container_sha256 for row in said)),
        )

    def under_way(self, held: Held) -> tuple[str, ...]:
        """Why somebody still needs what is kept, in words of states."""
        o, a, i = t.outbox.c, t.addressee.c, t.inbox.c
        ids = [*([held.consignment_id] if self._is_own(held) else []), *held.statuses]
        queued = select(o.kind).where(o.consignment_id.in_(ids), o.state == OutboxState.QUEUED.value)
        found = [f"{row.kind}: queued" for row in self._connection.execute(queued)]
        if self._is_own(held, o.state == OutboxState.ACCEPTED.value):
            for row in self._connection.execute(select(t.addressee).where(a.consignment_id == held.consignment_id)):
                found += [f"{row.recipient}: {row.state}"] if row.state in _PENDING else []
                found += [f"{row.recipient}: {row.request}"] if row.request in _ASKED else []
        mine = select(t.inbox).where(i.sender == held.sender, i.consignment_id == held.consignment_id)
        for row in self._connection.execute(mine):
            found += [f"{row.recipient}: {row.request}"] if row.request in _ASKED else []
            if row.progress not in _ENDED and row.request != Request.WITHDRAWN.value:
                found.append(f"{row.recipient}: {row.progress}")
        return tuple(found)

    def is_left(self, held: Held) -> bool:
        """Whether anything that names it is still, or again, in this database."""
        o, i = t.outbox.c, t.inbox.c
        own = self._is_own(held)
        ids = [*([held.consignment_id] if own else []), *held.statuses]
        queries: Iterable[Select[Any]] = (
            select(o.seq).where(o.consignment_id.in_(ids), o.title != ""),
            select(i.seq).where(i.sender == held.sender, i.consignment_id == held.consignment_id, i.title != ""),
            select(t.status.c.sha256).where(t.status.c.consignment_id == held.consignment_id, literal(own)),
            select(t.notice.c.sha256).where(_noticed(held), t.notice.c.title.is_not(None)),
        )
        return any(self._connection.execute(query.limit(1)).first() is not None for query in queries)

    def wipe(self, held: Held) -> int:
        """Overwrite what names people, subjects and numbers; returns how many documents went."""
        run, name = self._connection.execute, held.consignment_id
        own = self._is_own(held)
        run(update(t.outbox).where(t.outbox.c.consignment_id.in_(held.statuses)).values(**_SAID))
        if own:
            self._wipe_own(name)
        came = (t.inbox.c.sender == held.sender) & (t.inbox.c.consignment_id == name)
        run(update(t.inbox).where(came).values(**_RECEIVED))
        run(delete(c.letter_content).where(c.letter_content.c.container_sha256 == held.container_sha256))
        run(delete(c.replaced).where(c.replaced.c.sender == held.sender, c.replaced.c.consignment_id == name))
        run(delete(f.letter_files).where(f.letter_files.c.container_sha256 == held.container_sha256))
        run(delete(t.alarm).where(t.alarm.c.subject.in_([name, *held.statuses])))
        self._wipe_desk(held, own=own)
        gone = 0
        for table, about in (
            (t.status, (t.status.c.consignment_id == name) & literal(own)),
            (t.notice, _noticed(held)),
        ):
            digests = run(select(table.c.sha256).where(about)).scalars().all()
            run(delete(table).where(about))
            documents = delete(t.document).where(t.document.c.sha256.in_(digests), t.document.c.kind.in_(_SPEAKING))
            gone += run(documents).rowcount
        return gone

    def _is_own(self, held: Held, *conditions: ColumnElement[bool]) -> bool:
        """Sent from here; another sender may have chosen the same id."""
        o = t.outbox.c
        sent = select(o.seq).where(o.consignment_id == held.consignment_id, o.sender == held.sender, *conditions)
        return self._connection.execute(sent.limit(1)).first() is not None

    def _wipe_own(self, name: str) -> None:
        run, own = self._connection.execute, t.outbox.c.consignment_id == name
        run(delete(sent_words).where(sent_words.c.seq.in_(select(t.outbox.c.seq).where(own))))
        run(update(t.outbox).where(own).values(**_SAID, idempotency_key=None))  # the key holds the DocumentId
        run(delete(t.reply).where(t.reply.c.consignment_id == name))
        drafts = select(w.draft.c.id).where(w.draft.c.consignment_id == name)
        run(delete(w.draft_file).where(w.draft_file.c.draft_id.in_(drafts)))
        run(update(w.draft).where(w.draft.c.consignment_id == name).values(form="{}"))

    def _wipe_desk(self, held: Held, *, own: bool) -> None:
        """What clerks wrote beside it: cells of registers, to whom it was passed."""
        run, name = self._connection.execute, held.consignment_id
        lines = [f"{held.sender}/{name}", *([name] if own else [])]
        run(update(g.cell_change).where(g.cell_change.c.line.in_(lines)).values(value=""))
        passed = (g.passed_on.c.sender == held.sender) & (g.passed_on.c.consignment_id == name)
        run(update(g.passed_on).where(passed).values(unit="", person="", note=""))

    def _rows(self, query: Select[Any]) -> tuple[DisposalRow, ...]:
        return tuple(map(_row, self._connection.execute(query.order_by(d.disposal.c.seq))))


def _statuses(sender: str, consignment_id: str) -> Select[Any]:
    o = t.outbox.c
    about = (o.in_reply_to == consignment_id) & (o.kind == ConsignmentClass.STATUS.value)
    by = (o.letter_sender == sender) | (o.letter_sender.is_(None) & (o.sender == sender))
    return select(o.consignment_id, o.container_sha256).where(about, by).order_by(o.seq)


def _noticed(held: Held) -> ColumnElement[bool]:
    return and_(t.notice.c.consignment_id == held.consignment_id, t.notice.c.sender == held.sender)


def _row(row: Row[Any]) -> DisposalRow:
    values = dict(row._mapping)
    return DisposalRow(**{**values, "state": State(values["state"])})
