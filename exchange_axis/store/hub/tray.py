"""The dead-letter tray: messages between hubs that one of the two refused for good. They leave it by success only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, func, or_, select, update

from exchange_axis.store.engine import insert_new
from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub.tray_tables import refused_return

SHORTEST = 8
"""Characters of a consignment id that name it."""
_C = refused_return.c
_DUE = (
    select(refused_return)
    .where(_C.way == bindparam("of_way"), _C.due_at <= bindparam("now"))
    .order_by(_C.due_at, _C.seq)
    .limit(bindparam("most"))
)


class Way(StrEnum):
    SENT = "sent"
    """The peer refused what we sent."""
    RECEIVED = "received"
    """We refused what the peer sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why, as the refusal said it."""

    code: str
    vi: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrayRow:
    seq: int
    way: Way
    peer: str
    sha256: str
    documents: bytes
    consignment_id: str
    recipient: str | None
    refused: Refused
    tries: int
    first_at: datetime
    tried_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries; empty fields do not narrow."""

    numbers: tuple[int, ...] = ()
    beginnings: tuple[str, ...] = ()
    """Of consignment ids."""
    peer: str | None = None
    limit: int = 100
    offset: int = 0


def keep(connection: Connection, row: TrayRow) -> None:
    """Lay a message down (`seq` is given here), or note that it was refused once more."""
    values = {
        "way": row.way.value,
        "peer": row.peer,
        "sha256": row.sha256,
        "documents": row.documents,
        "consignment_id": row.consignment_id,
        "recipient": row.recipient,
        "code": row.refused.code[:100],
        "vi": row.refused.vi,
        "en": row.refused.en,
        "tries": row.tries,
        "first_at": row.first_at,
        "tried_at": row.tried_at,
        "due_at": row.due_at,
    }
    if not insert_new(connection, refused_return, values):
        again = {name: values[name] for name in ("code", "vi", "en", "tries", "tried_at", "due_at")}
        same = (_C.way == row.way.value, _C.peer == row.peer, _C.sha256 == row.sha256)
        connection.execute(update(refused_return).where(*same).values(**again))


def remove(connection: Connection, seq: int) -> None:
    """It was taken in after all."""
    connection.execute(delete(refused_return).where(_C.seq == seq))


def due(connection: Connection, way: Way, now: datetime, limit: int) -> tuple[TrayRow, ...]:
    """Those to be tried now, longest due first."""
    rows = connection.execute(_DUE, {"of_way": way.value, "now": now, "most": limit})
    return tuple(_row(row) for row in rows)


def find(connection: Connection, wanted: Wanted) -> tuple[TrayRow, ...]:
    """Oldest first."""
    query = select(refused_return).where(*_narrowed(wanted)).order_by(_C.seq)
    return tuple(_row(row) for row in connection.execute(query.limit(wanted.limit).offset(wanted.offset)))


def make_due(connection: Connection, seqs: Sequence[int], at: datetime) -> None:
    connection.execute(update(refused_return).where(_C.seq.in_(seqs), _C.due_at > at).values(due_at=at))


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(refused_return)).scalar_one()


def parked(connection: Connection, *, but: str, peer: str | None = None) -> tuple[Any, ...]:
    """Messages that wait here until their hub is trusted: peer, consignment_id, reason, parked_at, due_at.

    Args:
        but: the reason that passes by itself.
    """
    p = t.parked.c
    query = select(p.peer, p.consignment_id, p.reason, p.parked_at, p.due_at).where(p.reason != but)
    query = query if peer is None else query.where(p.peer == peer)
    return tuple(connection.execute(query.order_by(p.parked_at, p.sha256)).all())


def _narrowed(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.peer is not None:
        found.append(_C.peer == wanted.peer)
    if wanted.numbers or wanted.beginnings:
        begins = [_C.consignment_id.startswith(one.lower(), autoescape=True) for one in wanted.beginnings]
        found.append(or_(_C.seq.in_(wanted.numbers), *begins))
    return found


def _row(row: Row[Any]) -> TrayRow:
    values = dict(row._mapping)
    refused = Refused(code=values.pop("code"), vi=values.pop("vi"), en=values.pop("en"))
    values["way"] = Way(values["way"])
    return TrayRow(**values, refused=refused)
