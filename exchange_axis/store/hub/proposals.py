"""Proposals that somebody else decides: each is decided once."""

from __future__ import annotations

from sqlalchemy import Connection, Table, update


def decide(connection: Connection, table: Table, seq: int, *, waiting: str, **changes: object) -> bool:
    """False when the proposal is not in the state `waiting` any more."""
    open_one = update(table).where(table.c.seq == seq, table.c.state == waiting)
    return connection.execute(open_one.values(**changes)).rowcount == 1
