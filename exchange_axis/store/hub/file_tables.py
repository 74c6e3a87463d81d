"""Tables about the files of letters: what was found in them, and which letters were stopped for a secrecy mark.

Rules of this file:
1. A report is written with its letter and completed once; it says names, so it goes when the letter's content goes.
2. Of a letter that was stopped nothing is kept but this line: no name, no subject, no text.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

file_report = Table(
    "file_report",
    metadata,
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), primary_key=True, autoincrement=False),
    Column("document", Text, nullable=False),  # JSON; empty while nobody has looked
    Column("pending", Boolean, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("file_report_pending", "pending", "at"),
)

secrecy_stop = Table(
    "secrecy_stop",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("peer", String(64), nullable=False),  # who brought it
    Column("sender", String(50), nullable=False),  # agency code as claimed; empty where it could not be read
    Column("consignment_id", String(64), nullable=False),
    Column("container_sha256", String(64), nullable=False),  # as announced, where the rest was not let in
    Column("code", String(40), nullable=False),  # what was found where: rules.secrecy-mark, secrecy.page
)
