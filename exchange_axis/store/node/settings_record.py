"""Rows of `setting_tables`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from exchange_axis.store.node.links import Kept, Links
from exchange_axis.store.node.setting_tables import setting_change as t


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    seq: int
    at: datetime
    details: str
    reason: str | None
    reason_by: str | None
    reason_at: datetime | None


class SettingRows:
    """This table inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, details: str, *, at: datetime) -> None:
        seq = self._connection.execute(t.insert().values(at=at, details=details).returning(t.c.seq)).scalar_one()
        Links(self._connection).add(Kept.SETTING, int(seq), at=at)

    def newest(self) -> str | None:
        query = select(t.c.details).order_by(t.c.seq.desc()).limit(1)
        return self._connection.execute(query).scalar_one_or_none()

    def since_first(self, limit: int) -> tuple[SettingRow, ...]:
        """Newest first; the first look at the files is no change."""
        query = select(t).where(t.c.seq > select(func.min(t.c.seq)).scalar_subquery())
        rows = self._connection.execute(query.order_by(t.c.seq.desc()).limit(limit))
        return tuple(SettingRow(**row._mapping) for row in rows)

    def explain(self, seq: int, *, reason: str, by: str, at: datetime) -> bool:
        """False when there is no such change."""
        change = update(t).where(t.c.seq == seq).values(reason=reason, reason_by=by, reason_at=at)
        if self._connection.execute(change).rowcount != 1:
            return False
        Links(self._connection).add(Kept.REASON, seq, at=at)
        return True
