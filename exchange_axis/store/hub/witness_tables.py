"""Tables around the log: what this hub saw of other logs, who cosigned its own, what went wrong, its epochs.

Rules of this file:
1. `witnessed` and `log_copied` only grow: a smaller or other history of the same log is an entry of `log_trouble`.
2. Both sides of a contradiction are kept, byte for byte, as they were signed.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table, Text

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

witnessed = Table(
    # the newest checkpoint of another log that this hub has cosigned
    "witnessed",
    metadata,
    Column("origin", String(200), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

cosignature = Table(
    # by witnesses, of this hub's own checkpoints
    "cosignature",
    metadata,
    Column("origin", String(200), primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("witness", String(200), primary_key=True),
    Column("line", Text, nullable=False),  # signature line of the note
    Column("at", UtcTime, nullable=False),  # as the witness says
)

log_copy = Table(
    # entries of the logs of hubs below; in a hub that lost its newest entries, its own as they came home
    "log_copy",
    metadata,
    Column("origin", String(200), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)

log_copy_node = Table(
    "log_copy_node",
    metadata,
    Column("origin", String(200), primary_key=True),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

log_copied = Table(
    # checkpoints that the copied entries were held against
    "log_copied",
    metadata,
    Column("origin", String(200), primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
)

log_trouble = Table(
    # contradictions between what a log signed and what it says now
    "log_trouble",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("origin", String(200), nullable=False, index=True),
    Column("code", String(80), nullable=False),
    Column("vi", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("first", Text, nullable=False),  # what was known, a signed note
    Column("second", Text, nullable=False),  # what contradicts it; empty where it is missing
    Column("at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
)

log_epoch = Table(
    # epochs opened after the first one
    "log_epoch",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("origin", String(200), nullable=False, unique=True),
    Column("opened_at", UtcTime, nullable=False),
    Column("statement", LargeBinary, nullable=False),  # JSON, logged: why, by whom, last checkpoints of the one before
    Column("sha256", String(64), nullable=False),
)

decision_leaf = Table(
    # which leaf speaks of which decision
    "decision_leaf",
    metadata,
    Column("decision", BigInteger, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False, index=True),
)

closed_checkpoint = Table(
    # checkpoints of closed epochs
    "closed_checkpoint",
    metadata,
    Column("origin", String(200), primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("signed_at", UtcTime, nullable=False),
)
