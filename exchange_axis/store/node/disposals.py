"""Disposals, and the statements that take a letter's content and personal data out of this database.

Evidence, transfer records, proofs, digests, states and who decided are never touched here: they prove what happened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, select, update

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
        ids = [held.consignment_id, *held.statuses]
        queued = select(o.kind).where(o.consignment_id.in_(ids), o.state == OutboxState.QUEUED.value)
        found = [f"{row.kind}: queued" for row in self._connection.execute(queued)]
        sent = select(o.seq).where(o.consignment_id == held.consignment_id, o.state == OutboxState.ACCEPTED.value)
        if self._connection.execute(sent).first() is not None:
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
        ids = [held.consignment_id, *held.statuses]
        queries: Iterable[Select[Any]] = (
            select(o.seq).where(o.consignment_id.in_(ids), o.title != ""),
            select(i.seq).where(i.sender == held.sender, i.consignment_id == held.consignment_id, i.title != ""),
            select(t.status.c.sha256).where(t.status.c.consignment_id == held.consignment_id),
            select(t.notice.c.sha256).where(
                t.notice.c.consignment_id == held.consignment_id, t.notice.c.title.is_not(None)
            ),
        )
        return any(self._connection.execute(query.limit(1)).first() is not None for query in queries)

    def wipe(self, held: Held) -> int:
        """Overwrite what names people, subjects and numbers; returns how many documents went."""
        run, name = self._connection.execute, held.consignment_id
        own, said = t.outbox.c.consignment_id == name, t.outbox.c.consignment_id.in_(held.statuses)
        run(update(t.outbox).where(own | said).values(**_SAID))
        run(update(t.outbox).where(own).values(idempotency_key=None))  # it holds the DocumentId
        came = (t.inbox.c.sender == held.sender) & (t.inbox.c.consignment_id == name)
        run(update(t.inbox).where(came).values(**_RECEIVED))
        run(delete(t.reply).where(t.reply.c.consignment_id == name))
        run(delete(c.letter_content).where(c.letter_content.c.container_sha256 == held.container_sha256))
        run(delete(c.replaced).where(c.replaced.c.sender == held.sender, c.replaced.c.consignment_id == name))
        run(delete(f.letter_files).where(f.letter_files.c.container_sha256 == held.container_sha256))
        run(delete(t.alarm).where(t.alarm.c.subject.in_([name, *held.statuses])))
        self._wipe_desk(held)
        gone = 0
        for table in (t.status, t.notice):
            about = table.c.consignment_id == name
            digests = run(select(table.c.sha256).where(about)).scalars().all()
            run(delete(table).where(about))
            documents = delete(t.document).where(t.document.c.sha256.in_(digests), t.document.c.kind.in_(_SPEAKING))
            gone += run(documents).rowcount
        return gone

    def _wipe_desk(self, held: Held) -> None:
        """What clerks wrote beside it: cells of registers, to whom it was passed, the draft that it was sent from."""
        run, name = self._connection.execute, held.consignment_id
        run(update(g.cell_change).where(g.cell_change.c.line.in_([name, f"{held.sender}/{name}"])).values(value=""))
        passed = (g.passed_on.c.sender == held.sender) & (g.passed_on.c.consignment_id == name)
        run(update(g.passed_on).where(passed).values(unit="", person="", note=""))
        drafts = select(w.draft.c.id).where(w.draft.c.consignment_id == name)
        run(delete(w.draft_file).where(w.draft_file.c.draft_id.in_(drafts)))
        run(update(w.draft).where(w.draft.c.consignment_id == name).values(form="{}"))

    def _rows(self, query: Select[Any]) -> tuple[DisposalRow, ...]:
        return tuple(map(_row, self._connection.execute(query.order_by(d.disposal.c.seq))))


def _statuses(sender: str, consignment_id: str) -> Select[Any]:
    o = t.outbox.c
    about = (o.in_reply_to == consignment_id) & (o.kind == ConsignmentClass.STATUS.value)
    by = (o.letter_sender == sender) | (o.sender == sender)
    return select(o.consignment_id, o.container_sha256).where(about, by).order_by(o.seq)


def _row(row: Row[Any]) -> DisposalRow:
    values = dict(row._mapping)
    return DisposalRow(**{**values, "state": State(values["state"])})
