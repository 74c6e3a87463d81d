"""Rows of `brought_proof`: proofs that are wanted of other hubs, and those that came."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from exchange_axis.store.engine import insert_new
from exchange_axis.store.hub.brought_tables import brought_proof

_c = brought_proof.c


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtRow:
    sha256: str
    consignment: int
    issuer: str
    peer: str
    proof: bytes | None = None
    since: datetime
    due_at: datetime | None
    tries: int = 0
    refused: str | None = None
    told_at: datetime | None = None


def want(connection: Connection, row: BroughtRow) -> None:
    """Ask from now on; a row that is there stays."""
    insert_new(connection, brought_proof, {name: getattr(row, name) for name in row.__slots__})


def rows(connection: Connection, digests: Collection[str]) -> tuple[BroughtRow, ...]:
    query = select(brought_proof).where(_c.sha256.in_(list(digests))).order_by(_c.sha256)
    return tuple(BroughtRow(**row._mapping) for row in connection.execute(query))


def due(connection: Connection, peer: str, now: datetime, limit: int) -> tuple[BroughtRow, ...]:
    """Those to ask this peer for, longest due first."""
    query = select(brought_proof).where(_c.peer == peer, _c.due_at <= now).order_by(_c.due_at, _c.sha256).limit(limit)
    return tuple(BroughtRow(**row._mapping) for row in connection.execute(query))


def postpone(connection: Connection, row: BroughtRow, until: datetime) -> None:
    change = update(brought_proof).where(_c.sha256 == row.sha256, _c.proof.is_(None))
    connection.execute(change.values(due_at=until, tries=row.tries + 1))


def keep(connection: Connection, sha256: str, proof: bytes) -> bool:
    """The first one that held; False when there is one."""
    change = update(brought_proof).where(_c.sha256 == sha256, _c.proof.is_(None), _c.due_at.is_not(None))
    return connection.execute(change.values(proof=proof, due_at=None, refused=None)).rowcount == 1


def refuse(connection: Connection, sha256: str, code: str) -> bool:
    """What came is no proof; False when that is known of it."""
    change = update(brought_proof).where(_c.sha256 == sha256, _c.proof.is_(None), _c.refused.is_distinct_from(code))
    return connection.execute(change.values(refused=code)).rowcount == 1


def withheld(connection: Connection, before: datetime, limit: int) -> tuple[BroughtRow, ...]:
    """Wanted since before then, and nobody was told."""
    query = select(brought_proof).where(_c.proof.is_(None), _c.due_at.is_not(None), _c.since < before)
    query = query.where(_c.told_at.is_(None)).order_by(_c.since, _c.sha256).limit(limit)
    return tuple(BroughtRow(**row._mapping) for row in connection.execute(query))


def tell(connection: Connection, wanted: Sequence[str], at: datetime) -> None:
    connection.execute(update(brought_proof).where(_c.sha256.in_(wanted)).values(told_at=at))


def forget(connection: Connection, consignment: int) -> int:
    """With the salts in them."""
    return connection.execute(delete(brought_proof).where(_c.consignment == consignment)).rowcount
