"""Revocation lists: what this hub's authority revoked by hand, its past lists, the newest of each other one."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, String, Table, Text, UniqueConstraint

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import UtcTime

revoked_certificate = Table(
    "revoked_certificate",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("serial", Text, nullable=False),  # decimal
    Column("subject", Text, nullable=False),
    Column("revoked_at", UtcTime, nullable=False),
    Column("reason", String(30), nullable=False),
    Column("revoked_by", String(200), nullable=False),
)

authority_list = Table(
    "authority_list",
    metadata,
    Column("issuer", String(64), primary_key=True),  # fingerprint of the authority's certificate
    Column("subject", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("this_update", UtcTime, nullable=False),
    Column("next_update", UtcTime, nullable=False),
    Column("source", String(200), nullable=False),  # peer that brought it
    Column("size", BigInteger, nullable=False),
)

past_list = Table(
    "past_list",
    metadata,
    Column("authority", String(24), primary_key=True),  # name of its list
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # CRLNumber
    Column("this_update", UtcTime, nullable=False),
    Column("next_update", UtcTime, nullable=False),
    Column("said", String(64), nullable=False),  # digest of its entries: two that say the same have one value
    Column("content", LargeBinary, nullable=False),  # DER as it was given out
    UniqueConstraint("authority", "this_update"),
)
