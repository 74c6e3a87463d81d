"""A letter of outbox or inbox, and a node, as people and programs are shown them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from exchange_axis.node.changes import Changes
from exchange_axis.node.notices import Told
from exchange_axis.node.ties import Cancelling, Link, RefusedAsk
from exchange_axis.node.timeline import Happening
from exchange_axis.pipeline.lines import LineView


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLine:
    """A sent letter in a list."""

    consignment_id: str
    sender: str
    title: str
    subject: str
    lane: str
    state: str
    """queued, accepted, refused: the hub's answer."""
    queued_at: datetime
    attempts: int
    last_error: str | None
    recipients: tuple[Addressee, ...]
    kind: str
    """new, recall, update, replace."""
    stated_reason: str | None
    """Of a recall, an update or a replacement."""
    about: Link | None
    """The earlier letter that it recalls, updates, replaces or sends again."""
    also_replaces: tuple[Link, ...]
    """Further letters that a replacement stands for."""
    followed_by: tuple[Link, ...]
    """Recalls, updates, replacements and what sends it again, oldest first."""
    refused: tuple[RefusedAsk, ...]
    """What was asked about it that the hub refused: it has no consequences, and a new one may be sent."""
    redistributes: Link | None
    """The received letter that it passes on."""
    issue: str
    """K1, from signing to the hub's acceptance: running, met, late, missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The next thing that is owed about a received letter."""

    clock: str
    """K3, K4, K5, or recall."""
    at: datetime
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """How far a sent letter is with one recipient."""

    agency: str
    name: str
    delivery: str
    """queued, relayed, consigned, handed-over, failed, redirected, duplicate, withdrawn."""
    status: str
    """Status code of the reader, 00 before the first."""
    request: str
    """What was asked of him since: none, take-back-asked, recall-asked, update-asked, withdrawn, updated, replaced."""
    redirected_to: str | None
    changed_at: datetime
    notice: Told | None
    """What the hub last told about it, until newer evidence came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedLine:
    """A received letter in a list."""

    consignment_id: str
    agency: str
    """The agency here that received it."""
    sender: str
    sender_name: str
    title: str
    subject: str
    document_date: date | None
    due_date: date | None
    due_at: datetime | None
    """Where the letter sets an hour."""
    lane: str
    origin: str
    """signed by the agency, or received-unsigned: never shown as signed by it."""
    received_at: datetime
    status: str
    arrival_number: int | None
    arrival_year: int | None
    kind: str
    """new, recall, update, replace."""
    stated_reason: str | None
    """Of a recall, an update or a replacement."""
    request: str
    """What the sender asks since, and what became of it."""
    frozen: bool
    """Recalled or taken back: nobody reads or works on it any more."""
    about: Link | None
    """The earlier letter that it is about, if that one was received here."""
    also_replaces: tuple[Link, ...]
    """Further letters that a replacement stands for, if they were received here."""
    followed_by: tuple[Link, ...]
    """Recalls, updates, replacements and what sends it again, oldest first."""
    redistributed_by: tuple[Link, ...]
    """Letters from here that pass it on."""
    opened_at: datetime | None
    opened_by: str | None
    due: Due | None
    """What is owed next; None: nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Everything this node knows about one letter."""

    consignment_id: str
    title: str
    document_id: str
    subject: str
    container_sha256: str
    size: int
    sent: SentLine | None
    received: tuple[ReceivedLine, ...]
    problem: Mapping[str, Any] | None
    """The hub's refusal, where there is one."""
    notes: tuple[Mapping[str, Any], ...]
    """Findings of this node's own check or reading."""
    warnings: tuple[Mapping[str, Any], ...]
    """Findings of the hub."""
    timeline: tuple[Happening, ...]
    files: Mapping[str, Any] | None
    """What was found in the attachments, by this node's trust; None where nobody looked."""
    changes: tuple[Changes, ...]
    """What updates and replacements changed, old and new side by side."""
    cancelling: tuple[Cancelling, ...]
    """Of a sent letter, each recipient who was asked to cancel it or give it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    code: str
    subject: str
    vi: str
    en: str
    first_at: datetime
    last_at: datetime
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStatus:
    node: str
    hub: str
    agencies: Mapping[str, str]
    queued: int
    accepted: int
    refused: int
    feed_position: int
    directory_version: str | None
    line: LineView
    """To the hub, as the agent of this process finds it."""
    alarms: tuple[Alarm, ...]
