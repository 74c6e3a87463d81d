"""Making a checked letter this hub's own: deliveries, shipments, transfer records, evidence, in one transaction.

The same for a letter submitted here and for one that a hub peer relays; they differ only in who is answered how.
1. All is sealed before the transaction, which only stores, or finds it stored, or what was judged changed meanwhile.
2. A (sender, consignment id) is accepted once. The same bytes again change nothing; other bytes are a conflict.
3. A recipient who already has this document gets it no second time: its delivery ends as duplicate, with evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import partial

from exchange_axis.domain.consignment import ConsignmentClass, Lane
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.lifecycle import DELIVERY, DELIVERY_EVENTS, Business, DeliveryState, ShipmentState
from exchange_axis.domain.retry import expiry
from exchange_axis.domain.transfer import TransferRecord
from exchange_axis.errors import ConsignmentConflict, ConsignmentErased
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.hub import amending, home
from exchange_axis.hub.acceptance import Acceptance
from exchange_axis.hub.answers import verdict_of
from exchange_axis.hub.brought_proofs import want
from exchange_axis.hub.clockwork import timing_of
from exchange_axis.hub.duplicates import earlier_deliveries
from exchange_axis.hub.files import keep
from exchange_axis.hub.planning import Leg
from exchange_axis.hub.standing import note_acceptance
from exchange_axis.hub.trailing import note_words
from exchange_axis.hub.verdicts import keep_first
from exchange_axis.hub.world import World
from exchange_axis.pipeline.check import Checked
from exchange_axis.pipeline.issue import Sealed, SealedEvidence, Subject
from exchange_axis.ports import Document, DocumentKind
from exchange_axis.store import Connection
from exchange_axis.store.hub import disposals, mail, records, timing

STORED = declare("hub.accept.blob-stored", "the container is durable, nothing in the database names it yet")
COMMITTED = declare("hub.accept.committed", "the consignment is accepted, nobody has been told")

WAITING = frozenset({DeliveryState.QUEUED, DeliveryState.CONSIGNED})
"""States in which a delivery needs a shipment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    deliveries: tuple[mail.DeliveryRow, ...]
    shipments: tuple[mail.ShipmentRow, ...]
    transfers: tuple[Sealed, ...]
    evidence: tuple[SealedEvidence, ...]
    homeward: tuple[home.HomeItem, ...]
    effects: amending.Effects


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What others have stored, as it was when the acceptance was prepared."""

    earlier: Mapping[str, str]
    """Recipient → consignment id under which it already gets this very document."""
    life: amending.Life


class _Outcome(Enum):
    STORED = "stored"  # now, or before
    STALE = "stale"
    """Authority, routes or deliveries changed since they were judged."""
    OTHERS = "others"
    """Something was stored meanwhile that this one meets: the same document, a recall, an answer."""


def accept(world: World, acceptance: Acceptance) -> bool:
    """Store durably, or find that it is stored; False when authority and routes must be judged again first.

    Raises:
        ConsignmentConflict, ConsignmentErased: of these bytes nothing is kept.
        StoreUnavailable: not confirmed as durable; the same call may be made again.
    """
    seen = _look(world, acceptance.checked)
    world.blobs.put(acceptance.received.path)
    failpoint(STORED)
    try:
        while True:
            prepared = _prepare(world, acceptance, seen)
            outcome = world.transactions.run(partial(_store, world, acceptance, prepared, seen=seen))
            if outcome is not _Outcome.OTHERS:
                failpoint(COMMITTED)
                return outcome is _Outcome.STORED
            seen = _look(world, acceptance.checked)
    except (ConsignmentConflict, ConsignmentErased):
        # The id belongs to other bytes for ever, or they were erased: nobody can be accepting these.
        world.blobs.erase(acceptance.checked.container_sha256)
        raise


def require_unused(connection: Connection, checked: Checked) -> mail.ConsignmentRow | None:
    """The row of this very consignment, if it is stored.

    Raises:
        ConsignmentConflict, ConsignmentErased: its id was used for other bytes, or its content was destroyed.
    """
    known = mail.consignment(connection, checked.consignment.sender, checked.consignment.id)
    if known is not None and known.container_sha256 != checked.container_sha256:
        raise ConsignmentConflict(where="consignment.xml", consignment_id=checked.consignment.id)
    if known is not None and disposals.is_without_content(connection, known.seq):
        raise ConsignmentErased(where="consignment.xml", consignment_id=known.consignment_id)
    return known


def _look(world: World, checked: Checked) -> _Seen:
    """Raises ConsignmentConflict."""

    def work(connection: Connection) -> _Seen:
        require_unused(connection, checked)
        return _Seen(earlier=earlier_deliveries(connection, checked), life=amending.look(connection, checked))

    return world.transactions.read(work)


def _prepare(world: World, acceptance: Acceptance, seen: _Seen) -> _Prepared:
    """Route the legs into shipments and seal what each of them needs."""
    checked, at = acceptance.checked, world.issuer.now()
    evidence: list[SealedEvidence] = []
    deliveries: list[mail.DeliveryRow] = []
    homeward: list[home.HomeItem] = []
    groups: dict[str, list[Leg]] = {}
    taken, life = dict(seen.earlier), seen.life
    for leg in acceptance.legs:
        duplicate = taken.get(leg.final) if leg.local and life.recall is None else None
        said = _first_evidence(world, acceptance, leg, duplicate=duplicate, recall=life.recall)
        evidence.extend(said)
        row = _delivery(acceptance, leg, at=at, evidence=said, business=life.business_of(leg.code))
        if row.state in WAITING:
            groups.setdefault(leg.peer, []).append(leg)
            if leg.local:
                taken[leg.final] = checked.consignment.id
        deliveries.append(row)
        if said:
            homeward.append(_news(world, acceptance, leg.code, said))
    shipments, transfers = _shipments(world, acceptance, groups, lane=_lane(acceptance, life))
    by_peer = {shipment.peer: shipment.id for shipment in shipments}
    return _Prepared(
        deliveries=tuple(
            replace(row, shipment=by_peer[row.peer]) if row.state in WAITING else row for row in deliveries
        ),
        shipments=shipments,
        transfers=transfers,
        evidence=(*acceptance.answers, *evidence),
        homeward=tuple(homeward),
        effects=amending.prepare(world, checked, life, {leg.code for leg in acceptance.legs}),
    )


def _lane(acceptance: Acceptance, life: amending.Life) -> Lane:
    """Of the queue here: the lane from hop to hop, or the one that an update lends."""
    signed = acceptance.checked.consignment.lane
    return life.lane if life.lane.rank < signed.rank else acceptance.carried


def _first_evidence(
    world: World, acceptance: Acceptance, leg: Leg, *, duplicate: str | None, recall: str | None
) -> tuple[SealedEvidence, ...]:
    """What is said at once about one recipient: withdrawn, else by the last hub redirect, duplicate, consigned."""
    about = replace(subject_of(acceptance.checked), recipients=(leg.code,), parts=())
    if recall is not None:
        return (amending.withdrawal(world, about, previous=acceptance.acceptance_id, recall=recall),)
    if not leg.local:
        return ()
    said = []
    previous = acceptance.acceptance_id
    if leg.final != leg.code:
        said.append(world.issuer.evidence(Event.REDIRECT, about, previous=previous, successor=leg.final))
        previous = said[-1].value.id
    if duplicate is not None:
        said.append(world.issuer.evidence(Event.DUPLICATE, about, previous=previous, successor=duplicate))
    else:
        said.append(world.issuer.evidence(Event.CONTENT_CONSIGNMENT, about, previous=previous))
    return tuple(said)


def _delivery(
    acceptance: Acceptance, leg: Leg, *, at: datetime, evidence: Sequence[SealedEvidence], business: Business
) -> mail.DeliveryRow:
    state = DeliveryState.QUEUED
    for one in evidence:
        state = DELIVERY.after(state, DELIVERY_EVENTS[one.value.event])
    return mail.DeliveryRow(
        consignment=0,
        consignment_id=acceptance.checked.consignment.id,
        recipient=leg.code,
        final_recipient=leg.final,
        peer=leg.peer,
        upstream=acceptance.upstream.id,
        shipment=None,
        state=state,
        business=business,
        last_evidence=evidence[-1].value.id if evidence else None,
        accepted_at=at,
        changed_at=at,
    )


def _news(world: World, acceptance: Acceptance, recipient: str, said: Sequence[SealedEvidence]) -> home.HomeItem:
    return home.prepare(
        world,
        acceptance.upstream,
        consignment_id=acceptance.checked.consignment.id,
        recipient=recipient,
        documents=[evidence.document for evidence in said],
    )


def _shipments(
    world: World, acceptance: Acceptance, groups: Mapping[str, Sequence[Leg]], *, lane: Lane
) -> tuple[tuple[mail.ShipmentRow, ...], tuple[Sealed, ...]]:
    """One shipment a link: the container crosses it once with the recipients beyond it."""
    consignment, at = acceptance.checked.consignment, world.issuer.now()
    shipments, transfers = [], []
    for peer, legs in groups.items():
        # Towards a node the receiving agency is named; between hubs the addressed code, which each hub resolves anew.
        recipients = tuple(dict.fromkeys(leg.final if leg.local else leg.code for leg in legs))
        sealed = world.issuer.transfer(
            TransferRecord(
                id=world.issuer.new_id(),
                hub=world.settings.id,
                peer=peer,
                at=at,
                consignment_id=consignment.id,
                container_sha256=acceptance.checked.container_sha256,
                recipients=recipients,
                lane=acceptance.carried,
                trace=acceptance.trace,
                acceptance_sha256=acceptance.acceptance.sha256,
                bindings=(acceptance.binding.sha256,),
            )
        )
        transfers.append(sealed)
        shipments.append(
            mail.ShipmentRow(
                id=world.issuer.new_id(),
                consignment=0,
                peer=peer,
                state=ShipmentState.QUEUED,
                lane=lane,
                sender=consignment.sender,
                transfer=sealed.document.sha256,
                due_at=at,
                attempts=0,
                fence=0,
                leased_until=None,
                last_error=None,
                # What comes after its expiry was sent again by an operator of the hub before: it has its time anew.
                expires_at=consignment.expires_at if consignment.expires_at > at else expiry(at),
            )
        )
    return tuple(shipments), tuple(transfers)


def _store(
    world: World, acceptance: Acceptance, prepared: _Prepared, connection: Connection, *, seen: _Seen
) -> _Outcome:
    """The transaction: look once more at all that was judged before it, then store."""
    checked = acceptance.checked
    consignment = checked.consignment
    if acceptance.relayed is not None:
        mail.lock_transfer(connection, acceptance.relayed)
    amending.lock(connection, checked, seen.life)
    mail.lock_letter(connection, consignment.sender, consignment.id, checked.document_key)
    known = require_unused(connection, checked)
    if _is_answered(connection, acceptance, known):
        return _Outcome.STORED
    held = () if known is None else mail.deliveries(connection, known.seq)
    overlap = {row.recipient for row in held} & {leg.code for leg in acceptance.legs}
    if overlap or records.newest_decision(connection) != acceptance.judged:
        return _Outcome.STALE
    now = _Seen(earlier=earlier_deliveries(connection, checked), life=amending.look(connection, checked, locked=True))
    if acceptance.amended not in {None, now.life.known}:
        return _Outcome.STALE
    if now != seen:
        return _Outcome.OTHERS
    seq = _add_consignment(connection, world, acceptance) if known is None else known.seq
    _keep_documents(connection, acceptance, prepared)
    home.store_evidence(connection, prepared.evidence, submitter=acceptance.upstream.id)
    for shipment in prepared.shipments:
        mail.add_shipment(connection, replace(shipment, consignment=seq))
    mail.add_deliveries(connection, [replace(row, consignment=seq) for row in prepared.deliveries])
    amending.apply(connection, world, prepared.effects, also=prepared.homeward)
    amending.lend_lane(connection, seen.life)
    if acceptance.relayed is not None:
        answers, at = [answer.document.sha256 for answer in acceptance.answers], world.issuer.now()
        records.wake(connection, consignment.id, at)
        records.add_relay_answers(connection, acceptance.relayed, peer=acceptance.upstream.id, answers=answers, at=at)
        # Another hub's acceptance has no entry in the log here: who brought it is asked for its issuer's proof.
        issuer, peer = acceptance.trace[0].hub, acceptance.upstream.id
        want(connection, sha256=acceptance.acceptance.sha256, consignment=seq, issuer=issuer, peer=peer, at=at)
    return _Outcome.STORED


def _add_consignment(connection: Connection, world: World, acceptance: Acceptance) -> int:
    row = _row(world, acceptance)
    seq = mail.add_consignment(connection, row)
    if acceptance.files is not None or any(leg.local for leg in acceptance.legs):
        keep(connection, seq, world, report=acceptance.files, checked=acceptance.checked)
    if acceptance.report is not None:
        keep_first(connection, world, seq, acceptance.report, named=acceptance.relayed is None)
    note_words(connection, seq, acceptance.checked, at=row.received_at)
    timing.add_timing(connection, seq, timing_of(acceptance.checked, accepted_at=acceptance.accepted_at))
    note_acceptance(connection, world, seq, acceptance.checked, at=acceptance.accepted_at, heard=acceptance.heard)
    return seq


def _is_answered(connection: Connection, acceptance: Acceptance, known: mail.ConsignmentRow | None) -> bool:
    """A submission is answered once its consignment is stored, a relay once its transfer record has answers."""
    if acceptance.relayed is None:
        return known is not None
    return records.relay_answers(connection, acceptance.relayed, acceptance.upstream.id) is not None


def _keep_documents(connection: Connection, acceptance: Acceptance, prepared: _Prepared) -> None:
    # An acceptance of ours is kept as evidence.
    beside = acceptance.transfers if acceptance.relayed is None else (acceptance.acceptance, *acceptance.transfers)
    kept = Document(kind=DocumentKind.BINDING, sha256=acceptance.binding.sha256, content=acceptance.binding.document)
    records.keep_documents(connection, (*beside, kept, *(sealed.document for sealed in prepared.transfers)))
    home.add_leaves(connection, "transfer", [sealed.leaf for sealed in prepared.transfers])


def _row(world: World, acceptance: Acceptance) -> mail.ConsignmentRow:
    checked = acceptance.checked
    consignment = checked.consignment
    documents = [acceptance.acceptance.sha256, acceptance.binding.sha256]
    return mail.ConsignmentRow(
        sender=consignment.sender,
        consignment_id=consignment.id,
        kind=ConsignmentClass.LETTER,
        container_sha256=checked.container_sha256,
        size=checked.size,
        lane=acceptance.carried,
        origin=consignment.origin,
        business_kind=None if checked.letter is None else checked.letter.kind,
        in_reply_to=consignment.in_reply_to,
        created_at=consignment.created_at,
        expires_at=consignment.expires_at,
        received_at=world.issuer.now(),
        upstream=acceptance.upstream.id,
        acceptance=acceptance.acceptance_id,
        document_key=checked.document_key,
        content_digest=checked.content_digest,
        title=checked.title,
        parts=checked.parts,
        verdict=verdict_of(acceptance.findings),
        documents=(*documents, *(transfer.sha256 for transfer in acceptance.transfers)),
    )


def subject_of(checked: Checked) -> Subject:
    return Subject(
        sender=checked.consignment.sender,
        recipients=checked.consignment.recipients,
        consignment_id=checked.consignment.id,
        container_sha256=checked.container_sha256,
        parts=checked.parts,
    )
