"""Drafts inside one unit of work.

Rule of this file: a draft changes only from the version that its writer saw; otherwise nothing happens and he is told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, select, update

from exchange_axis.domain.lifecycle import FROZEN, Progress
from exchange_axis.store.node import draft_tables as t
from exchange_axis.store.node.register_tables import closed_book
from exchange_axis.store.node.rows import OutboxState
from exchange_axis.store.node.tables import inbox, outbox
from exchange_axis.store.node.within import EVERYTHING_HERE, Within

_AT_WORK = tuple(one.value for one in (Progress.ACCEPTED, Progress.ASSIGNED, Progress.PROCESSING))
_FROZEN = tuple(one.value for one in FROZEN)


class DraftState(StrEnum):
    OPEN = "open"
    SENT = "sent"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    id: str
    agency: str
    owner: str
    state: DraftState
    version: int
    form: Mapping[str, Any]
    closes: str | None
    consignment_id: str | None
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFileRow:
    id: str
    draft_id: str
    name: str
    description: str
    length: int
    sha256: str | None
    found: Mapping[str, Any] | None
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A received letter that its reply completes."""

    letter: str
    """Consignment id."""
    agency: str
    reply: str
    """Number/symbol."""
    actor: str
    """Who sent the reply."""


class Drafts:
    def __init__(self, connection: Connection, within: Within = EVERYTHING_HERE) -> None:
        self._connection = connection
        self._within = within

    def add(self, row: DraftRow) -> None:
        values = {name: getattr(row, name) for name in DraftRow.__slots__}
        self._connection.execute(t.draft.insert(), values | {"state": row.state.value, "form": _text(row.form)})

    def get(self, draft_id: str) -> DraftRow | None:
        row = self._connection.execute(select(t.draft).where(t.draft.c.id == draft_id)).one_or_none()
        return None if row is None or not self._within.has(row.agency) else _draft(row)

    def open(self, *, owner: str | None = None, limit: int = 200) -> tuple[DraftRow, ...]:
        """Newest first."""
        query = select(t.draft).where(t.draft.c.state == DraftState.OPEN.value, self._within.of(t.draft.c.agency))
        if owner is not None:
            query = query.where(t.draft.c.owner == owner)
        return tuple(
            _draft(row) for row in self._connection.execute(query.order_by(t.draft.c.changed_at.desc()).limit(limit))
        )

    def closings(self) -> tuple[Closing, ...]:
        """Received letters still worked on whose replies, which close them, the hub has accepted."""
        d, sent, i = t.draft.c, outbox.c, inbox.c
        query = (
            select(d.closes.label("letter"), d.agency, sent.title.label("reply"), sent.actor)
            .join(outbox, sent.consignment_id == d.consignment_id)
            .join(inbox, and_(i.consignment_id == d.closes, i.recipient == d.agency))
            .where(d.closes.is_not(None), d.state == DraftState.SENT.value, sent.state == OutboxState.ACCEPTED.value)
            .where(i.progress.in_(_AT_WORK), i.request.not_in(_FROZEN))
        )
        return tuple(Closing(**row._mapping) for row in self._connection.execute(query))

    def save(self, before: DraftRow, *, at: datetime, **changes: Any) -> bool:
        """False when it is no longer as `before` says."""
        values: dict[str, Any] = {"version": before.version + 1, "changed_at": at, **changes}
        if "form" in values:
            values["form"] = _text(values["form"])
        as_before = and_(
            t.draft.c.id == before.id,
            t.draft.c.version == before.version,
            t.draft.c.state == before.state.value,
        )
        return self._connection.execute(update(t.draft).where(as_before).values(values)).rowcount == 1

    def add_file(self, row: DraftFileRow) -> None:
        values = {name: getattr(row, name) for name in DraftFileRow.__slots__}
        self._connection.execute(t.draft_file.insert(), values | {"found": _text_or_none(row.found)})

    def file(self, file_id: str) -> DraftFileRow | None:
        row = self._connection.execute(select(t.draft_file).where(t.draft_file.c.id == file_id)).one_or_none()
        return None if row is None or self.get(row.draft_id) is None else _file(row)

    def files(self, draft_id: str) -> tuple[DraftFileRow, ...]:
        """In the order in which they were added: the first is the letter itself."""
        query = select(t.draft_file).where(t.draft_file.c.draft_id == draft_id).order_by(t.draft_file.c.seq)
        return tuple(_file(row) for row in self._connection.execute(query))

    def keep_file(self, file_id: str, sha256: str, found: Mapping[str, Any] | None) -> None:
        """It is in the blob store."""
        change = update(t.draft_file).where(t.draft_file.c.id == file_id)
        self._connection.execute(change.values(sha256=sha256, found=_text_or_none(found)))

    def drop_file(self, file_id: str) -> None:
        self._connection.execute(delete(t.draft_file).where(t.draft_file.c.id == file_id))

    def needs(self, sha256: str) -> bool:
        """Whether anything here still has this content: a file of a draft, a letter or status, a closed book."""
        holders = (
            (t.draft_file, t.draft_file.c.sha256),
            (outbox, outbox.c.container_sha256),
            (inbox, inbox.c.container_sha256),
            (closed_book, closed_book.c.pdf_sha256),
        )
        return any(
            self._connection.scalar(select(func.count()).select_from(table).where(column == sha256))
            for table, column in holders
        )


def _text(form: Mapping[str, Any]) -> str:
    return json.dumps(form, ensure_ascii=False)


def _text_or_none(found: Mapping[str, Any] | None) -> str | None:
    return None if found is None else _text(found)


def _draft(row: Row[Any]) -> DraftRow:
    values = dict(row._mapping)
    return DraftRow(**values | {"state": DraftState(values["state"]), "form": json.loads(values["form"])})


def _file(row: Row[Any]) -> DraftFileRow:
    values = dict(row._mapping)
    del values["seq"]
    found = values["found"]
    return DraftFileRow(**values | {"found": None if found is None else json.loads(found)})
