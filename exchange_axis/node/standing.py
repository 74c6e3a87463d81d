"""What was asked of the recipients of a letter sent from here, and stands.

A recall, an update, a replacement or a take-back moves its recipients' requests when it is queued. If the first hub
refuses it for good it has no consequences, so the requests are derived again from what is left: what was asked and not
refused, and what recipients answered, in order of time (decision 0013). Each step is one of the table, which the
database holds too; what a recipient answered stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from exchange_axis.domain.evidence import STATUS_EVENTS
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import REQUEST, Request, RequestEvent, StatusCode
from exchange_axis.node import replacing
from exchange_axis.node.errors import NotAsked
from exchange_axis.store.node.rows import AddresseeRow, EvidenceRow, OutboxRow, OutboxState
from exchange_axis.store.node.unit import NodeUnit

ASKS: Mapping[BusinessKind, RequestEvent] = {
    BusinessKind.REVOKE: RequestEvent.RECALL,
    BusinessKind.UPDATE: RequestEvent.UPDATE,
    BusinessKind.REPLACE: RequestEvent.REPLACE,
}
_ANSWERS = {STATUS_EVENTS[code.value]: RequestEvent(code.value) for code in (StatusCode.CONSENTED, StatusCode.DECLINED)}


def undo(unit: NodeUnit, refused: OutboxRow, *, at: datetime) -> None:
    """The hub has refused this for good: nobody was asked anything by it, nor by what was to go with it."""
    reason = NotAsked(consignment_id=refused.consignment_id[:8])
    problem = {"code": reason.code, "vi": reason.message("vi"), "en": reason.message("en")}
    unit.outbox.drop_waiting(refused.consignment_id, at, problem=json.dumps(problem, ensure_ascii=False))
    for addressee in unit.outbox.addressees(refused.consignment_id):
        _walk(unit, addressee, (), at)  # who did not get it has nothing to cancel
    derive(unit, refused, at=at)


def derive(unit: NodeUnit, asking: OutboxRow, *, at: datetime) -> None:
    """Bring the requests of the letters that this one asks about to what stands now."""
    also = replacing.older_sent(unit, [asking]).get(asking.consignment_id, ())
    for letter in (*_asked_about(unit, asking), *also):
        for root in dict.fromkeys((letter.root, letter.consignment_id)):
            _settle(unit, letter.sender, root, at)


def _asked_about(unit: NodeUnit, asking: OutboxRow) -> tuple[OutboxRow, ...]:
    is_take_back = asking.status_code == StatusCode.TAKE_BACK
    if asking.in_reply_to is None or not (is_take_back or asking.business_kind in ASKS):
        return ()
    letter = unit.outbox.get(asking.in_reply_to)
    return () if letter is None else (letter,)


def _settle(unit: NodeUnit, sender: str, root: str, at: datetime) -> None:
    first = unit.outbox.get(root)
    if first is None:
        return
    after = _following(unit, first)
    updates = (row for row in after if row.business_kind is BusinessKind.UPDATE)
    got = unit.outbox.addressees_of([row.consignment_id for row in after])
    for letter in (first, *updates):
        later = after[after.index(letter) + 1 :] if letter in after else after
        evidence, said = (
            unit.records.evidence(letter.consignment_id),
            unit.outbox.take_backs(sender, letter.consignment_id),
        )
        for addressee in unit.outbox.addressees(letter.consignment_id):
            own = [row for row in later if addressee.recipient in {one.recipient for one in got[row.consignment_id]}]
            events = _events(letter, addressee.recipient, asked=(*own, *said), evidence=evidence)
            _walk(unit, addressee, events, at)


def _following(unit: NodeUnit, letter: OutboxRow) -> tuple[OutboxRow, ...]:
    """All about a letter that stands, oldest first; replacements of several documents included."""
    named = unit.outbox.following(letter.sender, letter.consignment_id)
    newer = replacing.newer_sent(unit, [letter])[letter.consignment_id]
    every = {row.consignment_id: row for row in (*named, *newer)}
    return tuple(sorted(every.values(), key=lambda row: row.created_at))


def _events(
    letter: OutboxRow, recipient: str, *, asked: Sequence[OutboxRow], evidence: Sequence[EvidenceRow]
) -> tuple[RequestEvent, ...]:
    """What happened to one recipient's request, oldest first; at the same moment questions come before answers."""
    found = [(row.created_at, 0, event) for row in asked for event in _ask(letter, row, recipient)]
    found += [
        (row.stored_at, 1, _ANSWERS[row.event])
        for row in evidence
        if row.event in _ANSWERS and recipient in row.recipients and row.container_sha256 == letter.container_sha256
    ]
    return tuple(event for _, _, event in sorted(found, key=lambda one: one[:2]))


def _ask(letter: OutboxRow, row: OutboxRow, recipient: str) -> Iterator[RequestEvent]:
    """An update asks only those who have the letter itself: who has an update of it has a later one besides."""
    if row.state is OutboxState.REFUSED:
        return
    if row.status_code == StatusCode.TAKE_BACK and row.about == recipient:
        yield RequestEvent.TAKE_BACK
    elif row.business_kind in ASKS and (
        row.business_kind is not BusinessKind.UPDATE or letter.root == letter.consignment_id
    ):
        yield ASKS[row.business_kind]


def _walk(unit: NodeUnit, row: AddresseeRow, events: Sequence[RequestEvent], at: datetime) -> None:
    goal = Request.NONE
    for event in events:
        goal = REQUEST.observe(goal, event)
    request = row.business.request
    way_back = (request, RequestEvent.RETRACTED) in REQUEST.table
    if goal is request or not (way_back or request is Request.NONE):
        return
    for event in (RequestEvent.RETRACTED, *events):
        business = replace(row.business, request=REQUEST.observe(row.business.request, event))
        if business != row.business:
            moved = replace(row, business=business, changed_at=max(at, row.changed_at))
            unit.outbox.change_addressee(row, moved)
            row = moved
