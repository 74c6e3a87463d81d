"""Which lessons of practice mode each person has been through: of the person, so that it outlives the practice area."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from exchange_axis.store.node.tables import metadata
from exchange_axis.store.types import UtcTime

lesson = Table(
    "person_lesson",
    metadata,
    Column("person", String(200), primary_key=True),
    Column("lesson", String(20), primary_key=True),
    Column("done_at", UtcTime, nullable=False),
)
