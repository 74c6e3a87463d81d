"""Rows of `verdict_report`: added, never changed; erased with what the letter says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from exchange_axis.store.engine import insert_new
from exchange_axis.store.hub.tables import leaf
from exchange_axis.store.hub.verdict_tables import verdict_report

_c = verdict_report.c


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    consignment: int
    number: int
    sha256: str
    document: str
    at: datetime


def add(connection: Connection, row: ReportRow) -> bool:
    """False where one of that number is."""
    return insert_new(connection, verdict_report, asdict(row))


def newest(connection: Connection, consignment: int) -> ReportRow | None:
    query = select(verdict_report).where(_c.consignment == consignment).order_by(_c.number.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else ReportRow(**row._mapping)


def every(connection: Connection, consignment: int) -> tuple[ReportRow, ...]:
    """The oldest first, those that were erased too."""
    query = select(verdict_report).where(_c.consignment == consignment).order_by(_c.number)
    return tuple(ReportRow(**row._mapping) for row in connection.execute(query))


def forget(connection: Connection, consignments: Sequence[int]) -> None:
    """Their words go, and the salts of their entries in the log with them."""
    mine = select(_c.sha256).where(_c.consignment.in_(consignments))
    connection.execute(update(leaf).where(leaf.c.sha256.in_(mine)).values(salt=None))
    connection.execute(update(verdict_report).where(_c.consignment.in_(consignments)).values(document=""))
