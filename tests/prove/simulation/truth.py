"""What must be true when a federation has come to rest; each check gives what is wrong in words."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator

from exchange_axis.domain.evidence import FAILURES, Event, Evidence
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import FROZEN, DeliveryState, Progress, StatusCode
from exchange_axis.ledger.proof import verify_evidence_proof
from exchange_axis.node.errors import LetterFrozen
from exchange_axis.node.outbox import LocalReceipt
from exchange_axis.store.node.rows import AddresseeRow, OutboxRow, OutboxState
from schemas.gate.refusal import Refusal
from tests.prove.simulation.keys import log_signer
from tests.prove.simulation.state import AtNode, Delivery, State, bytes_of
from tests.prove.simulation.world import HOME

PLANNED = frozenset(
    {
        "consignment.expired",  # it lay on the line until its time was up
        "evidence.not-logged",  # the hub's sequencer stood still for minutes
        "hub.refused",
        "outbox.overdue",
        "shipment.altered",  # a download was spoiled
    }
)
"""Alarms that the faults of the simulation bring about."""
_ONCE = frozenset(
    {
        Event.SUBMISSION_ACCEPTANCE,
        Event.CONTENT_CONSIGNMENT,
        Event.CONTENT_HANDOVER,
        Event.DUPLICATE,
        Event.WITHDRAWN,
        Event.REFUSED,
        Event.ACCEPTED,
    }
)
_ENDS = {
    DeliveryState.FAILED: FAILURES,
    DeliveryState.DUPLICATE: frozenset({Event.DUPLICATE}),
    DeliveryState.WITHDRAWN: frozenset({Event.WITHDRAWN}),
}


def wrong(state: State, receipts: list[tuple[str, LocalReceipt]]) -> list[str]:
    checks = (_queued(state, receipts), _nothing_lost(state), _nothing_twice(state), _views_agree(state))
    more = (_recalled(state), _evidence(state), _said_once(state), _asked_again(state), _logged(state), _alarms(state))
    return [fault for check in (*checks, *more) for fault in check]


def _queued(state: State, receipts: list[tuple[str, LocalReceipt]]) -> Iterator[str]:
    """A local receipt is kept, and what it speaks of has had its answer."""
    for name, receipt in receipts:
        sent = state.sent.get(receipt.consignment_id)
        if sent is None or (sent[0].place.name, sent[1].container_sha256) != (name, receipt.container_sha256):
            yield f"{name}: the local receipt of {receipt.consignment_id[:8]} speaks of nothing"
    for node in state.nodes.values():
        for row in node.letters():
            events = {said.event for said in node.about(row.consignment_id)}
            expected = Event.SUBMISSION_ACCEPTANCE if row.state is OutboxState.ACCEPTED else Event.SUBMISSION_REJECTION
            if row.state is OutboxState.QUEUED or expected not in events:
                yield f"{node.place.name}: {row.consignment_id[:8]} is {row.state} without evidence of it"


def _nothing_lost(state: State) -> Iterator[str]:
    for node in state.nodes.values():
        for row in node.letters():
            if row.state is OutboxState.ACCEPTED:
                for addressee in node.addressees[row.consignment_id]:
                    fault = _arrival(state, node, row, addressee)
                    if fault:
                        yield f"{node.place.name}: {row.consignment_id[:8]} to {addressee.recipient}: {fault}"


def _arrival(state: State, node: AtNode, row: OutboxRow, addressee: AddresseeRow) -> str:
    """Empty if the recipient has it, or the sender has evidence of why not."""
    code = addressee.redirected_to or addressee.recipient
    found = state.received.get((row.sender, row.consignment_id, code))
    if addressee.state is DeliveryState.HANDED_OVER:
        if found is None:
            return "handed over, and not there"
        reader, inbox = found
        if bytes_of(reader.place, inbox.container_sha256) != bytes_of(node.place, row.container_sha256):
            return "other bytes there"
        return "" if reader.place.name == HOME[code] else f"came to {reader.place.name}"
    ends = _ENDS.get(addressee.state)
    if ends is None:
        return f"still {addressee.state}"
    said = [one for one in node.about(row.consignment_id) if addressee.recipient in one.recipients]
    if not any(one.event in ends for one in said):
        return f"{addressee.state} without evidence"
    stray = found is not None and not _comes_otherwise(node, row, addressee)
    return f"{addressee.state}, and it is there" if stray else ""


def _comes_otherwise(node: AtNode, row: OutboxRow, addressee: AddresseeRow) -> bool:
    """One reader may be addressed twice: by his own code, and by a closed one in whose place he receives."""
    code = addressee.redirected_to or addressee.recipient
    others = [one for one in node.addressees[row.consignment_id] if one.recipient != addressee.recipient]
    return any(one.state is DeliveryState.HANDED_OVER and code in {one.recipient, one.redirected_to} for one in others)


def _nothing_twice(state: State) -> Iterator[str]:
    """One document for one reader once, unless the earlier one was undone before the later one came."""
    shown: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for (sender, consignment_id, recipient), (node, row) in state.received.items():
        kind = row.business_kind
        if kind is BusinessKind.NEW and row.in_reply_to is None:
            undone = row.business.progress is Progress.REFUSED or row.business.request.value != "none"
            if not (undone or _undone_before(state, consignment_id, recipient)):
                same = state.sent[consignment_id][1].fingerprint
                shown[sender, same, recipient].append(f"{consignment_id[:8]} at {node.place.name}")
    for (sender, _, recipient), copies in shown.items():
        if len(copies) > 1:
            yield f"{recipient} is shown one document of {sender} in {', '.join(copies)}"


def _undone_before(state: State, consignment_id: str, recipient: str) -> bool:
    node, _ = state.sent[consignment_id]
    ended = FAILURES | {Event.WITHDRAWN, Event.TAKE_BACK, Event.REFUSED}
    return any(
        said.event in ended and _is_to(state, node, consignment_id, said, recipient)
        for said in node.about(consignment_id)
    )


def _is_to(state: State, node: AtNode, consignment_id: str, said: Evidence, recipient: str) -> bool:
    named = {
        addressee.recipient
        for addressee in node.addressees[consignment_id]
        if recipient in {addressee.recipient, addressee.redirected_to}
    }
    return bool(named & set(said.recipients))


def _views_agree(state: State) -> Iterator[str]:
    """Sender, every hub on the way and recipient say the same of a delivery."""
    for (consignment_id, recipient), rows in state.deliveries.items():
        node, letter = state.sent[consignment_id]
        name = f"{consignment_id[:8]} to {recipient}"
        addressee = next(one for one in node.addressees[consignment_id] if one.recipient == recipient)
        sender = (addressee.state.value, addressee.business.progress.value, addressee.business.request.value)
        views = {f"{node.place.name} (sender)": sender} | {row.hub: row.view for row in rows}
        found = state.received.get((letter.sender, consignment_id, addressee.redirected_to or recipient))
        if found is not None and addressee.state is DeliveryState.HANDED_OVER:
            business = found[1].business
            views["inbox"] = ("handed-over", business.progress.value, business.request.value)
        if len(set(views.values())) > 1 and not (_excused(sender, rows) or _is_open(node, letter, addressee, views)):
            yield f"{name}: " + "; ".join(f"{who} {' '.join(view)}" for who, view in views.items())


def _excused(sender: tuple[str, str, str], rows: list[Delivery]) -> bool:
    """A failure pronounced above stands, whatever ended the delivery below, unless that was handover."""
    states = {sender[0], *(row.state for row in rows)}
    return "failed" in states and "handed-over" not in states


def _is_open(node: AtNode, letter: OutboxRow, addressee: AddresseeRow, views: dict[str, tuple[str, str, str]]) -> bool:
    """Marks may differ where recall, update or replacement did not come to the recipient itself: whoever has seen it
    has the mark. What a replacement does to updates of the letter is not settled yet.
    """
    if _answer_is_ambiguous(node, letter, addressee.recipient):
        return len({view[0] for view in views.values()}) == 1
    if len({view[:2] for view in views.values()}) > 1:
        return False
    if letter.business_kind is BusinessKind.UPDATE and "replaced" in {view[2] for view in views.values()}:
        return True
    amendments = [one for one in node.letters() if one.in_reply_to in {letter.root, letter.consignment_id}]
    ends = [end for one in amendments for end in node.addressees[one.consignment_id]]
    mine = [end for end in ends if end.recipient == addressee.recipient]
    return len(mine) < len(amendments) or any(end.state is not DeliveryState.HANDED_OVER for end in mine)


def _answer_is_ambiguous(node: AtNode, letter: OutboxRow, recipient: str) -> bool:
    """A 15 or 16 does not say what it answers: where an update and something else were asked, hub and recipient may
    each take it for the answer to another question, for the questions may cross it on its way."""
    about = [one for one in node.outbox if one.in_reply_to in {letter.root, letter.consignment_id}]
    updates = [one for one in about if one.business_kind is BusinessKind.UPDATE]
    recalls = [one for one in about if one.business_kind is BusinessKind.REVOKE]
    asked = [one for one in about if one.status_code == StatusCode.TAKE_BACK and one.about == recipient]
    return bool(updates) and len([*updates, *recalls, *asked]) > 1


def _recalled(state: State) -> Iterator[str]:
    """A recalled letter is frozen at every node that has it and withdrawn wherever else it was."""
    for node in state.nodes.values():
        recalls = [row for row in node.letters() if row.business_kind is BusinessKind.REVOKE]
        for recall in recalls:
            if recall.state is OutboxState.ACCEPTED:
                for consignment_id in state.covered(recall):
                    yield from _frozen(state, consignment_id, recall)


def _frozen(state: State, consignment_id: str, recall: OutboxRow) -> Iterator[str]:
    for (_, named, recipient), (node, row) in state.received.items():
        if recipient == row.sender:
            continue  # sent to a closed agency whose successor is the sender: everybody may read its own letter
        if named == consignment_id and _asked(state, recall, recipient):
            if row.business.request not in FROZEN:
                yield f"{node.place.name}: {named[:8]} is recalled and {row.business.request} for {recipient}"
            try:
                node.place.node.reading.content(named, reader="mô phỏng", agency=recipient)
                yield f"{node.place.name}: {named[:8]} is recalled and can be read by {recipient}"
            except LetterFrozen:
                pass
    sender, _ = state.sent[consignment_id]
    for addressee in sender.addressees[consignment_id]:
        if addressee.state not in {DeliveryState.HANDED_OVER, *_ENDS}:
            yield f"{consignment_id[:8]} is recalled and {addressee.state} for {addressee.recipient}"


def _asked(state: State, recall: OutboxRow, recipient: str) -> bool:
    """Whether the recall itself could reach that recipient: what ended on its own way stops nobody there."""
    return (recall.sender, recall.consignment_id, recipient) in state.received


def _evidence(state: State) -> Iterator[str]:
    """What a sender has verifies, and leads back to the acceptance of its letter."""
    for node in state.nodes.values():
        known = {row.id: said for row, said in node.evidence}
        for row, said in node.evidence:
            name = f"{node.place.name}: {row.event.short} {row.id[:8]} of {row.consignment_id[:8]}"
            if isinstance(said, Refusal):
                yield f"{name}: {said}"
            elif row.consignment_id in node.addressees and said.event is not Event.SUBMISSION_REJECTION:
                fault = _chain(said, known)
                if fault:
                    yield f"{name}: {fault}"


def _said_once(state: State) -> Iterator[str]:
    """What happens once in the life of a delivery is attested once."""
    for node in state.nodes.values():
        for row in node.letters():
            said = Counter(
                (one.event.short, recipient)
                for one in node.about(row.consignment_id)
                for recipient in one.recipients
                if one.event in _ONCE
            )
            for (event, recipient), count in said.items():
                if count > 1:
                    yield f"{node.place.name}: {event} of {row.consignment_id[:8]} to {recipient} is said {count} times"


def _chain(said: Evidence, known: dict[str, Evidence | Refusal]) -> str:
    passed = [said.event.short]
    current = said
    while current.event is not Event.SUBMISSION_ACCEPTANCE:
        before = None if current.previous is None else known.get(current.previous)
        if not isinstance(before, Evidence) or len(passed) > len(known):
            return f"its chain ends: {' < '.join(passed)}"
        if (before.sender, before.consignment_id) != (said.sender, said.consignment_id):
            return f"its chain leads to {before.consignment_id[:8]}"
        passed.append(before.event.short)
        current = before
    return ""


def _asked_again(state: State) -> Iterator[str]:
    """Whoever hands in the same bytes again gets the same receipt."""
    for node in state.nodes.values():
        hub = state.federation.hubs[node.place.home]
        kept = {said.id: row.sha256 for row, said in node.evidence if isinstance(said, Evidence)}
        for row in node.outbox:
            if row.state is not OutboxState.ACCEPTED:
                continue
            answer = hub.hub.intake.answer_before(node.place.name, row.container_sha256)
            digests = [] if answer is None else [hashlib.sha256(one.content).hexdigest() for one in answer.documents]
            if not digests or not set(digests) <= set(kept.values()):
                said = f"{row.consignment_id[:8]} {row.status_code or ''}"
                yield f"{node.place.name}: {said} asked again got another receipt"


def _logged(state: State) -> Iterator[str]:
    for hub in state.federation.hubs.values():
        try:
            hub.hub.log.verify()
        except Refusal as refusal:
            yield f"{hub.name}: log: {refusal}"
    for node in state.nodes.values():
        key = log_signer(node.place.home).verifier
        for row, _ in node.evidence:
            try:
                verify_evidence_proof(row.proof or b"", bytes.fromhex(row.sha256), key)
            except Refusal as refusal:
                if row.proof_due_at is not None or row.proof is not None:
                    yield f"{node.place.name}: {row.event.short} {row.id[:8]} is not proved: {refusal}"


def _alarms(state: State) -> Iterator[str]:
    for node in state.nodes.values():
        for alarm in node.alarms:
            if alarm.code not in PLANNED:
                yield f"{node.place.name}: alarm {alarm.code} about {alarm.subject}: {alarm.en}"
