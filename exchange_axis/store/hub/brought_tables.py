"""Evidence of other hubs, the proof that it is in the log of the hub that issued it, and time-stamps over that log."""

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

brought_stamp = Table(
    # checkpoints of other hubs' logs that proofs above end in, and which stamped checkpoint covers each
    "brought_stamp",
    metadata,
    Column("origin", String(200), primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("asked_of", String(64)),  # peer that is asked for its time-stamp; null: nobody any more
    Column("due_at", UtcTime),
    Column("tries", Integer, nullable=False),
    Column("refused", String(60)),  # code of what was wrong with what came
    Column("stamped", BigInteger),  # size of the stamped checkpoint; null while it is wanted
    Column("path", LargeBinary),  # proof of consistency, hashes one after the other
    Index("brought_stamp_asked", "asked_of", "origin", "size"),
)

stamped_elsewhere = Table(
    "stamped_elsewhere",
    metadata,
    Column("origin", String(200), primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("peer", String(64), nullable=False),  # who brought it
    Column("content", LargeBinary, nullable=False),  # JSON as in POST /v1/log/proofs
    Column("renewals", Integer, nullable=False),
    Column("renew_at", UtcTime, nullable=False),  # from when on its last token wants what carries it on
    Index("stamped_elsewhere_renewal", "peer", "renew_at"),
)
