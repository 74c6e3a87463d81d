"""Tokens of people's programs; the same for hub and node."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from exchange_axis.domain.program_tokens import ProgramToken
from exchange_axis.store.engine import for_update
from exchange_axis.store.people import PeopleRows


def add(rows: PeopleRows, token: ProgramToken, digest: str) -> int:
    """Its number is given by the store and returned."""
    t = rows.tables.token
    values = {
        "digest": digest,
        "person": token.user,
        "name": token.name,
        "reason": token.reason,
        "made_at": token.made_at,
        "ends_at": token.ends_at,
    }
    return int(rows.connection.execute(t.insert().returning(t.c.seq), values).scalar_one())


def find(rows: PeopleRows, number: int) -> tuple[ProgramToken, str] | None:
    """With the digest of its secret; locked until the end of the unit."""
    t = rows.tables.token
    row = rows.connection.execute(for_update(select(t).where(t.c.seq == number))).one_or_none()
    return None if row is None else (_token(row), row.digest)


def of(rows: PeopleRows, user: int) -> tuple[ProgramToken, ...]:
    """Newest first, with those that are over."""
    t = rows.tables.token
    query = select(t).where(t.c.person == user).order_by(t.c.seq.desc())
    return tuple(_token(row) for row in rows.connection.execute(query))


def used(rows: PeopleRows, number: int, at: datetime) -> None:
    t = rows.tables.token
    rows.connection.execute(update(t).where(t.c.seq == number).values(used_at=at))


def revoke(rows: PeopleRows, user: int, *, at: datetime, by: str, only: int | None = None) -> int:
    """One of a person's tokens, or all that still live; how many."""
    t = rows.tables.token
    query = update(t).where(t.c.person == user, t.c.revoked_at.is_(None), t.c.ends_at > at)
    if only is not None:
        query = query.where(t.c.seq == only)
    return rows.connection.execute(query.values(revoked_at=at, revoked_by=by[:200])).rowcount


def _token(row: Row[Any]) -> ProgramToken:
    return ProgramToken(
        number=row.seq,
        user=row.person,
        name=row.name,
        reason=row.reason,
        made_at=row.made_at,
        ends_at=row.ends_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
        revoked_by=row.revoked_by,
    )
