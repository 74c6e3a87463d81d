"""The node's tables: what an agency has sent and received, on its own disk, readable without any hub.

Rules of this file:
1. Nothing is deleted, but by an erasure (`disposals`). A row changes only in the columns that say how far it is.
2. A container is named here by its SHA-256 and lies in the blob store; small signed documents lie here, byte for byte.
3. Times are aware UTC.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from exchange_axis.store.types import Serial, UtcTime

metadata = MetaData()

outbox = Table(
    # every consignment made here: letters, and the statuses about letters received here
    "outbox",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("consignment_id", String(64), nullable=False, unique=True),
    Column("kind", String(10), nullable=False),
    Column("business_kind", String(1), nullable=False, default="0"),  # of a letter: new, recall, update, replacement
    Column("sender", String(50), nullable=False),
    Column("idempotency_key", String(600), unique=True),  # null once a refusal has set it free
    Column("fingerprint", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("document_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("document_date", Date),
    Column("lane", String(20), nullable=False),
    Column("lane_rank", Integer, nullable=False),
    Column("container_sha256", String(64), nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("in_reply_to", String(64), index=True),
    Column("letter_sender", String(50)),  # with in_reply_to: names the letter a status speaks of
    Column("letter_sha256", String(64)),
    Column("about", String(50)),  # of a status: the recipient whose delivery it speaks of
    Column("waits_for", String(64), index=True),  # of a 13: the update that asks for it; it goes when that is accepted
    Column("redistributes", String(64)),  # a received letter that this one passes on inward
    Column("redistributes_sender", String(50)),
    Column("stated_reason", Text),  # of a recall, an update, a replacement, a take-back
    Column("status_code", String(2)),
    Column("actor", String(200), nullable=False),
    Column("state", String(10), nullable=False),
    Column("signed_at", UtcTime),  # of a letter: when the agency signed it, as it claims
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("last_error", Text),
    Column("answered_at", UtcTime),
    Column("problem", Text),  # the hub's problem document, JSON
    Column("notes", Text, nullable=False, default="[]"),  # findings of our own check, JSON
    Column("warnings", Text, nullable=False, default="[]"),  # the hub's, JSON
    Index("outbox_due", "state", "lane_rank", "due_at"),
    Index("outbox_title", "title"),
    Index("outbox_newest", "kind", "created_at", "seq", "sender"),
    Index("outbox_document", "document_id"),
    Index("outbox_redistributes", "redistributes", "redistributes_sender"),
)

addressee = Table(
    # how far a sent letter is with each of its recipients, as evidence says
    "addressee",
    metadata,
    Column("consignment_id", String(64), ForeignKey("outbox.consignment_id"), primary_key=True),
    Column("recipient", String(50), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("progress", String(2), nullable=False),
    Column("request", String(20), nullable=False),
    Column("redirected_to", String(50)),
    Column("changed_at", UtcTime, nullable=False),
    Index("addressee_state", "state", "consignment_id"),
    Index("addressee_recipient", "recipient", "consignment_id"),
    Index("addressee_progress", "progress", "consignment_id"),
    Index("addressee_request", "request", "consignment_id"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("sender", String(50), nullable=False),
    Column("consignment_id", String(64), nullable=False, index=True),
    Column("recipient", String(50), nullable=False),
    Column("container_sha256", String(64), nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("lane", String(20), nullable=False),
    Column("lane_rank", Integer, nullable=False),
    Column("origin", String(20), nullable=False),
    Column("signer", Text, nullable=False),  # subject of the sealing certificate
    Column("title", Text, nullable=False),
    Column("document_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("document_date", Date),
    Column("business_kind", String(1), nullable=False, default="0"),
    Column("in_reply_to", String(64)),  # the earlier letter of the same sender that this one is about
    Column("stated_reason", Text),
    Column("made_at", UtcTime, nullable=False),  # by its sender: letters may come in another order
    Column("organ_id", Text, nullable=False),  # issuer as the letter writes it
    Column("organ_name", Text, nullable=False),
    Column("due_date", Date),
    Column("due_at", UtcTime),  # where the letter sets an hour
    Column("notes", Text, nullable=False, default="[]"),  # findings of our own reading, JSON
    Column("received_at", UtcTime, nullable=False),
    Column("progress", String(2), nullable=False),
    Column("request", String(20), nullable=False),
    Column("arrival_year", Integer),
    Column("arrival_number", Integer),
    Column("decided_at", UtcTime),
    Column("decided_by", String(200)),
    Column("reason", Text),
    Column("opened_at", UtcTime),  # when somebody here first read it
    Column("opened_by", String(200)),
    Column("next_due", UtcTime),  # when the next thing that is owed about it is due; null: nothing is
    Column("next_clock", String(10)),
    Column("counted", Boolean, nullable=False, default=False),  # false: the two before are to be counted anew
    UniqueConstraint("sender", "consignment_id", "recipient", name="inbox_once"),
    UniqueConstraint("recipient", "arrival_year", "arrival_number", name="arrival_number_once"),
    Index("inbox_title", "title"),
    Index("inbox_document", "document_id"),
    Index("inbox_follows", "sender", "in_reply_to"),
    Index("inbox_request", "request"),
    Index("inbox_due", "next_due"),
    Index("inbox_counted", "counted"),
)

reply = Table(
    # which letters one that was sent from here answers
    "reply",
    metadata,
    Column("consignment_id", String(64), ForeignKey("outbox.consignment_id"), primary_key=True),
    Column("letter_sender", String(50), primary_key=True),
    Column("title", String(200), primary_key=True),  # number/symbol
    Index("reply_to", "letter_sender", "title"),
)

document = Table(
    # signed documents and status containers from hubs, byte for byte
    "document",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("trusted", Boolean, nullable=False),  # false: kept although it did not verify, see alarm
    Column("stored_at", UtcTime, nullable=False),
)

evidence = Table(
    "evidence",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("sha256", String(64), ForeignKey("document.sha256"), nullable=False, index=True),
    Column("event", String(100), nullable=False),
    Column("issuer", String(64), nullable=False),
    Column("sender", String(50), nullable=False),
    Column("recipients", Text, nullable=False),  # JSON list
    Column("consignment_id", String(64), nullable=False, index=True),
    Column("container_sha256", String(64), nullable=False),
    Column("status_sha256", String(64)),
    Column("recorded_at", UtcTime, nullable=False),
    Column("claimed_at", UtcTime),
    Column("reasons", Text, nullable=False),  # JSON list
    Column("previous", String(64)),
    Column("successor", String(64)),
    Column("stored_at", UtcTime, nullable=False),
    Column("proof", LargeBinary),
    Column("proof_due_at", UtcTime),  # null: nobody asks any more
    Column("proof_tries", Integer, nullable=False, default=0),
    Index("evidence_recorded", "recorded_at"),  # a day's tally
)

status = Table(
    # what recipients said about letters sent from here, and senders about letters received here (13)
    "status",
    metadata,
    Column("sha256", String(64), ForeignKey("document.sha256"), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("sender", String(50), nullable=False),  # who says it
    Column("consignment_id", String(64), nullable=False, index=True),  # of the letter
    Column("about", String(50), nullable=False),  # the recipient whose delivery it speaks of
    Column("code", String(2), nullable=False),
    Column("staff", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("said_at", UtcTime),
    Column("opened_at", UtcTime),  # of 15: when somebody there first opened the letter
)

notice = Table(
    # what the hub told that is no evidence, of letters sent or received here
    "notice",
    metadata,
    Column("sha256", String(64), ForeignKey("document.sha256"), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("sender", String(50), nullable=False),  # of the letter
    Column("consignment_id", String(64), nullable=False, index=True),
    Column("recipient", String(50), nullable=False),
    Column("code", String(100), nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("title", String(200)),  # number/symbol, of a reminder
    Column("stored_at", UtcTime, nullable=False),
)

alarm = Table(
    "alarm",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("code", String(80), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("vi", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("first_at", UtcTime, nullable=False),
    Column("last_at", UtcTime, nullable=False),
    Column("count", Integer, nullable=False),
    UniqueConstraint("code", "subject", name="alarm_once"),
)

cursor = Table(
    "cursor",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("position", BigInteger, nullable=False),
)

directory_copy = Table(
    "directory_copy",
    metadata,
    Column("version", String(64), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("stored_at", UtcTime, nullable=False),
)
