"""Rows of the tamper-evident log: unnumbered leaves, tree nodes, checkpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select, text, tuple_, update

from exchange_axis.store.hub import tables as t

FETCHED = 5_000
"""Hashes asked for in one statement."""
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


_LEAVES_OF = select(t.leaf).where(t.leaf.c.sha256.in_(bindparam("digests", expanding=True)))
_CHECKPOINT = select(t.checkpoint).order_by(t.checkpoint.c.size.desc()).limit(1)
_NUMBER = update(t.leaf).where(t.leaf.c.seq == bindparam("of_seq"))
_NODES = select(t.tree_node.c.level, t.tree_node.c.position, t.tree_node.c.hash).where(
    tuple_(t.tree_node.c.level, t.tree_node.c.position).in_(bindparam("names", expanding=True))
)


def take_sequencer(connection: Connection) -> bool:
    """True when this transaction is the sequencer. SQLite has one writer, so there it always is."""
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.execute(text("SELECT pg_try_advisory_xact_lock(:k)"), {"k": SEQUENCER_LOCK}).scalar_one())


def unnumbered(connection: Connection, limit: int) -> tuple[LeafRow, ...]:
    query = select(t.leaf).where(t.leaf.c.position.is_(None)).order_by(t.leaf.c.seq).limit(limit)
    return tuple(LeafRow(**row._mapping) for row in connection.execute(query))


def number(connection: Connection, leaves: Sequence[LeafRow], first: int) -> None:
    """Positions in that order, from `first`."""
    rows = [{"of_seq": leaf.seq, "position": position} for position, leaf in enumerate(leaves, first)]
    connection.execute(_NUMBER, rows)


def waiting_since(connection: Connection) -> datetime | None:
    """Recorded time of the oldest own evidence that no checkpoint covers yet; None: there is none."""
    query = select(t.evidence.c.recorded_at).join(t.leaf, t.leaf.c.sha256 == t.evidence.c.sha256)
    query = query.where(t.leaf.c.position.is_(None), t.evidence.c.own).order_by(t.leaf.c.seq).limit(1)
    return connection.execute(query).scalar_one_or_none()


def size(connection: Connection) -> int:
    """How many leaves are numbered."""
    last = connection.execute(select(func.max(t.leaf.c.position))).scalar_one()
    return 0 if last is None else int(last) + 1


def leaves_of(connection: Connection, digests: Sequence[str]) -> Mapping[str, LeafRow]:
    """Leaves of logged documents, by SHA-256 of the document."""
    rows = connection.execute(_LEAVES_OF, {"digests": list(digests)})
    return {row.sha256: LeafRow(**row._mapping) for row in rows}


def leaves(connection: Connection, start: int, limit: int) -> tuple[LeafRow, ...]:
    query = select(t.leaf).where(t.leaf.c.position >= start).order_by(t.leaf.c.position).limit(limit)
    return tuple(LeafRow(**row._mapping) for row in connection.execute(query))


def add_checkpoint(connection: Connection, *, size: int, note: str, at: datetime) -> None:
    connection.execute(t.checkpoint.insert().values(size=size, note=note, signed_at=at))


def checkpoint(connection: Connection) -> tuple[int, str, datetime] | None:
    """(size, note, time) of the newest checkpoint."""
    row = connection.execute(_CHECKPOINT).one_or_none()
    return None if row is None else (row.size, row.note, row.signed_at)


def read_nodes(connection: Connection, names: Sequence[tuple[int, int]]) -> list[bytes]:
    """Stored hashes of perfect subtrees, by (level, index), in the order asked.

    Raises:
        KeyError: one was never stored.
    """
    found = find_nodes(connection, names)
    return [found[name] for name in names]


def find_nodes(connection: Connection, names: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """Those of the stored hashes that are there."""
    found: dict[tuple[int, int], bytes] = {}
    for start in range(0, len(names), FETCHED):
        rows = connection.execute(_NODES, {"names": list(dict.fromkeys(names[start : start + FETCHED]))})
        found.update({(level, position): bytes(value) for level, position, value in rows})
    return found


def write_nodes(connection: Connection, nodes: Mapping[tuple[int, int], bytes]) -> None:
    if nodes:
        rows = [{"level": level, "position": place, "hash": value} for (level, place), value in nodes.items()]
        connection.execute(t.tree_node.insert(), rows)


def read_row(connection: Connection, level: int, first: int, count: int) -> list[bytes]:
    """Stored hashes of one level that stand side by side.

    Raises:
        KeyError: not all of them are stored.
    """
    query = (
        select(t.tree_node.c.hash)
        .where(t.tree_node.c.level == level, t.tree_node.c.position.between(first, first + count - 1))
        .order_by(t.tree_node.c.position)
    )
    found = [bytes(value) for value in connection.execute(query).scalars()]
    if len(found) != count:
        raise KeyError((level, first))
    return found


def checkpoint_at(connection: Connection, size: int) -> str | None:
    """The signed note over exactly so many leaves."""
    return connection.execute(select(t.checkpoint.c.note).where(t.checkpoint.c.size == size)).scalar_one_or_none()


def checkpoint_after(connection: Connection, size: int) -> tuple[int, str, datetime] | None:
    """(size, note, time) of the next larger checkpoint."""
    query = select(t.checkpoint).where(t.checkpoint.c.size > size).order_by(t.checkpoint.c.size).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.size, row.note, row.signed_at)
