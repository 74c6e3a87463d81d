"""Tables of the registers: arrival numbers held and explained, paper lines, what clerks changed, books that are closed.

Rules of this file:
1. An arrival number of an agency and year is given once, on screen or on paper.
2. A change of a cell is a new row beside the original; the letter's own words stay where they are.
3. A closed book is never opened again.
"""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, Integer, String, Table, Text, UniqueConstraint

from exchange_axis.store.node.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

arrival_number = Table(
    # numbers that are, or were, something else than the number of a letter in the inbox
    "arrival_number",
    metadata,
    Column("agency", String(50), primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", String(10), nullable=False),  # held, free, used, paper, void
    Column("holder", String(200), nullable=False),  # who holds it, or said what became of it
    Column("sender", String(50)),  # with consignment_id: the letter that it is held for
    Column("consignment_id", String(64)),
    Column("changed_at", UtcTime, nullable=False),
    Column("held_until", UtcTime),
    Column("reason", Text),
    Index("arrival_number_state", "agency", "year", "state"),
)

paper_line = Table(
    # lines of what came or went on paper
    "paper_line",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("book", String(10), nullable=False),
    Column("agency", String(50), nullable=False),
    Column("year", Integer, nullable=False),
    Column("number", Integer),  # of arrival
    Column("cells", Text, nullable=False),  # JSON list, in the order of the book's columns
    Column("entered_by", String(200), nullable=False),
    Column("entered_at", UtcTime, nullable=False),
    UniqueConstraint("agency", "year", "number", name="paper_number_once"),
    Index("paper_line_book", "book", "agency", "year"),
)

cell_change = Table(
    # what a clerk wrote in a cell; the newest counts
    "cell_change",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("book", String(10), nullable=False),
    Column("agency", String(50), nullable=False),
    Column("line", String(120), nullable=False),
    Column("column", String(20), nullable=False),
    Column("value", Text, nullable=False),
    Column("changed_by", String(200), nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Index("cell_change_line", "book", "agency", "line"),
)

passed_on = Table(
    # to whom a received letter was passed inside the agency; the newest counts
    "passed_on",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("sender", String(50), nullable=False),
    Column("consignment_id", String(64), nullable=False),
    Column("agency", String(50), nullable=False),
    Column("unit", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("due", Date),
    Column("passed_by", String(200), nullable=False),
    Column("passed_at", UtcTime, nullable=False),
    Index("passed_on_letter", "agency", "consignment_id"),
)

claim = Table(
    # which clerk works on a received letter
    "claim",
    metadata,
    Column("sender", String(50), primary_key=True),
    Column("consignment_id", String(64), primary_key=True),
    Column("agency", String(50), primary_key=True),
    Column("clerk", String(200), nullable=False),
    Column("claimed_at", UtcTime, nullable=False),
    Column("held_until", UtcTime, nullable=False),
)

claim_event = Table(
    "claim_event",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("sender", String(50), nullable=False),
    Column("consignment_id", String(64), nullable=False),
    Column("agency", String(50), nullable=False),
    Column("event", String(10), nullable=False),  # claimed, taken-over, released
    Column("clerk", String(200), nullable=False),
    Column("before", String(200)),  # of taken-over: who had it
    Column("reason", Text),
    Column("at", UtcTime, nullable=False),
    Index("claim_event_letter", "agency", "consignment_id"),
)

closed_book = Table(
    "closed_book",
    metadata,
    Column("book", String(10), primary_key=True),
    Column("agency", String(50), primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("lines", Integer, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("pdf_sha256", String(64), nullable=False),  # in the blob store
    Column("content_sha256", String(64), nullable=False),  # of the lines as JSON
    Column("closed_by", String(200), nullable=False),
    Column("closed_at", UtcTime, nullable=False),
)
