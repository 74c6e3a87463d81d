"""Table of the time-stamps over checkpoints. They are kept beside the log: an outage leaves it untouched."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import UtcTime

closed_timestamp = Table(
    # time-stamps over checkpoints of an epoch that is closed: proofs given then rest on them
    "closed_timestamp",
    metadata,
    Column("origin", String(200), primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("token", LargeBinary, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("kept_at", UtcTime, nullable=False),
    Column("sha256", String(64), nullable=False),
)

timestamp = Table(
    "timestamp",
    metadata,
    Column("size", BigInteger, ForeignKey("checkpoint.size"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),  # 0; of before: further ones renewed those below
    Column("token", LargeBinary, nullable=False),  # DER, as the service gave it
    Column("at", UtcTime, nullable=False),  # as the service says
    Column("kept_at", UtcTime, nullable=False),  # by the hub's clock
    Column("renew_at", UtcTime),  # null: it is in the log, and later ones carry it on
    Column("sha256", String(64), nullable=False),  # of the token
    Index("timestamp_renew", "renew_at"),
    Index("timestamp_sha256", "sha256"),
)
