"""Evidence of other hubs that came beside a letter, and the proof that it is in the log of the hub that issued it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import UtcTime

brought_proof = Table(
    "brought_proof",
    metadata,
    Column("sha256", String(64), primary_key=True),  # of the evidence
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), nullable=False),
    Column("issuer", String(64), nullable=False),  # hub whose evidence it is, and whose log it must be in
    Column("peer", String(64), nullable=False),  # who brought it, and is asked for the proof
    Column("proof", LargeBinary),  # tlog-proof as it came; null while it is wanted
    Column("since", UtcTime, nullable=False),
    Column("due_at", UtcTime),  # null: nobody asks any more
    Column("tries", Integer, nullable=False),
    Column("refused", String(60)),  # code of what was wrong with what came instead
    Column("told_at", UtcTime),  # when it was put on record that it does not come
    Index("brought_proof_due", "peer", "due_at"),
    Index("brought_proof_consignment", "consignment"),
)
