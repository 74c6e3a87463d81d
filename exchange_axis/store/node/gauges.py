"""Numbers of a node as its rows stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from exchange_axis.store.bulletin_rows import BulletinRows
from exchange_axis.store.node import tables as t
from exchange_axis.store.node.bulletin_tables import bulletin
from exchange_axis.store.node.rows import OutboxState
from exchange_axis.store.types import UtcTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """What of one lane waits for the hub's answer."""

    lane: str
    count: int
    oldest: datetime
    retries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRowsCounted:
    queued: tuple[Queued, ...]
    outbox: Mapping[tuple[str, str], int]
    """By kind (letter, status) and state."""
    inbox: Mapping[str, int]
    """Letters received, by progress."""
    unproved: int
    """Receipts whose log proof is still asked for."""
    bulletins: Mapping[tuple[str, str], int]
    """By kind and what came of them: sent, lost, doubtful; waiting for another try."""
    alarms: Mapping[str, int]
    """How often each alarm was raised, by its code."""


_O = t.outbox.c


def counted(connection: Connection) -> NodeRowsCounted:
    outbox = connection.execute(select(_O.kind, _O.state, func.count()).group_by(_O.kind, _O.state))
    inbox = connection.execute(select(t.inbox.c.progress, func.count().label("number")).group_by(t.inbox.c.progress))
    waiting = t.evidence.c.proof_due_at.is_not(None)
    alarms = connection.execute(select(t.alarm.c.code, func.sum(t.alarm.c.count)).group_by(t.alarm.c.code))
    return NodeRowsCounted(
        queued=_queued(connection),
        outbox={(kind, state): number for kind, state, number in outbox},
        inbox={row.progress: row.number for row in inbox},
        unproved=connection.execute(select(func.count()).select_from(t.evidence).where(waiting)).scalar_one(),
        bulletins=BulletinRows(connection, bulletin).sums(),
        alarms={code: int(number) for code, number in alarms},
    )


def _queued(connection: Connection) -> tuple[Queued, ...]:
    query = (
        select(
            _O.lane,
            func.count().label("number"),
            func.min(_O.created_at, type_=UtcTime()).label("oldest"),
            func.sum(_O.attempts).label("attempts"),
            func.count().filter(_O.attempts > 0).label("tried"),
        )
        .where(_O.state == OutboxState.QUEUED.value)
        .group_by(_O.lane)
    )
    return tuple(
        Queued(lane=row.lane, count=row.number, oldest=row.oldest, retries=int(row.attempts) - row.tried)
        for row in connection.execute(query)
    )
