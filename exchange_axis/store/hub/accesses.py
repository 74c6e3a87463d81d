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
    """metadata, content, or review: that the entries before were looked through"""
    action: str
    subject: str
    reason: str


def add(connection: Connection, row: Mapping[str, object]) -> None:
    connection.execute(insert(access), dict(row))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is None does not matter."""

    actor: str | None = None
    subject: str | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Up to that moment, which is not in it."""
    before: int | None = None
    """Numbers below."""
    limit: int


def newest(connection: Connection, wanted: Wanted) -> tuple[Accessed, ...]:
    """Newest first."""
    c = access.c
    query = select(access).order_by(c.seq.desc()).limit(wanted.limit)
    for column, value in ((c.actor, wanted.actor), (c.subject, wanted.subject), (c.kind, wanted.kind)):
        if value:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(c.at < wanted.until)
    if wanted.before is not None:
        query = query.where(c.seq < wanted.before)
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
