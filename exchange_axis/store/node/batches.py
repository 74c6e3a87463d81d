"""Batches inside one unit of work."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select, update

from exchange_axis.store.node import batch_tables as t


class BatchKind(StrEnum):
    ACCEPT = "accept"
    SEND = "send"


class ItemState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    id: str
    kind: BatchKind
    actor: str
    begun_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    place: int
    named: str
    state: ItemState
    refusal: Mapping[str, Any] | None


class Batches:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, row: BatchRow, named: Sequence[str]) -> None:
        values = {name: getattr(row, name) for name in BatchRow.__slots__} | {"kind": row.kind.value}
        self._connection.execute(t.batch.insert(), values)
        waiting = {"batch_id": row.id, "state": ItemState.WAITING.value}
        if items := [waiting | {"place": place, "named": one} for place, one in enumerate(named, start=1)]:
            self._connection.execute(t.batch_item.insert(), items)

    def get(self, batch_id: str) -> BatchRow | None:
        row = self._connection.execute(select(t.batch).where(t.batch.c.id == batch_id)).one_or_none()
        return None if row is None else _batch(row._mapping)

    def unfinished(self, actor: str, limit: int = 5) -> tuple[BatchRow, ...]:
        """Newest first."""
        b = t.batch.c
        query = select(t.batch).where(b.actor == actor, b.ended_at.is_(None)).order_by(b.begun_at.desc())
        return tuple(_batch(row._mapping) for row in self._connection.execute(query.limit(limit)))

    def items(self, batch_id: str) -> tuple[ItemRow, ...]:
        i = t.batch_item.c
        query = select(i.place, i.named, i.state, i.refusal).where(i.batch_id == batch_id).order_by(i.place)
        return tuple(
            ItemRow(
                place=row.place,
                named=row.named,
                state=ItemState(row.state),
                refusal=None if row.refusal is None else json.loads(row.refusal),
            )
            for row in self._connection.execute(query)
        )

    def settle(self, batch_id: str, place: int, at: datetime, *, refusal: Mapping[str, Any] | None) -> bool:
        """False when it was settled before."""
        i = t.batch_item.c
        state = ItemState.DONE if refusal is None else ItemState.REFUSED
        told = None if refusal is None else json.dumps(refusal, ensure_ascii=False)
        which = (i.batch_id == batch_id, i.place == place, i.state == ItemState.WAITING.value)
        values = {"state": state.value, "refusal": told, "settled_at": at}
        return self._connection.execute(update(t.batch_item).where(*which).values(values)).rowcount == 1

    def end(self, batch_id: str, at: datetime) -> None:
        which = (t.batch.c.id == batch_id, t.batch.c.ended_at.is_(None))
        self._connection.execute(update(t.batch).where(*which).values(ended_at=at))


def _batch(values: Mapping[Any, Any]) -> BatchRow:
    return BatchRow(**{**values, "kind": BatchKind(values["kind"])})
