"""What nodes and hubs sealed, and the standing of those seals."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from exchange_axis.store.engine import insert_missing
from exchange_axis.store.hub import standing_tables as s
from exchange_axis.store.hub.seal_tables import sealed_by

PIECE = 500
"""Names in one question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedBy:
    sha256: str
    fingerprint: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSeal:
    """A seal that was relied on and could not be checked."""

    fingerprint: str
    subject: str
    use: str
    since: datetime


def note(connection: Connection, rows: Sequence[SealedBy]) -> None:
    """The first time counts."""
    values = [{"sha256": row.sha256, "fingerprint": row.fingerprint, "at": row.at} for row in rows]
    insert_missing(connection, sealed_by, values)


def of(connection: Connection, digests: Sequence[str]) -> Mapping[str, SealedBy]:
    found = {}
    for start in range(0, len(digests), PIECE):
        query = select(sealed_by).where(sealed_by.c.sha256.in_(digests[start : start + PIECE]))
        for row in connection.execute(query):
            found[row.sha256] = SealedBy(sha256=row.sha256, fingerprint=row.fingerprint, at=row.at)
    return found


def open_since(connection: Connection, fingerprint: str, at: datetime) -> None:
    """Somebody relied on it unchecked; the first time since it last was checked counts."""
    waiting = update(s.standing).where(s.standing.c.fingerprint == fingerprint, s.standing.c.open_since.is_(None))
    connection.execute(waiting.values(open_since=at))


def opened(connection: Connection, *, before: datetime) -> tuple[OpenSeal, ...]:
    """Relied on unchecked since before that time, longest first."""
    query = select(s.certificate.c.fingerprint, s.certificate.c.subject, s.certificate.c.use, s.standing.c.open_since)
    query = query.join(s.standing, s.standing.c.fingerprint == s.certificate.c.fingerprint)
    query = query.where(s.standing.c.open_since < before).order_by(s.standing.c.open_since)
    rows = connection.execute(query)
    return tuple(
        OpenSeal(fingerprint=row.fingerprint, subject=row.subject, use=row.use or "", since=row.open_since)
        for row in rows
    )


def documents(connection: Connection, fingerprint: str, *, since: datetime) -> int:
    """How many documents of this seal were believed since then."""
    query = select(func.count()).select_from(sealed_by)
    return int(
        connection.execute(query.where(sealed_by.c.fingerprint == fingerprint, sealed_by.c.at >= since)).scalar_one()
    )


def known(connection: Connection, fingerprints: Collection[str]) -> frozenset[str]:
    """Those that have a standing."""
    names, found = sorted(fingerprints), set[str]()
    for start in range(0, len(names), PIECE):
        query = select(s.standing.c.fingerprint).where(s.standing.c.fingerprint.in_(names[start : start + PIECE]))
        found.update(connection.execute(query).scalars())
    return frozenset(found)


def still_used(connection: Connection, fingerprints: Collection[str], at: datetime) -> None:
    names = sorted(fingerprints)
    for start in range(0, len(names), PIECE):
        piece = s.certificate.c.fingerprint.in_(names[start : start + PIECE])
        connection.execute(update(s.certificate).where(piece).values(used_at=at))


def untold(connection: Connection, fingerprints: Sequence[str]) -> frozenset[str]:
    """Those of which the operator was not told since they were last checked."""
    query = select(s.standing.c.fingerprint).where(
        s.standing.c.fingerprint.in_(fingerprints), s.standing.c.told_at.is_(None)
    )
    return frozenset(connection.execute(query).scalars())
