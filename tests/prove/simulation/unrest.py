"""What has still to happen before a simulation is at rest."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, select

from exchange_axis.hub.return_refusals import LetterNotHere
from exchange_axis.store import Connection
from exchange_axis.store.hub import tables as h
from exchange_axis.store.node.rows import OutboxState
from exchange_axis.store.node.unit import NodeUnit
from exchange_axis.wire.hub_json import load
from exchange_axis.wire.returns import read_return
from tests.prove.simulation.world import Federation


def left(federation: Federation) -> list[str]:
    found = []
    for hub in federation.hubs.values():
        found += [f"{hub.name}: {one}" for one in hub.hub.world.transactions.read(lambda c: list(_at_hub(c)))]
    for node in federation.nodes.values():
        found += [f"{node.name}: {one}" for one in node.node.world.store.read(lambda unit: list(_at_node(unit)))]
    return found


def _at_hub(connection: Connection) -> Iterator[str]:
    for row in connection.execute(select(h.shipment).where(h.shipment.c.state.in_(("queued", "leased")))):
        yield f"shipment {row.id[:8]} to {row.peer} {row.state} {row.last_error or ''}"
    for row in connection.execute(select(h.parked)):
        message = read_return(load(row.documents).documents()[0].content)
        about = and_(h.delivery.c.consignment_id == row.consignment_id, h.delivery.c.recipient == message.recipient)
        if row.reason != LetterNotHere.code or connection.execute(select(h.delivery.c.seq).where(about)).first():
            yield f"parked from {row.peer}: {row.reason}"  # else it asks back what was withdrawn on the way, or refused
    for row in connection.execute(select(h.peer).where(h.peer.c.feed_read < h.peer.c.feed_next - 1)):
        yield f"feed of {row.id} read to {row.feed_read} of {row.feed_next - 1}"
    for row in connection.execute(select(h.leaf).where(h.leaf.c.position.is_(None))):
        yield f"leaf {row.sha256[:8]} has no number"


def _at_node(unit: NodeUnit) -> Iterator[str]:
    queued = unit.outbox.count(OutboxState.QUEUED)
    if queued:
        yield f"{queued} consignments queued"
    for row in unit.records.evidence():
        if row.proof is None and row.proof_due_at is not None:
            yield f"evidence {row.id[:8]} has no proof"
    for owing in unit.inbox.owing():
        yield f"{owing.consignment_id[:8]} to {owing.recipient} owes an answer"
