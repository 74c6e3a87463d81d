"""Reminders asked for by hand, inside one unit of work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, select, update

from exchange_axis.store.engine import insert_new
from exchange_axis.store.hub.asked_tables import asked_reminder


def last(connection: Connection, consignment: int, recipient: str) -> datetime | None:
    query = select(asked_reminder.c.at).where(_of(consignment, recipient))
    return connection.execute(query).scalar_one_or_none()


def note(connection: Connection, consignment: int, recipient: str, *, peer: str, missing: str, at: datetime) -> None:
    values = {"peer": peer, "missing": missing, "at": at}
    row = {"consignment": consignment, "recipient": recipient, **values}
    if not insert_new(connection, asked_reminder, row):
        connection.execute(update(asked_reminder).where(_of(consignment, recipient)).values(**values))


def _of(consignment: int, recipient: str) -> ColumnElement[bool]:
    return and_(asked_reminder.c.consignment == consignment, asked_reminder.c.recipient == recipient)
