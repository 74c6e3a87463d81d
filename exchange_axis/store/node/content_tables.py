"""Tables of what letters say that other letters are compared with. Both are facts, taken from signed bytes."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text

from exchange_axis.store.node.tables import metadata

letter_content = Table(
    # fields and attachments of a letter sent or received here, as `domain.comparison` reads them
    "letter_content",
    metadata,
    Column("container_sha256", String(64), primary_key=True),
    Column("content", Text, nullable=False),  # JSON
)

replaced = Table(
    # every document that a replacement names; InReplyTo names the first only
    "replaced",
    metadata,
    Column("sender", String(50), primary_key=True),
    Column("consignment_id", String(64), primary_key=True),  # of the replacement
    Column("document_id", Text, primary_key=True),
    Index("replaced_document", "sender", "document_id"),
)
