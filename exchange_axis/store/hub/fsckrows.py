"""What the check of the log reads: everything, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from exchange_axis.store.hub import decisionrows
from exchange_axis.store.hub import stamp_tables as s
from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub import verdict_tables as v
from exchange_axis.store.hub import witness_tables as w

PAGE = 1_000


def checkpoints(connection: Connection) -> Iterator[tuple[int, str, datetime]]:
    """(size, note, time) of every checkpoint of the open epoch, by size."""
    size = -1
    while True:
        query = select(t.checkpoint).where(t.checkpoint.c.size > size).order_by(t.checkpoint.c.size).limit(PAGE)
        rows = connection.execute(query).all()
        if not rows:
            return
        for row in rows:
            yield row.size, row.note, row.signed_at
        size = rows[-1].size


def documents(connection: Connection, digests: Sequence[str]) -> Mapping[str, bytes]:
    """Logged documents by the digest that they are filed under; nobody has computed it anew."""
    found: dict[str, bytes] = {}
    for digest, content in (
        (t.document.c.sha256, t.document.c.bytes),
        (t.binding.c.sha256, t.binding.c.document),
        (w.log_epoch.c.sha256, w.log_epoch.c.statement),
        (v.verdict_report.c.sha256, v.verdict_report.c.document),
        (t.evidence.c.sha256, t.evidence.c.bytes),
        (s.timestamp.c.sha256, s.timestamp.c.token),
        (s.closed_timestamp.c.sha256, s.closed_timestamp.c.token),
    ):
        rows = connection.execute(select(digest, content).where(digest.in_(digests)))
        found.update((sha256, _bytes(data)) for sha256, data in rows if data)
    return {**found, **decisionrows.documents(connection, digests)}


def evidence_without_leaf(connection: Connection, limit: int) -> tuple[str, ...]:
    """Ids of this hub's evidence that no leaf speaks of."""
    query = select(t.evidence.c.id).outerjoin(t.leaf, t.leaf.c.sha256 == t.evidence.c.sha256)
    query = query.where(t.evidence.c.own, t.leaf.c.seq.is_(None)).order_by(t.evidence.c.seq).limit(limit)
    return tuple(connection.execute(query).scalars())


def count_nodes(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(t.tree_node)).scalar_one()


def cosignatures(connection: Connection, origin: str) -> Iterator[tuple[int, str]]:
    """(size, signature line) of every cosignature of a log."""
    query = select(w.cosignature.c.size, w.cosignature.c.line).where(w.cosignature.c.origin == origin)
    for row in connection.execute(query.order_by(w.cosignature.c.size)):
        yield row.size, row.line


def _bytes(value: bytes | str) -> bytes:
    """SQLite stores what it is given; whoever changed a row by hand may have left text there."""
    return value.encode() if isinstance(value, str) else bytes(value)
