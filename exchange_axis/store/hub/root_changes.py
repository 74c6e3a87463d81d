"""Changes of trusted roots, as proposed and as decided."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from exchange_axis.store.hub import proposals
from exchange_axis.store.hub import root_tables as r


class ChangeState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class RootChange:
    seq: int
    name: str
    action: str
    """add or remove."""
    pem: str
    rule: Mapping[str, Any]
    state: ChangeState
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None


def add(connection: Connection, change: RootChange) -> int:
    """Store a proposal; its `seq` is given by the store and returned."""
    values = {
        "name": change.name,
        "action": change.action,
        "pem": change.pem,
        "rule": json.dumps(change.rule, ensure_ascii=False),
        "state": change.state.value,
        "proposed_by": change.proposed_by,
        "proposed_at": change.proposed_at,
    }
    return int(connection.execute(r.root_change.insert().returning(r.root_change.c.seq), values).scalar_one())


def decide(connection: Connection, seq: int, *, state: ChangeState, by: str, at: datetime) -> bool:
    """False when it is not waiting any more."""
    changes = {"state": state.value, "decided_by": by, "decided_at": at}
    return proposals.decide(connection, r.root_change, seq, waiting=ChangeState.WAITING, **changes)


def get(connection: Connection, seq: int) -> RootChange | None:
    row = connection.execute(select(r.root_change).where(r.root_change.c.seq == seq)).mappings().one_or_none()
    return None if row is None else _change(row)


def every(connection: Connection, *, limit: int) -> tuple[RootChange, ...]:
    """Newest first."""
    query = select(r.root_change).order_by(r.root_change.c.seq.desc()).limit(limit)
    return tuple(_change(row) for row in connection.execute(query).mappings())


def _change(row: RowMapping) -> RootChange:
    return RootChange(
        seq=row["seq"],
        name=row["name"],
        action=row["action"],
        pem=row["pem"],
        rule=json.loads(row["rule"]),
        state=ChangeState(row["state"]),
        proposed_by=row["proposed_by"],
        proposed_at=row["proposed_at"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
    )
