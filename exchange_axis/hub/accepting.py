"""Making a checked letter this hub's own: deliveries, shipments, transfer records, evidence, in one transaction.

The same for a letter submitted here and for one that a hub peer relays; they differ only in who is answered how.

1. Everything is sealed before the transaction; the transaction only stores, or finds that it was stored before, or
   that what was judged (permissions, directory, deliveries) is not so any more.
2. A (sender, consignment id) is accepted once. The same bytes again change nothing; other bytes are a conflict.
3. A recipient who already has this document gets it no second time: its delivery ends as duplicate, with evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import partial

from exchange_axis.domain.consignment import ConsignmentClass
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.lifecycle import (
    DELIVERY,
    Business,
    DeliveryEvent,
    DeliveryState,
    Progress,
    Request,
    ShipmentState,
)
from exchange_axis.domain.transfer import TraceEntry, TransferRecord
from exchange_axis.errors import ConsignmentConflict
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.hub import home
from exchange_axis.hub.answers import verdict_of
from exchange_axis.hub.authority import SealedBinding
from exchange_axis.hub.planning import Leg
from exchange_axis.hub.world import Received, World
from exchange_axis.pipeline.check import Checked
from exchange_axis.pipeline.issue import Sealed, SealedEvidence, Subject
from exchange_axis.ports import Document, DocumentKind
from exchange_axis.store import Connection
from exchange_axis.store.hub import mail, peers, records
from schemas.findings import Finding

STORED = declare("hub.accept.blob-stored", "the container is durable, nothing in the database names it yet")
COMMITTED = declare("hub.accept.committed", "the consignment is accepted, nobody has been told")

LIVE = frozenset({DeliveryState.QUEUED, DeliveryState.RELAYED, DeliveryState.CONSIGNED, DeliveryState.HANDED_OVER})
"""States of an earlier delivery that make a later one of the same document a duplicate (design: document key)."""
UNDONE = frozenset({Request.TAKE_BACK_ASKED, Request.RECALL_ASKED, Request.WITHDRAWN})
"""Requests of the sender after which the same document may be delivered again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What is needed to accept: the checked container and everything that travels beside it."""

    checked: Checked
    received: Received
    upstream: peers.PeerRow
    binding: SealedBinding
    acceptance: Document
    """The SubmissionAcceptance: ours, or the first hub's."""
    acceptance_id: str
    judged: int
    """The newest decision (directory, peers, permissions) when authority and routes were judged."""
    legs: tuple[Leg, ...]
    trace: tuple[TraceEntry, ...] = ()
    """Hops so far, the record that brought it here included."""
    transfers: tuple[Document, ...] = ()
    """The transfer records of the trace."""
    answers: tuple[SealedEvidence, ...] = ()
    """Evidence of ours that answers the peer: acceptance or relay evidence; stored and logged with the rest."""
    relayed: str | None = None
    """SHA-256 of the transfer record answered, for a relay."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    deliveries: tuple[mail.DeliveryRow, ...]
    shipments: tuple[mail.ShipmentRow, ...]
    transfers: tuple[Sealed, ...]
    evidence: tuple[SealedEvidence, ...]
    homeward: tuple[home.HomeItem, ...]


class _Outcome(Enum):
    STORED = "stored"
    """Now, or before."""
    STALE = "stale"
    """Authority, routes or deliveries changed since they were judged."""
    OTHERS = "others"
    """Somebody accepted the same document meanwhile."""


def accept(world: World, acceptance: Acceptance) -> bool:
    """Store durably, or find that it is stored; False when authority and routes must be judged again first.

    Raises:
        ConsignmentConflict: the id was used for other bytes; nothing of these is kept.
        StoreUnavailable: not confirmed as durable; the same call may be made again.
    """
    seen = _earlier(world, acceptance.checked)
    world.blobs.put(acceptance.received.path)
    failpoint(STORED)
    try:
        while True:
            prepared = _prepare(world, acceptance, seen)
            outcome = world.transactions.run(partial(_store, world, acceptance, prepared, seen=seen))
            if outcome is not _Outcome.OTHERS:
                failpoint(COMMITTED)
                return outcome is _Outcome.STORED
            seen = _earlier(world, acceptance.checked)
    except ConsignmentConflict:
        # The id belongs to other bytes for ever, so nobody can be accepting these.
        world.blobs.erase(acceptance.checked.container_sha256)
        raise


def require_unused(connection: Connection, checked: Checked) -> mail.ConsignmentRow | None:
    """The row of this very consignment, if it is stored.

    Raises:
        ConsignmentConflict: its id was used for other bytes.
    """
    known = mail.consignment(connection, checked.consignment.sender, checked.consignment.id)
    if known is not None and known.container_sha256 != checked.container_sha256:
        raise ConsignmentConflict(where="consignment.xml", consignment_id=checked.consignment.id)
    return known


def _earlier(world: World, checked: Checked) -> Mapping[str, str]:
    """Recipient → consignment id under which it already gets this very document. Raises ConsignmentConflict."""

    def work(connection: Connection) -> Mapping[str, str]:
        require_unused(connection, checked)
        return _earlier_deliveries(connection, checked)

    return world.transactions.read(work)


def _is_undone(business: Business) -> bool:
    return business.progress is Progress.REFUSED or business.request in UNDONE


def _earlier_deliveries(connection: Connection, checked: Checked) -> Mapping[str, str]:
    if checked.document_key is None:
        return {}
    found: dict[str, str] = {}
    for row in mail.consignments_by_key(connection, checked.document_key):
        if row.content_digest == checked.content_digest:
            for delivery in mail.deliveries(connection, row.seq):
                if delivery.state in LIVE and not _is_undone(delivery.business):
                    found.setdefault(delivery.final_recipient, row.consignment_id)
    return found


def _prepare(world: World, acceptance: Acceptance, seen: Mapping[str, str]) -> _Prepared:
    """Route the legs into shipments and seal what each of them needs."""
    checked, at = acceptance.checked, world.issuer.now()
    evidence: list[SealedEvidence] = []
    deliveries: list[mail.DeliveryRow] = []
    homeward: list[home.HomeItem] = []
    groups: dict[str, list[Leg]] = {}
    taken = dict(seen)
    for leg in acceptance.legs:
        duplicate = taken.get(leg.final) if leg.local else None
        said = _first_evidence(world, acceptance, leg, duplicate=duplicate)
        evidence.extend(said)
        if leg.local and duplicate is None:
            taken[leg.final] = checked.consignment.id
        if duplicate is None:
            groups.setdefault(leg.peer, []).append(leg)
        deliveries.append(_delivery(acceptance, leg, duplicate, at=at, evidence=said))
        if said:
            homeward.append(_news(world, acceptance, leg.code, said))
    shipments, transfers = _shipments(world, acceptance, groups, at=at)
    by_peer = {shipment.peer: shipment.id for shipment in shipments}
    return _Prepared(
        deliveries=tuple(
            replace(row, shipment=None if row.state is DeliveryState.DUPLICATE else by_peer[row.peer])
            for row in deliveries
        ),
        shipments=shipments,
        transfers=transfers,
        evidence=(*acceptance.answers, *evidence),
        homeward=tuple(homeward),
    )


def _first_evidence(
    world: World, acceptance: Acceptance, leg: Leg, *, duplicate: str | None
) -> tuple[SealedEvidence, ...]:
    """What the last hub says at once about one recipient: redirect, duplicate or ContentConsignment."""
    if not leg.local:
        return ()
    about = replace(subject_of(acceptance.checked), recipients=(leg.code,), parts=())
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
    acceptance: Acceptance, leg: Leg, duplicate: str | None, *, at: datetime, evidence: Sequence[SealedEvidence]
) -> mail.DeliveryRow:
    state = DeliveryState.QUEUED
    if duplicate is not None:
        state = DELIVERY.after(state, DeliveryEvent.DUPLICATE)
    elif leg.local:
        state = DELIVERY.after(state, DeliveryEvent.CONSIGNED)
    return mail.DeliveryRow(
        consignment=0,
        consignment_id=acceptance.checked.consignment.id,
        recipient=leg.code,
        final_recipient=leg.final,
        peer=leg.peer,
        upstream=acceptance.upstream.id,
        shipment=None,
        state=state,
        business=Business(),
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
    world: World, acceptance: Acceptance, groups: Mapping[str, Sequence[Leg]], *, at: datetime
) -> tuple[tuple[mail.ShipmentRow, ...], tuple[Sealed, ...]]:
    """One shipment a link: the container crosses it once with the recipients beyond it."""
    consignment = acceptance.checked.consignment
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
                lane=consignment.lane,
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
                lane=consignment.lane,
                sender=consignment.sender,
                transfer=sealed.document.sha256,
                due_at=at,
                attempts=0,
                fence=0,
                leased_until=None,
                last_error=None,
                expires_at=consignment.expires_at,
            )
        )
    return tuple(shipments), tuple(transfers)


def _store(
    world: World, acceptance: Acceptance, prepared: _Prepared, connection: Connection, *, seen: Mapping[str, str]
) -> _Outcome:
    """The transaction: look once more at all that was judged before it, then store."""
    checked = acceptance.checked
    consignment = checked.consignment
    if acceptance.relayed is not None:
        mail.lock_transfer(connection, acceptance.relayed)
    mail.lock_letter(connection, consignment.sender, consignment.id, checked.document_key)
    known = require_unused(connection, checked)
    if _is_answered(connection, acceptance, known):
        return _Outcome.STORED
    held = () if known is None else mail.deliveries(connection, known.seq)
    overlap = {row.recipient for row in held} & {leg.code for leg in acceptance.legs}
    if overlap or records.newest_decision(connection) != acceptance.judged:
        return _Outcome.STALE
    if _earlier_deliveries(connection, checked) != seen:
        return _Outcome.OTHERS
    seq = mail.add_consignment(connection, _row(world, acceptance)) if known is None else known.seq
    _keep_documents(connection, acceptance, prepared)
    store_evidence(connection, prepared.evidence, submitter=acceptance.upstream.id)
    for shipment in prepared.shipments:
        mail.add_shipment(connection, replace(shipment, consignment=seq))
    mail.add_deliveries(connection, [replace(row, consignment=seq) for row in prepared.deliveries])
    home.post(connection, world, prepared.homeward)
    if acceptance.relayed is not None:
        answers = [answer.document.sha256 for answer in acceptance.answers]
        at = world.issuer.now()
        records.add_relay_answers(connection, acceptance.relayed, peer=acceptance.upstream.id, answers=answers, at=at)
    return _Outcome.STORED


def _is_answered(connection: Connection, acceptance: Acceptance, known: mail.ConsignmentRow | None) -> bool:
    """A submission is answered once its consignment is stored, a relay once its transfer record has answers."""
    if acceptance.relayed is None:
        return known is not None
    return records.relay_answers(connection, acceptance.relayed, acceptance.upstream.id) is not None


def _keep_documents(connection: Connection, acceptance: Acceptance, prepared: _Prepared) -> None:
    # An acceptance of ours is kept as evidence.
    beside = acceptance.transfers if acceptance.relayed is None else (acceptance.acceptance, *acceptance.transfers)
    binding = acceptance.binding
    kept = Document(kind=DocumentKind.BINDING, sha256=binding.sha256, content=binding.document)
    records.keep_documents(connection, (*beside, kept, *(sealed.document for sealed in prepared.transfers)))
    home.add_leaves(connection, "transfer", [sealed.leaf for sealed in prepared.transfers])


def store_evidence(connection: Connection, said: Sequence[SealedEvidence], *, submitter: str | None = None) -> None:
    """Evidence of ours with its leaves: one row each, in the caller's transaction."""
    records.add_own(connection, [(one.value, one.document) for one in said], submitter=submitter)
    home.add_leaves(connection, "evidence", [one.leaf for one in said])


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
        lane=consignment.lane,
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
