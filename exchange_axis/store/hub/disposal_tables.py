"""What was destroyed and by whose decision, and what must not be. Rows are facts and stay; nothing of a letter is here.

Rules of this file:
1. A disposal names the letter by its row only; ground and reasons are for everybody to read and must name no person.
2. A hold ends with a date, never by being removed.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

disposal = Table(
    "disposal",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), nullable=False),
    Column("extent", String(10), nullable=False),  # all | payload | metadata
    Column("state", String(10), nullable=False),  # proposed | withdrawn | approved | done
    Column("salts", Boolean, nullable=False),  # also of the leaves of its evidence
    Column("ground", Text, nullable=False),
    Column("proposed_by", String(200), nullable=False),
    Column("proposed_at", UtcTime, nullable=False),
    Column("decided_by", String(200)),  # another person, or the retention rule
    Column("decided_at", UtcTime),
    Column("done_at", UtcTime),  # when nothing was left to read, also not in the journal
    Column("blobs", Integer, nullable=False, default=0),
    Column("documents", Integer, nullable=False, default=0),
    Index("disposal_letter", "consignment", "seq"),
    Index("disposal_open", "state", "seq"),
)

erasure_heard = Table(  # another hub has erased its copy; what becomes of ours our own people decide
    "erasure_heard",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), nullable=False, index=True),
    Column("peer", String(100), nullable=False),  # who told us; the one that erased, or one on the way
    Column("since", UtcTime, nullable=False),
    Column("heard_at", UtcTime, nullable=False),
    Column("kept_by", String(200)),  # somebody decided to keep it
    Column("kept_at", UtcTime),
    Column("reason", Text),
)

legal_hold = Table(
    "legal_hold",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), index=True),  # either this
    Column("agency", String(50), index=True),  # or all letters from or to this code
    Column("reason", Text, nullable=False),
    Column("placed_by", String(200), nullable=False),
    Column("placed_at", UtcTime, nullable=False),
    Column("released_by", String(200)),
    Column("released_at", UtcTime),
    Column("release_reason", Text),
)
