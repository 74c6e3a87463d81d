"""Decisions read as a record of changes: by kind, person, words and time, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_, select

from exchange_axis.store import Connection
from exchange_axis.store.hub import tables as t


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is None or empty does not matter."""

    actions: tuple[str, ...]
    """Beginnings of actions, such as `trust.`."""
    actor: str | None = None
    words: str | None = None
    """In subject or details, in any case of letters that the database knows."""
    since: datetime | None = None
    until: datetime | None = None
    """Up to that moment, which is not in it."""
    before: int | None = None
    limit: int


def newest(connection: Connection, wanted: Wanted) -> tuple[Decided, ...]:
    c = t.decision.c
    query = select(t.decision).where(or_(*_beginning(c.action, wanted.actions)))
    if wanted.actor:
        query = query.where(c.actor.contains(wanted.actor, autoescape=True))
    if wanted.words:
        query = query.where(
            or_(*(each.icontains(wanted.words, autoescape=True) for each in (c.subject, c.details, c.action)))
        )
    if wanted.since is not None:
        query = query.where(c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(c.at < wanted.until)
    if wanted.before is not None:
        query = query.where(c.seq < wanted.before)
    return tuple(_decided(row) for row in connection.execute(query.order_by(c.seq.desc()).limit(wanted.limit)))


def of_action(connection: Connection, action: str, *, limit: int | None = None) -> tuple[Decided, ...]:
    """Newest first."""
    query = select(t.decision).where(t.decision.c.action == action).order_by(t.decision.c.seq.desc())
    return tuple(_decided(row) for row in connection.execute(query.limit(limit)))


def first_of(connection: Connection, action: str) -> int | None:
    query = select(func.min(t.decision.c.seq)).where(t.decision.c.action == action)
    found: int | None = connection.execute(query).scalar_one()
    return found


def _beginning(column: ColumnElement[str], actions: Iterable[str]) -> list[ColumnElement[bool]]:
    return [column.startswith(one, autoescape=True) for one in actions]


def _decided(row: Row[Any]) -> Decided:
    values = {name: row._mapping[name] for name in ("at", "actor", "action", "subject", "details")}
    return Decided(number=row._mapping["seq"], **values)
