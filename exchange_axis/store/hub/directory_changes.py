"""Changes of the directory, as proposed and as decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select

from exchange_axis.store.hub import proposals
from exchange_axis.store.hub.directory_change_tables import directory_change
from exchange_axis.store.hub.root_changes import ChangeState


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryChange:
    seq: int
    kind: str
    """import or head."""
    subject: str
    document: str
    version: str
    base: str
    state: ChangeState
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None


def add(connection: Connection, change: DirectoryChange) -> int:
    """Its `seq` is given by the store and returned."""
    names = ("kind", "subject", "document", "version", "base", "reason", "proposed_by", "proposed_at")
    values = {name: getattr(change, name) for name in names} | {"state": change.state.value}
    return int(connection.execute(directory_change.insert().returning(directory_change.c.seq), values).scalar_one())


def decide(connection: Connection, seq: int, *, state: ChangeState, by: str, at: datetime) -> bool:
    """False when it is not waiting any more."""
    changes = {"state": state.value, "decided_by": by, "decided_at": at}
    return proposals.decide(connection, directory_change, seq, waiting=ChangeState.WAITING, **changes)


def get(connection: Connection, seq: int) -> DirectoryChange | None:
    query = select(directory_change).where(directory_change.c.seq == seq)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _change(row)


def every(connection: Connection, *, limit: int) -> tuple[DirectoryChange, ...]:
    """Newest first."""
    query = select(directory_change).order_by(directory_change.c.seq.desc()).limit(limit)
    return tuple(_change(row) for row in connection.execute(query).mappings())


def waiting(connection: Connection) -> int:
    query = select(func.count()).select_from(directory_change)
    return int(connection.execute(query.where(directory_change.c.state == ChangeState.WAITING.value)).scalar_one())


def _change(row: RowMapping) -> DirectoryChange:
    return DirectoryChange(**{**row, "state": ChangeState(row["state"])})
