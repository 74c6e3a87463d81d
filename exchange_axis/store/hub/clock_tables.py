"""Tables of the clocks: what they are counted from, which of them run or were not kept, and who was reminded.

Rules of this file:
1. `timing`, `last_byte` and `reply` are facts. `deadline` follows from them, from evidence and from the calendar: it
   can be counted anew at any time.
2. A clock that was kept has no row in `deadline`: the rows are what somebody still has to do, or did too late.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

timing = Table(
    # what a letter brings with it
    "timing",
    metadata,
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), primary_key=True, autoincrement=False),
    Column("signed_at", UtcTime),  # as claimed; null where no agency sealed it
    Column("accepted_at", UtcTime, nullable=False),  # by the first hub
    Column("reply_due", UtcTime),
    Column("answers", Text),  # JSON list of [agency code, number/symbol] of the letters that it answers
)

last_byte = Table(
    # when the last byte of a container had been sent to its recipient's node for the first time
    "last_byte",
    metadata,
    Column("shipment", String(64), primary_key=True),
    Column("at", UtcTime, nullable=False),
)

reply = Table(
    # the first letter that answers another one
    "reply",
    metadata,
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), primary_key=True, autoincrement=False),
    Column("agency", String(50), primary_key=True),  # who answers
    Column("at", UtcTime, nullable=False),
    Column("answer", String(64), nullable=False),  # consignment id
)

deadline = Table(
    "deadline",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), nullable=False),
    Column("recipient", String(50), nullable=False),  # as addressed; empty for K1, which is the letter's
    Column("clock", String(10), nullable=False),
    Column("state", String(10), nullable=False),  # open | late | missed
    Column("sender", String(50), nullable=False),
    Column("agency", String(50), nullable=False),  # who has to do it
    Column("starts", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("met_at", UtcTime),
    Column("basis", String(40), nullable=False),
    Column("certainty", String(30), nullable=False),
    Column("missing", String(20)),  # the status that is asked for; null while an earlier step speaks for it
    Column("remind_at", UtcTime),  # next reminder; null: none is left, or another hub holds the delivery
    UniqueConstraint("consignment", "recipient", "clock", name="deadline_once"),
    Index("deadline_clock", "clock", "state", "due_at", "seq"),
    Index("deadline_agency", "agency", "state", "due_at", "seq"),
    Index("deadline_sender", "sender", "state", "due_at", "seq"),
    Index("deadline_remind", "remind_at"),
)

reminder = Table(
    "reminder",
    metadata,
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), primary_key=True, autoincrement=False),
    Column("recipient", String(50), primary_key=True),
    Column("missing", String(20), primary_key=True),
    Column("told", String(10), primary_key=True),  # receiver | superior
    Column("agency", String(50)),  # who was told; null: the directory names nobody
    Column("peer", String(64)),  # its node; null: no node of this hub serves it
    Column("due_at", UtcTime, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("settled_at", UtcTime),  # when the status had come or was no longer asked for, and that was told
    Index("reminder_unheard", "peer", "at"),
    Index("reminder_open", "settled_at", "at"),
)

follower = Table(
    # how far work that follows the log has come
    "follower",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("position", BigInteger, nullable=False),  # first leaf that was not looked at
    Column("calendar", String(64), nullable=False),  # what open clocks were counted with
)
