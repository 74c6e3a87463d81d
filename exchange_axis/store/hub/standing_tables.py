"""Tables of certificates that sealed something: the certificates, what is known of their revocation, and by what.

Rules of this file:
1. `certificate` and `revocation_piece` hold bytes by their digest; they are added to and never changed.
2. `standing` is a cache and may be lost: the worker fills it again.
3. `acceptance_standing` is a fact of the day of acceptance. What is learned later is written beside it, once.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, String, Table, Text

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import UtcTime

certificate = Table(
    "certificate",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("der", LargeBinary, nullable=False),
    Column("subject", Text, nullable=False),
    Column("above", Text, nullable=False),  # JSON list: fingerprints of the certificates that came with it
    Column("not_after", UtcTime, nullable=False),
    Column("used_at", UtcTime),  # last seal seen or found bound, to the hour; null: an authority's
    Column("use", String(20)),  # agency-seal | node-seal | hub-seal; null: an authority's
)

revocation_piece = Table(
    "revocation_piece",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("kind", String(12), nullable=False),  # crl | ocsp | certificate
    Column("content", LargeBinary, nullable=False),
    Column("kept_at", UtcTime, nullable=False),
)

standing = Table(
    "standing",
    metadata,
    Column("fingerprint", String(64), ForeignKey("certificate.fingerprint"), primary_key=True),
    Column("status", Text),  # JSON; null: nobody has looked yet
    Column("pieces", Text, nullable=False),  # JSON list of digests
    Column("judged_at", UtcTime),
    Column("until", UtcTime),  # as long as a good status counts
    Column("good_until", UtcTime),  # the latest such time there ever was: whatever was sealed before it was good
    Column("told_at", UtcTime),  # when the operator was told that it cannot be checked; null: not, or since it was
    Column("open_since", UtcTime),  # of a node's or hub's seal: relied on since then, and not checked
    Column("look_at", UtcTime, nullable=False),
    Index("standing_due", "look_at"),
)

acceptance_standing = Table(
    "acceptance_standing",
    metadata,
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), primary_key=True, autoincrement=False),
    Column("fingerprint", String(64), ForeignKey("certificate.fingerprint"), nullable=False),
    Column("at", UtcTime, nullable=False),  # acceptance by the first hub: the time of proof
    Column("state", String(12), nullable=False),
    Column("status", Text, nullable=False),  # JSON
    Column("pieces", Text, nullable=False),
    Column("grace_until", UtcTime),  # of what was not checked
    Column("later_state", String(12)),
    Column("later_status", Text),
    Column("later_pieces", Text),
    Column("later_at", UtcTime),
    Column("noted_by", String(200)),  # who lets it stand although it could not be checked, when and why
    Column("noted_at", UtcTime),
    Column("noted", Text),
    Index("acceptance_standing_of", "fingerprint", "at"),
    Index("acceptance_standing_open", "later_at", "state"),
)
