"""Rows of `retention_tables`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select

from exchange_axis.store.hub import proposals
from exchange_axis.store.hub.retention_tables import retention_change as t
from exchange_axis.store.hub.root_changes import ChangeState


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionChange:
    seq: int = 0
    days: Mapping[str, int]
    """By name; `dispose` is 0 or 1."""
    state: ChangeState
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None


def add(connection: Connection, change: RetentionChange) -> int:
    """Its `seq` is given by the store and returned."""
    values = {name: getattr(change, name) for name in change.__slots__ if name not in {"seq", "days", "state"}}
    values |= {"days": json.dumps(dict(change.days), sort_keys=True), "state": change.state.value}
    return int(connection.execute(t.insert().returning(t.c.seq), values).scalar_one())


def decide(connection: Connection, seq: int, *, state: ChangeState, by: str, at: datetime) -> bool:
    """False when it is not waiting any more."""
    changes = {"state": state.value, "decided_by": by, "decided_at": at}
    return proposals.decide(connection, t, seq, waiting=ChangeState.WAITING, **changes)


def newest(connection: Connection, state: ChangeState) -> RetentionChange | None:
    query = select(t).where(t.c.state == state.value).order_by(t.c.seq.desc()).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _change(row)


def _change(row: RowMapping) -> RetentionChange:
    return RetentionChange(**{**row, "days": json.loads(row["days"]), "state": ChangeState(row["state"])})
