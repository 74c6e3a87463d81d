"""What a letter has to do with others, and the proof of a recall, as people and programs are shown it.

Derived on every read: a letter carries no mark that could be missing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from exchange_axis.domain.evidence import Event
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import DeliveryState, Request
from exchange_axis.node import replacing
from exchange_axis.store.node.rows import AddresseeRow, EvidenceRow, InboxRow, OutboxRow, StatusRow
from exchange_axis.store.node.unit import NodeUnit

KINDS: Mapping[BusinessKind, str] = {
    BusinessKind.NEW: "new",
    BusinessKind.REVOKE: "recall",
    BusinessKind.UPDATE: "update",
    BusinessKind.REPLACE: "replace",
}
RESEND = "resend"
TAKE_BACK = "take-back"
REDISTRIBUTION = "redistribution"
K = TypeVar("K")
V = TypeVar("V")
_CANCELLABLE = frozenset({Request.TAKE_BACK_ASKED, Request.RECALL_ASKED, Request.WITHDRAWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Another letter that has to do with this one."""

    kind: str
    """What it is: new, recall, update, replace; of what follows also resend and redistribution."""
    consignment_id: str
    title: str
    at: datetime
    """When it was queued or received here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedAsk:
    """A recall, an update, a replacement or a take-back that the hub refused: nobody was asked by it."""

    kind: str
    """recall, update, replace, take-back."""
    consignment_id: str
    title: str
    """Of the message; of a take-back the letter's."""
    recipient: str | None
    """Of a take-back: who was to be asked."""
    at: datetime
    """When the refusal came."""
    code: str
    vi: str
    en: str
    findings: tuple[Mapping[str, Any], ...]
    """What the hub found, where it says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    about: Link | None = None
    """The earlier letter that it recalls, updates, replaces or sends again, if that one is here."""
    followed_by: tuple[Link, ...] = ()
    also_replaces: tuple[Link, ...] = ()
    """Of a replacement: the letters that it stands for besides `about`."""
    refused: tuple[RefusedAsk, ...] = ()
    redistributes: Link | None = None
    redistributed_by: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelling:
    """What is proved about one recipient who was asked to cancel a letter or give it back."""

    agency: str
    handed_over_at: datetime | None
    accepted_at: datetime | None
    opened_at: datetime | None
    """As the recipient's 15 says; before it nobody here knows."""
    cancelled_at: datetime | None
    """When a hub recorded 15, or ended the delivery before handover."""
    silent: bool
    """Still owes the answer."""


def ties_of_sent(unit: NodeUnit, rows: Sequence[OutboxRow]) -> Mapping[str, Ties]:
    """By consignment id."""
    about = {row.consignment_id: row for row in unit.ties.sent(_named(rows))}
    after = _grouped((row.in_reply_to or "", row) for row in unit.ties.sent_about(_life_ids(rows)))
    refused = _grouped((row.in_reply_to or "", row) for row in unit.ties.refused_about(_life_ids(rows)))
    passed_on = {row.redistributes for row in rows if row.redistributes is not None}
    received = {row.consignment_id: row for row in unit.ties.received(passed_on)}
    older, newer = replacing.older_sent(unit, rows), replacing.newer_sent(unit, rows)
    found = {}
    for row in rows:
        following = {
            one.consignment_id: one
            for key in dict.fromkeys((row.consignment_id, row.root))
            for one in after.get(key, ())
            if one.sender == row.sender and _follows(row, one, at=one.created_at, since=row.created_at)
        } | {one.consignment_id: one for one in newer[row.consignment_id]}
        found[row.consignment_id] = Ties(
            about=link_of(about[row.in_reply_to]) if row.in_reply_to in about else None,
            followed_by=tuple(map(_follower, sorted(following.values(), key=lambda one: one.created_at))),
            also_replaces=tuple(map(link_of, older.get(row.consignment_id, ()))),
            refused=tuple(
                _refused(one)
                for key in dict.fromkeys((row.consignment_id, row.root))
                for one in refused.get(key, ())
                if one.sender == row.sender and one.consignment_id != row.consignment_id
            ),
            redistributes=link_of(received[row.redistributes]) if row.redistributes in received else None,
        )
    return found


def ties_of_received(unit: NodeUnit, rows: Sequence[InboxRow]) -> Mapping[int, Ties]:
    """By place in the inbox."""
    about = {(row.sender, row.consignment_id): row for row in unit.ties.received(_named(rows))}
    following_ones = sorted(unit.ties.received_about(_life_ids(rows)), key=lambda one: one.made_at)
    after = _grouped((row.in_reply_to or "", row) for row in following_ones)
    children = _grouped(
        (row.redistributes or "", row) for row in unit.ties.redistributing([row.consignment_id for row in rows])
    )
    newer = replacing.newer_of_received(unit, rows)
    found = {}
    for row in rows:
        following = {
            one.consignment_id: one
            for key in dict.fromkeys((row.consignment_id, row.root))
            for one in after.get(key, ())
            if one.sender == row.sender
            and (one.recipient == row.recipient or one.business_kind is BusinessKind.REVOKE)
            and _follows(row, one, at=one.made_at, since=row.made_at)
        } | {one.consignment_id: one for one in newer[row.seq]}
        earlier = about.get((row.sender, row.in_reply_to or ""))
        found[row.seq] = Ties(
            about=None if earlier is None else link_of(earlier),
            followed_by=tuple(map(_follower, sorted(following.values(), key=lambda one: one.made_at))),
            also_replaces=tuple(map(link_of, replacing.older_received(unit, row))),
            redistributed_by=tuple(
                link_of(one, REDISTRIBUTION)
                for one in children.get(row.consignment_id, ())
                if (one.redistributes_sender, one.sender) == (row.sender, row.recipient)
            ),
        )
    return found


def cancelling(unit: NodeUnit, consignment_id: str, addressees: Sequence[AddresseeRow]) -> tuple[Cancelling, ...]:
    """For each recipient who was asked, in the order of their codes."""
    asked = [one for one in addressees if one.business.request in _CANCELLABLE]
    if not asked:
        return ()
    evidence, statuses = unit.records.evidence(consignment_id), unit.records.statuses(consignment_id)
    return tuple(_cancelling(one, evidence, statuses) for one in asked)


def _cancelling(addressee: AddresseeRow, evidence: Sequence[EvidenceRow], statuses: Sequence[StatusRow]) -> Cancelling:
    agency = addressee.recipient
    at: dict[Event, datetime] = {}
    for one in evidence:
        if agency in one.recipients:
            at[one.event] = one.recorded_at  # the latest: an earlier 15 may have answered an update
    answers = [one for one in statuses if one.about == agency and one.code == "15"]
    is_over = addressee.business.request is Request.WITHDRAWN
    cancelled_at = at.get(Event.CONSENTED) if is_over else None
    if addressee.state is DeliveryState.WITHDRAWN:
        cancelled_at = at.get(Event.WITHDRAWN)
    nobody_has_it = addressee.state in {DeliveryState.FAILED, DeliveryState.DUPLICATE}
    return Cancelling(
        agency=agency,
        handed_over_at=at.get(Event.CONTENT_HANDOVER),
        accepted_at=at.get(Event.ACCEPTED),
        opened_at=answers[-1].opened_at if is_over and answers else None,
        cancelled_at=cancelled_at,
        silent=cancelled_at is None and not nobody_has_it,
    )


def _follows(row: OutboxRow | InboxRow, other: OutboxRow | InboxRow, *, at: datetime, since: datetime) -> bool:
    """Of what names a letter or, if it is an update, the letter that it updates."""
    if other.consignment_id == row.consignment_id:
        return False
    if other.in_reply_to == row.consignment_id:
        return True
    later_update = other.business_kind is BusinessKind.UPDATE and at > since
    return later_update or other.business_kind in {BusinessKind.REVOKE, BusinessKind.REPLACE}


def _follower(row: OutboxRow | InboxRow) -> Link:
    kind = RESEND if row.business_kind is BusinessKind.NEW else KINDS[row.business_kind]
    return link_of(row, kind)


def _refused(row: OutboxRow) -> RefusedAsk:
    problem = json.loads(row.problem or "{}")
    return RefusedAsk(
        kind=TAKE_BACK if row.status_code is not None else KINDS[row.business_kind],
        consignment_id=row.consignment_id,
        title=row.title,
        recipient=row.about,
        at=row.answered_at or row.created_at,
        code=str(problem.get("code", "")),
        vi=str(problem.get("vi", "")),
        en=str(problem.get("en", "")),
        findings=tuple(problem.get("findings") or ()),
    )


def link_of(row: OutboxRow | InboxRow, kind: str | None = None) -> Link:
    return Link(
        kind=kind or KINDS[row.business_kind],
        consignment_id=row.consignment_id,
        title=row.title,
        at=row.received_at if isinstance(row, InboxRow) else row.created_at,
    )


def _named(rows: Sequence[OutboxRow] | Sequence[InboxRow]) -> Collection[str]:
    return {row.in_reply_to for row in rows if row.in_reply_to is not None}


def _life_ids(rows: Sequence[OutboxRow] | Sequence[InboxRow]) -> Collection[str]:
    return {key for row in rows for key in (row.consignment_id, row.root)}


def _grouped(pairs: Iterator[tuple[K, V]]) -> dict[K, list[V]]:
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
