"""Rows of the tamper-evident log: unnumbered leaves, tree nodes, checkpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select, text, update

from exchange_axis.store.hub import tables as t

SEQUENCER_LOCK = 0x41584953
"""Key of PostgreSQL's advisory lock: one sequencer numbers leaves at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafRow:
    seq: int
    sha256: str
    kind: str
    salt: bytes | None
    data: bytes
    position: int | None


def take_sequencer(connection: Connection) -> bool:
    """True when this transaction is the sequencer. SQLite has one writer, so there it always is."""
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.execute(text("SELECT pg_try_advisory_xact_lock(:k)"), {"k": SEQUENCER_LOCK}).scalar_one())


def unnumbered(connection: Connection, limit: int) -> tuple[LeafRow, ...]:
    query = select(t.leaf).where(t.leaf.c.position.is_(None)).order_by(t.leaf.c.seq).limit(limit)
    return tuple(LeafRow(**row._mapping) for row in connection.execute(query))


def number(connection: Connection, seq: int, position: int) -> None:
    connection.execute(update(t.leaf).where(t.leaf.c.seq == seq).values(position=position))


def size(connection: Connection) -> int:
    """How many leaves are numbered."""
    last = connection.execute(select(func.max(t.leaf.c.position))).scalar_one()
    return 0 if last is None else int(last) + 1


def leaf(connection: Connection, sha256: str) -> LeafRow | None:
    row = connection.execute(select(t.leaf).where(t.leaf.c.sha256 == sha256)).one_or_none()
    return None if row is None else LeafRow(**row._mapping)


def leaves(connection: Connection, start: int, limit: int) -> tuple[LeafRow, ...]:
    query = select(t.leaf).where(t.leaf.c.position >= start).order_by(t.leaf.c.position).limit(limit)
    return tuple(LeafRow(**row._mapping) for row in connection.execute(query))


def add_checkpoint(connection: Connection, *, size: int, note: str, at: datetime) -> None:
    connection.execute(t.checkpoint.insert().values(size=size, note=note, signed_at=at))


def checkpoint(connection: Connection) -> tuple[int, str, datetime] | None:
    """(size, note, time) of the newest checkpoint."""
    query = select(t.checkpoint).order_by(t.checkpoint.c.size.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.size, row.note, row.signed_at)


def read_nodes(connection: Connection, names: Sequence[tuple[int, int]]) -> list[bytes]:
    """Stored hashes of perfect subtrees, by (level, index), in the order asked.

    Raises:
        KeyError: one was never stored.
    """
    n = t.tree_node.c
    wanted = or_(*(and_(n.level == level, n.position == position) for level, position in names))
    rows = connection.execute(select(n.level, n.position, n.hash).where(wanted)) if names else ()
    found = {(level, position): bytes(value) for level, position, value in rows}
    return [found[name] for name in names]


def write_nodes(connection: Connection, nodes: Mapping[tuple[int, int], bytes]) -> None:
    if nodes:
        rows = [{"level": level, "position": place, "hash": value} for (level, place), value in nodes.items()]
        connection.execute(t.tree_node.insert(), rows)
