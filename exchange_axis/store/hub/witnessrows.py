"""Rows of witnesses: seen checkpoints, cosignatures, copies of other logs, contradictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, tuple_, update

from exchange_axis.store.engine import lock_named
from exchange_axis.store.hub import witness_tables as t


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRow:
    origin: str
    size: int
    note: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleRow:
    origin: str
    code: str
    vi: str
    en: str
    first: str
    second: str
    at: datetime


def lock_log(connection: Connection, origin: str) -> None:
    """One transaction at a time reads and changes what is known of a log."""
    lock_named(connection, f"log {origin}")


def seen(connection: Connection, origin: str) -> SeenRow | None:
    """The newest checkpoint of that log that was cosigned here."""
    row = connection.execute(select(t.witnessed).where(t.witnessed.c.origin == origin)).one_or_none()
    return None if row is None else SeenRow(**row._mapping)


def all_seen(connection: Connection) -> tuple[SeenRow, ...]:
    rows = connection.execute(select(t.witnessed).order_by(t.witnessed.c.origin))
    return tuple(SeenRow(**row._mapping) for row in rows)


def remember(connection: Connection, row: SeenRow) -> None:
    """In place of what was known; the caller has held it against that, under `lock_log`."""
    connection.execute(delete(t.witnessed).where(t.witnessed.c.origin == row.origin))
    connection.execute(t.witnessed.insert().values(origin=row.origin, size=row.size, note=row.note, at=row.at))


def add_cosignature(connection: Connection, *, origin: str, size: int, witness: str, line: str, at: datetime) -> None:
    """The first of each witness stays."""
    lock_named(connection, f"cosignature {origin} {size}")
    found = select(t.cosignature.c.witness).where(
        t.cosignature.c.origin == origin, t.cosignature.c.size == size, t.cosignature.c.witness == witness
    )
    if connection.execute(found).first() is None:
        connection.execute(t.cosignature.insert().values(origin=origin, size=size, witness=witness, line=line, at=at))


def cosignatures(connection: Connection, origin: str, size: int) -> tuple[str, ...]:
    """Signature lines on that checkpoint, by name of the witness."""
    query = select(t.cosignature.c.line).where(t.cosignature.c.origin == origin, t.cosignature.c.size == size)
    return tuple(connection.execute(query.order_by(t.cosignature.c.witness)).scalars())


def cosigned_size(connection: Connection, origin: str, needed: int) -> int:
    """Size of the newest checkpoint with at least so many cosignatures, 0 without one."""
    query = select(t.cosignature.c.size).where(t.cosignature.c.origin == origin).group_by(t.cosignature.c.size)
    query = query.having(func.count() >= needed).order_by(t.cosignature.c.size.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none() or 0


def newest_cosigned_by(connection: Connection, origin: str, witness: str) -> SeenRow | None:
    """The largest checkpoint that a witness has cosigned; `note` is its signature line."""
    query = select(t.cosignature).where(t.cosignature.c.origin == origin, t.cosignature.c.witness == witness)
    row = connection.execute(query.order_by(t.cosignature.c.size.desc()).limit(1)).one_or_none()
    return None if row is None else SeenRow(origin=origin, size=row.size, note=row.line, at=row.at)


def copied(connection: Connection, origin: str) -> tuple[int, str] | None:
    """(size, note) of the newest checkpoint up to which a log is copied here."""
    query = select(t.log_copied.c.size, t.log_copied.c.note).where(t.log_copied.c.origin == origin)
    row = connection.execute(query.order_by(t.log_copied.c.size.desc()).limit(1)).one_or_none()
    return None if row is None else (row.size, row.note)


def copied_after(connection: Connection, origin: str, size: int) -> tuple[int, str] | None:
    """(size, note) of the next larger checkpoint of a copy."""
    query = select(t.log_copied.c.size, t.log_copied.c.note)
    query = query.where(t.log_copied.c.origin == origin, t.log_copied.c.size > size)
    row = connection.execute(query.order_by(t.log_copied.c.size).limit(1)).one_or_none()
    return None if row is None else (row.size, row.note)


def copy_origins(connection: Connection) -> tuple[str, ...]:
    return tuple(connection.execute(select(t.log_copied.c.origin).distinct().order_by(t.log_copied.c.origin)).scalars())


def copied_entries(connection: Connection, origin: str, first: int, count: int) -> list[bytes]:
    query = select(t.log_copy.c.data).where(
        t.log_copy.c.origin == origin, t.log_copy.c.position.between(first, first + count - 1)
    )
    return [bytes(data) for data in connection.execute(query.order_by(t.log_copy.c.position)).scalars()]


def add_copy(connection: Connection, origin: str, first: int, entries: Sequence[bytes]) -> None:
    rows = [{"origin": origin, "position": place, "data": data} for place, data in enumerate(entries, first)]
    if rows:
        connection.execute(t.log_copy.insert(), rows)


def add_copied(connection: Connection, origin: str, size: int, note: str) -> None:
    connection.execute(t.log_copied.insert().values(origin=origin, size=size, note=note))


def read_copy_nodes(connection: Connection, origin: str, names: Sequence[tuple[int, int]]) -> list[bytes]:
    """Raises KeyError: one was never stored."""
    query = select(t.log_copy_node.c.level, t.log_copy_node.c.position, t.log_copy_node.c.hash).where(
        t.log_copy_node.c.origin == origin,
        tuple_(t.log_copy_node.c.level, t.log_copy_node.c.position).in_(names),
    )
    rows = connection.execute(query) if names else ()
    found = {(level, position): bytes(value) for level, position, value in rows}
    return [found[name] for name in names]


def write_copy_nodes(connection: Connection, origin: str, nodes: Mapping[tuple[int, int], bytes]) -> None:
    rows = [
        {"origin": origin, "level": level, "position": place, "hash": value} for (level, place), value in nodes.items()
    ]
    if rows:
        connection.execute(t.log_copy_node.insert(), rows)


def add_trouble(connection: Connection, row: TroubleRow) -> bool:
    """Keep a contradiction once; False if it is known."""
    lock_named(connection, f"trouble {row.origin}")
    same = select(t.log_trouble.c.seq).where(
        t.log_trouble.c.origin == row.origin,
        t.log_trouble.c.code == row.code,
        t.log_trouble.c.first == row.first,
        t.log_trouble.c.second == row.second,
        t.log_trouble.c.closed_at.is_(None),
    )
    if connection.execute(same).first() is not None:
        return False
    connection.execute(
        t.log_trouble.insert().values(
            origin=row.origin,
            code=row.code,
            vi=row.vi,
            en=row.en,
            first=row.first,
            second=row.second,
            at=row.at,
        )
    )
    return True


def troubles(connection: Connection, origin: str | None = None) -> tuple[TroubleRow, ...]:
    """Those that are open, the oldest first; of one log or of all."""
    c = t.log_trouble.c
    query = select(c.origin, c.code, c.vi, c.en, c.first, c.second, c.at).where(c.closed_at.is_(None)).order_by(c.seq)
    if origin is not None:
        query = query.where(c.origin == origin)
    return tuple(TroubleRow(**row._mapping) for row in connection.execute(query))


def close_troubles(connection: Connection, origin: str, at: datetime) -> int:
    change = update(t.log_trouble).where(t.log_trouble.c.origin == origin, t.log_trouble.c.closed_at.is_(None))
    return connection.execute(change.values(closed_at=at)).rowcount
