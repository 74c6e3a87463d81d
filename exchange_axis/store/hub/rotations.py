"""Requests for new certificates: at most one waits for each place of a peer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, select, update

from exchange_axis.store.engine import insert_missing
from exchange_axis.store.hub.rotation_tables import rotation_request as t


class AskedState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationRow:
    sha256: str
    peer: str
    request: str
    state: AskedState
    asked_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None
    reason: str | None = None
    answer: str | None = None


def add(connection: Connection, row: RotationRow) -> None:
    """The same request again changes nothing."""
    insert_missing(connection, t, [asdict(row)])


def get(connection: Connection, sha256: str) -> RotationRow | None:
    row = connection.execute(select(t).where(t.c.sha256 == sha256)).mappings().one_or_none()
    return None if row is None else RotationRow(**{**row, "state": AskedState(row["state"])})


def waiting(connection: Connection, peer: str | None = None) -> tuple[RotationRow, ...]:
    """Those that an operator has to decide, the oldest first."""
    query = select(t).where(t.c.state == AskedState.WAITING).order_by(t.c.asked_at)
    rows = connection.execute(query if peer is None else query.where(t.c.peer == peer)).mappings()
    return tuple(RotationRow(**{**row, "state": AskedState(row["state"])}) for row in rows)


def withdraw(connection: Connection, digests: Sequence[str]) -> None:
    """In the place of these the peer has asked anew."""
    connection.execute(delete(t).where(t.c.sha256.in_(digests), t.c.state == AskedState.WAITING))


def decide(connection: Connection, row: RotationRow) -> bool:
    """False if it does not wait any more."""
    values = {name: value for name, value in asdict(row).items() if name not in {"sha256", "peer", "request"}}
    found = update(t).where(t.c.sha256 == row.sha256, t.c.state == AskedState.WAITING).values(**values)
    return connection.execute(found).rowcount == 1
