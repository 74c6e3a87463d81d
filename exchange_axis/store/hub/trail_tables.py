"""Tables for searching and counting: one row a delivery, the words of letters, and sums by the day.

Rules of this file:
1. Nothing here is a source. `trail`, `trail_day`, `trail_time` and `trail_spread` follow from consignments,
   deliveries and evidence, and can be counted anew at any time.
2. `letter_words` is content: number, symbol and the words of the subject, sorted, in no order that says anything. An
   erasure empties it, and the index over it. `letter_fact` and `letter_part` name no person and say no subject.
3. A day is counted from 1970-01-01 by the calendar of Vietnam.
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    event,
)

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

letter_fact = Table(
    # written with the letter: what its envelope says and no other row keeps
    "letter_fact",
    metadata,
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), primary_key=True, autoincrement=False),
    Column("doc_type", String(40), nullable=False),  # name of the type, folded
    Column("paper", Boolean),  # a paper copy follows; null: not said
)

letter_part = Table(
    # SHA-256 of every attached file
    "letter_part",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), primary_key=True, autoincrement=False),
    Index("letter_part_of", "consignment"),
)

letter_words = Table(
    "letter_words",
    metadata,
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), primary_key=True, autoincrement=False),
    Column("number", String(100), nullable=False),  # folded, like all of this table
    Column("symbol", String(100), nullable=False),
    Column("document_id", String(200), nullable=False),
    Column("words", Text, nullable=False),
    Column("day", Integer, nullable=False),  # of its rows in `trail`, also before there are any
    Index("letter_words_day", "day", "consignment"),
    Index("letter_words_number", "number", "symbol", "consignment"),
    Index("letter_words_symbol", "symbol", "consignment"),
    Index("letter_words_document", "document_id"),
)
_FULL_TEXT = (
    "CREATE VIRTUAL TABLE letter_index USING fts5(words, content='letter_words', content_rowid='consignment', "
    "detail='none', columnsize=0, tokenize='ascii')"
)
_SECURE = "INSERT INTO letter_index(letter_index, rank) VALUES('secure-delete', 1)"
GIN = "CREATE INDEX letter_words_words ON letter_words USING gin (array_to_tsvector(string_to_array(words, ' ')))"
for _statement, _dialect in ((_FULL_TEXT, "sqlite"), (_SECURE, "sqlite"), (GIN, "postgresql")):
    _made = DDL(_statement)  # type: ignore[no-untyped-call]
    event.listen(letter_words, "after_create", _made.execute_if(dialect=_dialect))
trail = Table(
    "trail",
    metadata,
    Column("seq", BigInteger, ForeignKey("delivery.seq"), primary_key=True, autoincrement=False),
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), nullable=False),
    Column("lead", Boolean, nullable=False),  # of the deliveries of its letter the one that is counted as the letter
    Column("first", Boolean, nullable=False),  # its document had not been sent before
    Column("day", Integer, nullable=False),  # on which this hub accepted the letter
    Column("received_at", UtcTime, nullable=False),
    Column("sender", String(50), nullable=False),
    Column("recipient", String(50), nullable=False),
    Column("final_recipient", String(50), nullable=False),
    Column("sender_tier", String(10), nullable=False),  # as it was then; empty: not in the directory
    Column("recipient_tier", String(10), nullable=False),
    Column("lane", String(20), nullable=False),
    Column("doc_type", String(40), nullable=False),
    Column("kind", String(1), nullable=False),  # 0 new, 1 recall, 2 update, 3 replace
    Column("size", BigInteger, nullable=False),
    Column("state", String(20), nullable=False),
    Column("progress", String(2), nullable=False),
    Column("request", String(20), nullable=False),
    Column("paper", Boolean),
    Column("by_agency", Boolean),  # the main file is validly signed so; null: nobody has looked
    Column("by_person", Boolean),
    Column("fully_valid", Boolean),
    Column("handed_at", UtcTime),
    Column("answered_at", UtcTime),  # 02 or 03, whichever came first
    Column("accepted", Boolean, nullable=False),  # 03 has come
    Column("completed", Boolean, nullable=False),  # 06 has come
    Column("reason", String(40)),  # of a refusal
    Column("same_day", Boolean),  # answered on the day it was handed over; null: not handed over
    Column("k1", String(8), nullable=False),  # met | late | open | none
    Column("k3", String(8), nullable=False),
    Column("take_back", String(8), nullable=False),  # asked | agreed | declined | none
    Column("hub_seconds", BigInteger),  # from acceptance to handover
    Column("reader_seconds", BigInteger),  # from handover to the answer
    Column("cancel_seconds", BigInteger),  # from the request to the report that the letter was cancelled
    Column("hub_step", SmallInteger),  # the same in steps of 5 %
    Column("reader_step", SmallInteger),
    Index("trail_letter", "consignment"),
    Index("trail_newest", "day", "seq"),
    Index("trail_sender", "sender", "day", "seq", "hub_step", "reader_step"),
    Index("trail_final", "final_recipient", "day", "seq", "hub_step", "reader_step"),
    Index("trail_state", "state", "day", "seq"),
    Index("trail_progress", "progress", "day", "seq"),
)


def _some(name: str, *columns: Column[object], where: object) -> None:
    """An index of the few rows that a question is about."""
    Index(name, *columns, sqlite_where=where, postgresql_where=where)


_c = trail.c
_some("trail_take_back", _c.take_back, _c.day, _c.seq, where=_c.take_back != "none")
_some("trail_kind", _c.kind, _c.day, _c.seq, where=_c.kind != "0")
_some("trail_late", _c.day, _c.seq, _c.hub_seconds, where=_c.hub_seconds > 1_800)
_some("trail_redirected", _c.recipient, _c.day, _c.seq, where=_c.recipient != _c.final_recipient)
_some("trail_request", _c.request, _c.day, _c.seq, where=_c.request != "none")
_REASON = (_c.day, _c.reason, _c.lane, _c.doc_type, _c.sender_tier, _c.recipient_tier, _c.sender, _c.final_recipient)
_some("trail_reason", *_REASON, where=_c.reason.is_not(None))
_some("trail_cancelled", _c.day, _c.cancel_seconds, where=_c.cancel_seconds.is_not(None))
_some("trail_waiting", _c.state, _c.received_at, where=_c.handed_at.is_(None))

trail_due = Table(
    # letters to be looked at anew for something that is not in the log: a report about files was finished
    "trail_due",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), nullable=False),
)

COUNTED = (
    "letters",
    "deliveries",
    "looked_at",
    "by_agency",
    "by_person",
    "by_both",
    "fully_valid",
    "paper_known",
    "paperless",
    "k1_known",
    "k1_met",
    "handed_over",
    "received_paperless",
    "same_day",
    "urgent",
    "urgent_met",
    "accepted",
    "completed",
    "refused",
    "recalls",
    "asked_back",
    "agreed",
    "declined",
    "late_half_hour",
    "late_day",
    "failed",
    "duplicates",
    "redirected",
    "bytes",
    "bytes_delivered",
)

trail_day = Table(
    # sums of a day: for everybody by tier, lane and type (agency empty), for each agency by tier and lane (type empty)
    "trail_day",
    metadata,
    Column("side", String(1), primary_key=True),  # s: as sender; r: as recipient
    Column("agency", String(50), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("tier", String(10), primary_key=True),
    Column("lane", String(20), primary_key=True),
    Column("doc_type", String(40), primary_key=True),
    *(Column(name, BigInteger, nullable=False) for name in COUNTED),
)

trail_time = Table(
    # how many deliveries of a day took how long, for everybody
    "trail_time",
    metadata,
    Column("what", String(8), primary_key=True),  # hub | reader
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("step", SmallInteger, primary_key=True, autoincrement=False),
    Column("deliveries", BigInteger, nullable=False),
)

trail_spread = Table(
    # the same by tier, lane and type: all steps of a day in one JSON object, step to deliveries
    "trail_spread",
    metadata,
    Column("what", String(8), primary_key=True),  # hub | reader
    Column("side", String(1), primary_key=True),  # s: by the tier of the sender; r: of the recipient
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("tier", String(10), primary_key=True),
    Column("lane", String(20), primary_key=True),
    Column("doc_type", String(40), primary_key=True),
    Column("steps", Text, nullable=False),
)

agency_name = Table(
    # every name that a code has had in a directory of this hub
    "agency_name",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("code", String(50), nullable=False),
    Column("name", Text, nullable=False),
    Column("folded", Text, nullable=False),
    Column("since", UtcTime, nullable=False),
    Index("agency_name_code", "code", "seq"),
)
