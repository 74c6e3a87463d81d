"""The last whole checks of the log."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, select

from exchange_axis.store.hub.check_tables import log_check

KEPT = 100
"""Checks remembered."""
FAULTS = 20
"""Faults remembered of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    at: datetime
    origin: str
    size: int
    documents: int
    fault_count: int
    faults: tuple[tuple[str, str, str], ...]
    """Kind, place, detail."""


def add(connection: Connection, row: CheckRow) -> None:
    seq = connection.execute(
        log_check.insert().returning(log_check.c.seq),
        {
            "at": row.at,
            "origin": row.origin,
            "size": row.size,
            "documents": row.documents,
            "fault_count": row.fault_count,
            "faults": json.dumps(row.faults[:FAULTS], ensure_ascii=False),
        },
    ).scalar_one()
    connection.execute(delete(log_check).where(log_check.c.seq <= seq - KEPT))


def newest(connection: Connection) -> CheckRow | None:
    query = select(log_check).order_by(log_check.c.seq.desc()).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _row(row)


def _row(row: RowMapping) -> CheckRow:
    values = {name: value for name, value in row.items() if name != "seq"}
    values["faults"] = tuple((kind, place, detail) for kind, place, detail in json.loads(values["faults"]))
    return CheckRow(**values)
