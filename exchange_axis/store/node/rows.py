"""The rows of a node's store as values; what the columns mean stands here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from exchange_axis.domain.consignment import ConsignmentClass, Lane, Origin
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import Business, DeliveryState


class OutboxState(StrEnum):
    QUEUED = "queued"
    """Durable here; the hub has not answered."""
    ACCEPTED = "accepted"
    """The hub's signed answer is here."""
    REFUSED = "refused"
    """The hub refused it for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    consignment_id: str
    kind: ConsignmentClass
    sender: str
    idempotency_key: str | None
    """None once a refusal has set the key free for another try."""
    fingerprint: str
    """SHA-256 of what was asked to be sent; tells a repetition from other content under the same key."""
    title: str
    """Number/symbol of the letter, `57/BC-UBND`."""
    document_id: str
    subject: str
    document_date: date | None = None
    lane: Lane
    container_sha256: str
    size: int
    in_reply_to: str | None = None
    """For a status: consignment id of the letter, with its sender and container digest in the next two. For a letter:
    the earlier one that it is about."""
    letter_sender: str | None = None
    letter_sha256: str | None = None
    about: str | None = None
    """For a status: the recipient whose delivery it speaks of."""
    waits_for: str | None = None
    """For a status 13 that an update brings about: the update. It is not sent before the hub has accepted that."""
    business_kind: BusinessKind = BusinessKind.NEW
    redistributes: str | None = None
    """Consignment id of a received letter that this one passes on inward, with its sender in the next."""
    redistributes_sender: str | None = None
    stated_reason: str | None = None
    """Of a recall, an update, a replacement or a take-back."""
    status_code: str | None = None
    actor: str
    state: OutboxState = OutboxState.QUEUED
    signed_at: datetime | None = None
    """Of a letter: when the agency signed it, as it claims."""
    created_at: datetime
    expires_at: datetime
    due_at: datetime
    attempts: int = 0
    last_error: str | None = None
    answered_at: datetime | None = None
    problem: str | None = None
    """JSON of the hub's problem document."""
    notes: str = "[]"
    """JSON list of findings of our own check."""
    warnings: str = "[]"
    """JSON list of the hub's findings."""

    @property
    def root(self) -> str:
        return root_of(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddresseeRow:
    consignment_id: str
    recipient: str
    state: DeliveryState
    business: Business
    redirected_to: str | None = None
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    seq: int = 0
    """Set by the database."""
    sender: str
    consignment_id: str
    recipient: str
    container_sha256: str
    size: int
    lane: Lane
    origin: Origin
    signer: str
    title: str
    document_id: str
    subject: str
    document_date: date | None
    business_kind: BusinessKind = BusinessKind.NEW
    in_reply_to: str | None = None
    """The earlier letter of the same sender that this one is about."""
    stated_reason: str | None = None
    made_at: datetime
    """When its sender made it (consignment.xml); letters may come in another order."""
    organ_id: str
    organ_name: str
    due_date: date | None
    due_at: datetime | None = None
    """Where the letter sets an hour."""
    notes: str = "[]"
    received_at: datetime
    business: Business = field(default_factory=Business)
    arrival_year: int | None = None
    arrival_number: int | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    reason: str | None = None
    opened_at: datetime | None = None
    """When somebody here first read it."""
    opened_by: str | None = None
    next_due: datetime | None = None
    """When the next thing that is owed about it is due; None: nothing is."""
    next_clock: str | None = None

    @property
    def root(self) -> str:
        return root_of(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    id: str
    sha256: str
    event: Event
    issuer: str
    sender: str
    recipients: tuple[str, ...]
    consignment_id: str
    container_sha256: str
    status_sha256: str | None
    recorded_at: datetime
    claimed_at: datetime | None
    reasons: tuple[str, ...]
    previous: str | None
    successor: str | None
    stored_at: datetime
    proof: bytes | None = None
    proof_due_at: datetime | None = None
    proof_tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRow:
    sha256: str
    sender: str
    consignment_id: str
    about: str
    """The recipient whose delivery it speaks of; of 13 another than its sender."""
    code: str
    staff: str
    description: str
    said_at: datetime | None
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    sha256: str
    sender: str
    consignment_id: str
    recipient: str
    code: str
    """One of NoticeCode, a reminder, or one that this version does not know."""
    since: datetime
    title: str | None = None
    """Number/symbol of the letter, where the notice names it."""
    stored_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRow:
    code: str
    subject: str
    """What it is about: a consignment, shipment or document; the same trouble is counted, not repeated."""
    vi: str
    en: str
    first_at: datetime
    last_at: datetime
    count: int


def root_of(row: OutboxRow | InboxRow) -> str:
    """Id of the letter whose life this one belongs to: an update lives and dies with what it updates."""
    if row.business_kind is BusinessKind.UPDATE and row.in_reply_to is not None:
        return row.in_reply_to
    return row.consignment_id
