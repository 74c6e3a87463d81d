"""How many deliveries are in which state: so few rows that monitoring may ask for them all the time.

It follows from `trail` as the sums of days do, and is moved with them: by the one who follows the log, so that nobody
who sends or hands over a letter waits for a sum that others change too.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table

from exchange_axis.store.hub.tables import metadata

state_count = Table(
    "state_count",
    metadata,
    Column("state", String(20), primary_key=True),
    Column("deliveries", BigInteger, nullable=False),
)
