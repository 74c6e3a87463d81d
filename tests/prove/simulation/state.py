"""Everything that is on the disks of a federation at rest, read once."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from exchange_axis.domain.evidence import Evidence
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.node.voices import hear_evidence
from exchange_axis.store import Connection
from exchange_axis.store.hub import tables as h
from exchange_axis.store.node.rows import AddresseeRow, AlarmRow, EvidenceRow, InboxRow, OutboxRow, OutboxState
from exchange_axis.store.node.unit import NodeUnit
from schemas.gate.refusal import Refusal
from tests.prove.simulation.world import Federation, HubPlace, NodePlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One hub's row of a delivery."""

    hub: str
    consignment_id: str
    recipient: str
    final_recipient: str
    peer: str
    state: str
    progress: str
    request: str

    @property
    def view(self) -> tuple[str, str, str]:
        return self.state, self.progress, self.request


@dataclass(frozen=True, slots=True, kw_only=True)
class AtNode:
    """A node's own records."""

    place: NodePlace
    outbox: tuple[OutboxRow, ...]
    """Letters and statuses."""
    addressees: dict[str, tuple[AddresseeRow, ...]]
    inbox: tuple[InboxRow, ...]
    evidence: tuple[tuple[EvidenceRow, Evidence | Refusal], ...]
    """Each row with what its bytes say when they are verified now."""
    alarms: tuple[AlarmRow, ...]

    def letters(self) -> list[OutboxRow]:
        return [row for row in self.outbox if row.status_code is None]

    def about(self, consignment_id: str) -> list[Evidence]:
        return [
            said for row, said in self.evidence if row.consignment_id == consignment_id and isinstance(said, Evidence)
        ]


class State:
    def __init__(self, federation: Federation) -> None:
        self.federation = federation
        self.nodes = {name: _at_node(place) for name, place in federation.nodes.items()}
        self.deliveries: dict[tuple[str, str], list[Delivery]] = defaultdict(list)
        for hub in federation.hubs.values():
            for delivery in _deliveries(hub):
                self.deliveries[delivery.consignment_id, delivery.recipient].append(delivery)
        self.received = {
            (row.sender, row.consignment_id, row.recipient): (node, row)
            for node in self.nodes.values()
            for row in node.inbox
        }
        self.sent = {row.consignment_id: (node, row) for node in self.nodes.values() for row in node.letters()}

    def covered(self, recall: OutboxRow) -> list[str]:
        """Ids of the letter that a recall names, and of its updates."""
        node, _ = self.sent[recall.consignment_id]
        return [
            row.consignment_id
            for row in node.letters()
            if recall.in_reply_to == row.root
            and row.business_kind is not BusinessKind.REVOKE
            and row.state is OutboxState.ACCEPTED
        ]


def bytes_of(place: NodePlace | HubPlace, sha256: str) -> bytes:
    world: Any = place.node.world if isinstance(place, NodePlace) else place.hub.world
    with world.blobs.open(sha256) as blob:
        return b"".join(blob.chunks())


def digest(state: State) -> str:
    """Of all states everywhere; ids and digests of what was signed included."""
    lines = [repr(delivery) for key in sorted(state.deliveries) for delivery in state.deliveries[key]]
    for node in state.nodes.values():
        lines += [f"{row.consignment_id} {row.container_sha256} {row.state}" for row in node.outbox]
        lines += [f"{row.id} {row.sha256} {row.event}" for row, _ in node.evidence]
        lines += [f"{row.consignment_id} {row.recipient} {row.business}" for row in node.inbox]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _at_node(place: NodePlace) -> AtNode:
    world = place.node.world

    def work(unit: NodeUnit) -> tuple[Any, ...]:
        letters = unit.outbox.letters(limit=None)
        inbox = unit.inbox.letters(limit=None)
        said = [
            status for row in inbox for status in unit.outbox.statuses(row.sender, row.consignment_id, row.recipient)
        ]
        asked = [one for row in letters for one in unit.outbox.take_backs(row.sender, row.consignment_id)]
        addressees = {row.consignment_id: unit.outbox.addressees(row.consignment_id) for row in letters}
        evidence = [(row, unit.records.document(row.sha256)) for row in unit.records.evidence()]
        return (*letters, *said, *asked), addressees, inbox, evidence, unit.records.alarms()

    outbox, addressees, inbox, evidence, alarms = world.store.read(work)
    at = world.now()
    judged: list[tuple[EvidenceRow, Evidence | Refusal]] = []
    for row, document in evidence:
        try:
            judged.append((row, hear_evidence(document, world, at=at)))
        except Refusal as refusal:
            judged.append((row, refusal))
    return AtNode(
        place=place,
        outbox=outbox,
        addressees=addressees,
        inbox=inbox,
        evidence=tuple(judged),
        alarms=alarms,
    )


def _deliveries(hub: HubPlace) -> list[Delivery]:
    d = h.delivery.c

    def work(connection: Connection) -> list[Delivery]:
        columns = (d.consignment_id, d.recipient, d.final_recipient, d.peer, d.state, d.progress, d.request)
        rows = connection.execute(select(*columns).order_by(d.seq))
        return [Delivery(hub=hub.name, **row._mapping) for row in rows]

    return hub.hub.world.transactions.read(work)
