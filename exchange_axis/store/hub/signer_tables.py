"""Tables of those who signed PDF files of letters: what is known of their revocation, and which letters rest on it.

Rules of this file:
1. Their certificates are not here: they name people, with their identity numbers. They are read again from the letter,
   and gone when it is erased; a fingerprint says nothing to whoever does not have the certificate.
2. `pdf_signer` is a cache and may be lost. `pdf_signer_of` says by what each letter's report was judged; what is
   learned later replaces it, and has the report judged again.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import UtcTime

pdf_signer = Table(
    "pdf_signer",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), nullable=False),  # the last letter that shows it
    Column("used_at", UtcTime, nullable=False),
    Column("status", Text),  # JSON; null: nobody has looked yet
    Column("pieces", Text, nullable=False),  # JSON list of digests of revocation_piece
    Column("judged_at", UtcTime),
    Column("until", UtcTime),  # as long as a good status counts
    Column("look_at", UtcTime, nullable=False),
    Index("pdf_signer_due", "look_at"),
)

pdf_signer_of = Table(
    "pdf_signer_of",
    metadata,
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), primary_key=True, autoincrement=False),
    Column("fingerprint", String(64), primary_key=True),
    Column("at", UtcTime, nullable=False),  # the latest time of proof that was asked about
    Column("state", String(12), nullable=False),
    Column("status", Text, nullable=False),  # JSON
    Column("pieces", Text, nullable=False),
    Index("pdf_signer_of_open", "fingerprint", "state"),
)
