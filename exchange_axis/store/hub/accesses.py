"""Rows of the access log (`access_tables`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from exchange_axis.store import Connection
from exchange_axis.store.hub.access_tables import access


@dataclass(frozen=True, slots=True, kw_only=True)
class Accessed:
    number: int
    at: datetime
    actor: str
    kind: str
    """metadata or content"""
    action: str
    subject: str
    reason: str


def add(connection: Connection, row: Mapping[str, object]) -> None:
    connection.execute(insert(access), dict(row))


def newest(
    connection: Connection, *, actor: str | None, subject: str | None, before: int | None, limit: int
) -> tuple[Accessed, ...]:
    """Newest first, below the number `before`."""
    c = access.c
    query = select(access).order_by(c.seq.desc()).limit(limit)
    for column, value in ((c.actor, actor), (c.subject, subject)):
        if value:
            query = query.where(column == value)
    if before is not None:
        query = query.where(c.seq < before)
    return tuple(
        Accessed(
            number=row.seq,
            at=row.at,
            actor=row.actor,
            kind=row.kind,
            action=row.action,
            subject=row.subject,
            reason=row.reason,
        )
        for row in connection.execute(query)
    )
