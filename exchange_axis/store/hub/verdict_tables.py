"""Verdict reports of letters, each as it was: at acceptance, and every time it was judged again."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, Text

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import UtcTime

verdict_report = Table(
    "verdict_report",
    metadata,
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),  # 0: at acceptance
    Column("sha256", String(64), nullable=False, unique=True),
    Column("document", Text, nullable=False),  # JSON as it was hashed; empty once it was erased
    Column("at", UtcTime, nullable=False),
)
