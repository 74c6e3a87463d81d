"""What clocks need to know of a letter besides its evidence, and how far the work that follows the log has come."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from exchange_axis.store.engine import insert_new, locked, skip_locked
from exchange_axis.store.hub import clock_tables as c


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    signed_at: datetime | None
    accepted_at: datetime
    reply_due: datetime | None
    answers: tuple[tuple[str, str], ...] = ()
    """(Agency code, number/symbol) of the letters that it answers."""


_ADD_TIMING = c.timing.insert()
_LAST_BYTE = select(c.last_byte.c.at).where(c.last_byte.c.shipment == bindparam("shipment"))
_FOLLOWER = select(c.follower.c.position).where(c.follower.c.name == bindparam("name"))
_TAKE_FOLLOWER, _HOLD_FOLLOWER = skip_locked(_FOLLOWER), locked(_FOLLOWER)
_MOVE_FOLLOWER = update(c.follower).where(c.follower.c.name == bindparam("of_name"))


def add_timing(connection: Connection, consignment: int, timing: Timing) -> None:
    values = {
        "consignment": consignment,
        "signed_at": timing.signed_at,
        "accepted_at": timing.accepted_at,
        "reply_due": timing.reply_due,
        "answers": json.dumps(timing.answers, ensure_ascii=False) if timing.answers else None,
    }
    connection.execute(_ADD_TIMING, values)


def note_last_byte(connection: Connection, shipment: str, at: datetime) -> None:
    """The first time counts: from then on its reader may have it."""
    insert_new(connection, c.last_byte, {"shipment": shipment, "at": at})


def last_byte(connection: Connection, shipment: str) -> datetime | None:
    return connection.execute(_LAST_BYTE, {"shipment": shipment}).scalar_one_or_none()


def take_follower(connection: Connection, name: str) -> int | None:
    """Its position, for this transaction alone; None when another process follows just now."""
    found = connection.execute(_TAKE_FOLLOWER, {"name": name}).scalar_one_or_none()
    if found is None and insert_new(connection, c.follower, {"name": name, "position": 0, "calendar": ""}):
        return 0
    return found


def move_follower(connection: Connection, name: str, position: int) -> None:
    connection.execute(_MOVE_FOLLOWER, {"of_name": name, "position": position})


def counted_with(connection: Connection, name: str) -> str | None:
    """What calendar and policy the open clocks were counted with."""
    return connection.execute(select(c.follower.c.calendar).where(c.follower.c.name == name)).scalar_one_or_none()


def set_counted_with(connection: Connection, name: str, calendar: str) -> None:
    insert_new(connection, c.follower, {"name": name, "position": 0, "calendar": ""})
    connection.execute(_MOVE_FOLLOWER, {"of_name": name, "calendar": calendar})


def hold_follower(connection: Connection, name: str) -> None:
    """Nobody else changes what it keeps until the transaction ends; waits for whoever does."""
    connection.execute(_HOLD_FOLLOWER, {"name": name}).all()
