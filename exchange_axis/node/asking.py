"""What senders ask about letters received here: recall, take-back, update, replacement.

1. It is derived from the letters and statuses 13 that are here, whichever came first: a letter that comes after its
   recall is frozen when it is stored (decision 0013).
2. Only the letter's own sender asks. A recall covers the letter and every update of it, for every recipient here; an
   update or a replacement concerns the recipients that it came for.
   An update may itself be updated, however often: the chain is followed to its end, and no letter twice.
3. The request of a row changes here, and by the answers of clerk or node, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import Business, RequestEvent, StatusCode
from exchange_axis.node import replacing
from exchange_axis.store.node.rows import InboxRow, StatusRow
from exchange_axis.store.node.unit import NodeUnit


def business_at_arrival(unit: NodeUnit, row: InboxRow, *, served: Collection[str]) -> Business:
    """Where a letter begins that was asked about before it came."""
    business = row.business
    for event in _asked_before(unit, row, served):
        business = business.observe(event).state
    return business


def carry_out(unit: NodeUnit, row: InboxRow) -> None:
    """What a letter that has just been stored asks about others."""
    for other in _recalled_through(unit, row):
        _ask(unit, other, RequestEvent.RECALL)
    if row.in_reply_to is None:
        return
    if row.business_kind is BusinessKind.UPDATE:
        _ask_same_recipient(unit, row, [row.in_reply_to], RequestEvent.UPDATE)
    if row.business_kind is BusinessKind.REPLACE:
        named = [row.in_reply_to, *(one.consignment_id for one in replacing.older_received(unit, row))]
        updates = (other.consignment_id for one in named for other in _updates_of(unit, row.sender, one))
        _ask_same_recipient(unit, row, [*named, *updates], RequestEvent.REPLACE)


def ask_back(unit: NodeUnit, status: StatusRow, *, served: Collection[str]) -> None:
    """A status 13 that has just been stored; nothing happens if its letter is not here yet."""
    for row in unit.inbox.of_consignment(status.consignment_id):
        if _speaks_of(status, row, served):
            _ask(unit, row, RequestEvent.TAKE_BACK)


def recall_of(unit: NodeUnit, row: InboxRow) -> InboxRow | None:
    """The recall that covers a letter."""
    if row.business_kind is BusinessKind.REVOKE:
        return None
    for consignment_id in _ancestors(unit, row):
        for other in unit.inbox.following(row.sender, consignment_id):
            if other.business_kind is BusinessKind.REVOKE:
                return other
    return None


def _is_replaced(unit: NodeUnit, row: InboxRow) -> bool:
    """Whether a replacement of the letter, or of what it updates, came for the same recipient."""
    ancestors = _ancestors(unit, row)
    named = (other for one in ancestors for other in unit.inbox.following(row.sender, one))
    others = (*named, *replacing.newer_received(unit, row, ancestors))
    return any(one.recipient == row.recipient and one.business_kind is BusinessKind.REPLACE for one in others)


def _asked_before(unit: NodeUnit, row: InboxRow, served: Collection[str]) -> Iterator[RequestEvent]:
    """In an order that the tables take to the same end whatever order these came in."""
    following = [
        other
        for other in unit.inbox.following(row.sender, row.consignment_id)
        if other.recipient == row.recipient and other.consignment_id != row.consignment_id
    ]
    if any(other.business_kind is BusinessKind.UPDATE for other in following):
        yield RequestEvent.UPDATE
    if _is_replaced(unit, row):
        yield RequestEvent.REPLACE
    if any(_speaks_of(status, row, served) for status in unit.records.statuses(row.consignment_id)):
        yield RequestEvent.TAKE_BACK
    if recall_of(unit, row) is not None:
        yield RequestEvent.RECALL


def _recalled_through(unit: NodeUnit, row: InboxRow) -> Iterator[InboxRow]:
    """Letters that a recall covers now: those it names, or those that a late update links to one that is recalled."""
    if row.business_kind is BusinessKind.REVOKE and row.in_reply_to is not None:
        covered = [
            *(one for one in unit.inbox.of_consignment(row.in_reply_to) if one.sender == row.sender),
            *_updates_of(unit, row.sender, row.in_reply_to),
        ]
        yield from (one for one in covered if one.business_kind is not BusinessKind.REVOKE)
    elif recall_of(unit, row) is not None:
        yield from _updates_of(unit, row.sender, row.consignment_id)


def _ancestors(unit: NodeUnit, row: InboxRow) -> tuple[str, ...]:
    """The letter's id and, while it is an update, those of what it updates."""
    found = [row.consignment_id]
    current: InboxRow | None = row
    while current is not None and current.business_kind is BusinessKind.UPDATE:
        above = current.in_reply_to
        if above is None or above in found:
            break
        found.append(above)
        current = next((one for one in unit.inbox.of_consignment(above) if one.sender == row.sender), None)
    return tuple(found)


def _updates_of(unit: NodeUnit, sender: str, consignment_id: str) -> tuple[InboxRow, ...]:
    """Updates of a letter and updates of these, for every recipient here."""
    found: dict[int, InboxRow] = {}
    waiting = [consignment_id]
    seen = {consignment_id}
    while waiting:
        for one in unit.inbox.following(sender, waiting.pop()):
            if one.business_kind is BusinessKind.UPDATE:
                found[one.seq] = one
                if one.consignment_id not in seen:
                    seen.add(one.consignment_id)
                    waiting.append(one.consignment_id)
    return tuple(found.values())


def _ask_same_recipient(unit: NodeUnit, row: InboxRow, named: Sequence[str], event: RequestEvent) -> None:
    for consignment_id in dict.fromkeys(named):
        other = unit.inbox.get(row.sender, consignment_id, row.recipient)
        if other is not None and consignment_id != row.consignment_id:
            _ask(unit, other, event)


def _ask(unit: NodeUnit, row: InboxRow, event: RequestEvent) -> None:
    business = row.business.observe(event).state
    if business != row.business:
        unit.inbox.ask(row, business)


def _speaks_of(status: StatusRow, row: InboxRow, served: Collection[str]) -> bool:
    """Of this delivery; a 13 about a code that nobody here serves means whoever got its mail here."""
    asks_back = status.code == StatusCode.TAKE_BACK and status.sender == row.sender
    return asks_back and (status.about == row.recipient or status.about not in served)
