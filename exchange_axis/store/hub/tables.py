"""The hub's tables. Every row is a fact that was signed or logged, or work that can be redone from such facts.

Rules of this file:
1. Nothing is deleted but work that is done (uploads, parked returns, told silences); rows close with a date or a state.
2. A state column is changed only together with its expected old value (see the lifecycle tables in `domain`).
3. Times are aware UTC, stored as microseconds, the same on both databases.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
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

from exchange_axis.domain.consignment import Lane
from exchange_axis.store.types import Serial, UtcTime

metadata = MetaData()

directory_version = Table(
    "directory_version",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("version", String(64), nullable=False),
    Column("document", Text, nullable=False),  # the whole snapshot, as imported
    Column("imported_at", UtcTime, nullable=False),
    Column("actor", String(200), nullable=False),
)

peer = Table(
    "peer",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(10), nullable=False),  # node | child | parent
    Column("name", String(200), nullable=False),
    Column("state", String(10), nullable=False),  # pending | approved | revoked
    Column("request", Text, nullable=False),  # enrolment request as received (JSON)
    Column("added_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime),
    Column("feed_next", BigInteger, nullable=False, default=1),  # next number of this peer's event feed
    Column("feed_read", BigInteger, nullable=False, default=0),  # last number the peer has confirmed
    Column("cursor", BigInteger, nullable=False, default=0),  # last number we took from the peer's feed for us
)

binding = Table(
    "binding",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("peer", String(64), ForeignKey("peer.id"), nullable=False),
    Column("fingerprint", String(64), nullable=False, index=True),
    Column("use", String(20), nullable=False),
    Column("codes", Text, nullable=False),  # JSON list of agency codes (or the hub id)
    Column("certificate", Text, nullable=False),  # PEM
    Column("valid_from", UtcTime, nullable=False),
    Column("valid_to", UtcTime, nullable=False),
    Column("document", LargeBinary, nullable=False),  # signed binding statement
    Column("sha256", String(64), nullable=False, index=True),
)

grant = Table(
    "peer_grant",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("peer", String(64), ForeignKey("peer.id"), nullable=False, index=True),
    Column("action", String(10), nullable=False),  # act | relay
    Column("code", String(50), nullable=False),
    Column("subtree", Boolean, nullable=False),
    Column("valid_from", UtcTime, nullable=False),
    Column("valid_to", UtcTime),
)

consignment = Table(
    "consignment",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("sender", String(50), nullable=False),
    Column("consignment_id", String(64), nullable=False, index=True),
    Column("kind", String(10), nullable=False),
    Column("container_sha256", String(64), nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("lane", String(20), nullable=False),
    Column("origin", String(20), nullable=False),
    Column("business_kind", String(1)),  # BussinessDocType of a letter: 0 new, 1 recall, 2 update, 3 replace
    Column("in_reply_to", String(64)),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("upstream", String(64), nullable=False),  # peer that brought it
    Column("acceptance", String(64), nullable=False),  # evidence id: SubmissionAcceptance, or a status's one answer
    Column("document_key", String(300), index=True),
    Column("content_digest", String(64)),
    Column("title", String(200), index=True),  # number/symbol for look-up, never in evidence
    Column("parts", Text, nullable=False),  # JSON of part digests
    Column("verdict", Text, nullable=False),  # verdict report: findings as JSON
    Column("documents", Text, nullable=False),  # JSON list of SHA-256 of documents that travel beside the container
    UniqueConstraint("sender", "consignment_id", name="consignment_once"),
    Index("consignment_follows", "sender", "in_reply_to"),
)
# What a sender may still send as hỏa tốc is asked with every such letter, so only these are in the index.
Index(
    "consignment_most_urgent",
    consignment.c.sender,
    consignment.c.received_at,
    sqlite_where=consignment.c.lane == Lane.HOA_TOC.value,
    postgresql_where=consignment.c.lane == Lane.HOA_TOC.value,
)

document = Table(
    # small signed documents kept byte for byte: bindings, transfer records, returns, foreign statements
    "document",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("bytes", LargeBinary, nullable=False),
)

shipment = Table(
    "shipment",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), nullable=False),
    Column("peer", String(64), nullable=False),
    Column("state", String(10), nullable=False),
    Column("lane", String(20), nullable=False),
    Column("lane_rank", Integer, nullable=False),
    Column("sender", String(50), nullable=False),
    Column("transfer", String(64), nullable=False),  # SHA-256 of the signed transfer record
    Column("due_at", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("fence", BigInteger, nullable=False, default=0),  # lease number; an older one is refused
    Column("leased_until", UtcTime),
    Column("last_error", Text),
    Column("expires_at", UtcTime, nullable=False),
    Index("shipment_due", "peer", "state", "lane_rank", "due_at"),
    Index("shipment_expiry", "state", "expires_at"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("consignment", BigInteger, ForeignKey("consignment.seq"), nullable=False),
    Column("consignment_id", String(64), nullable=False),
    Column("recipient", String(50), nullable=False),  # as addressed
    Column("final_recipient", String(50), nullable=False),  # after a redirect
    Column("peer", String(64), nullable=False),  # next hop; empty when it ended here
    Column("upstream", String(64), nullable=False),
    Column("shipment", String(64)),
    Column("state", String(20), nullable=False),
    Column("progress", String(2), nullable=False),
    Column("request", String(20), nullable=False),
    Column("last_evidence", String(64)),
    Column("accepted_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    UniqueConstraint("consignment", "recipient", name="delivery_once"),
    Index("delivery_lookup", "consignment_id", "recipient"),
    Index("delivery_shipment", "shipment"),
)

silence = Table(
    # whose senders were told that the recipient's node is silent; a row goes when the episode ends
    "silence",
    metadata,
    Column("delivery", BigInteger, ForeignKey("delivery.seq"), primary_key=True, autoincrement=False),
    Column("peer", String(64), nullable=False, index=True),
    Column("since", UtcTime, nullable=False),
    Column("told_at", UtcTime, nullable=False),
)

evidence = Table(
    "evidence",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("event", String(100), nullable=False),
    Column("issuer", String(64), nullable=False),
    Column("own", Boolean, nullable=False),
    Column("consignment_id", String(64), nullable=False),
    Column("sender", String(50), nullable=False),
    Column("recipient", String(50)),  # null when it speaks of all recipients
    Column("submitter", String(64)),  # peer that submitted, for rejections
    Column("sha256", String(64), nullable=False, index=True),
    Column("bytes", LargeBinary, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    Column("claimed_at", UtcTime),
    Column("previous", String(64)),
    Column("status_sha256", String(64)),
    Index("evidence_about", "consignment_id", "recipient"),
    Index("evidence_recorded", "recorded_at"),  # a day's tally
)

leaf = Table(
    "leaf",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("sha256", String(64), nullable=False, unique=True),  # of the logged document
    Column("kind", String(20), nullable=False),  # evidence | return | transfer | decision
    Column("salt", LargeBinary),  # null after erasure
    Column("data", LargeBinary, nullable=False),  # leaf data, see ledger.leaf
    Column("position", BigInteger, unique=True),  # null until the sequencer numbers it
)

tree_node = Table(
    "tree_node",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("signed_at", UtcTime, nullable=False),
)

feed = Table(
    "feed",
    metadata,
    Column("peer", String(64), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),  # evidence | return | notice
    Column("consignment_id", String(64), nullable=False, index=True),
    Column("recipient", String(50)),
    Column("documents", Text, nullable=False),  # JSON list of [kind, sha256]
    Column("at", UtcTime, nullable=False),
)

relayed = Table(
    # what was answered to a hub peer's transfer record: the same record again gets the same bytes
    "relayed",
    metadata,
    Column("transfer", String(64), primary_key=True),
    Column("peer", String(64), nullable=False),
    Column("answers", Text, nullable=False),  # JSON list of SHA-256 of evidence
    Column("at", UtcTime, nullable=False),
)

returned = Table(
    # returns taken in, by what they say: idempotent by evidence id
    "returned",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("peer", String(64), nullable=False),
    Column("at", UtcTime, nullable=False),
)

parked = Table(
    # returns that cannot be taken in yet: words of a hub that we do not trust (until the operator has decided), or a
    # take-back that overtook its letter; looked at again
    "parked",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("peer", String(64), nullable=False),
    Column("documents", LargeBinary, nullable=False),  # JSON as it came
    Column("consignment_id", String(64), nullable=False, index=True),
    Column("reason", String(100), nullable=False),
    Column("parked_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False, index=True),
)

upload = Table(
    "upload",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("peer", String(64), nullable=False, index=True),
    Column("kind", String(20), nullable=False),  # consignment | relay
    Column("length", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("lane", String(20), nullable=False),
    Column("documents", Text, nullable=False),  # JSON list of [kind, sha256] sent with a relay
    Column("metadata", Text),  # Upload-Metadata of tus as it was given; null: not begun in tus
    Column("created_at", UtcTime, nullable=False),
    Column("touched_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),  # of tus only: the answer is kept, the bytes are gone
)

decision = Table(
    # who changed what: directory, permissions, configuration, reads of content
    "decision",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("details", Text, nullable=False),
)
