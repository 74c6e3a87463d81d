"""Reading what happened: histories, evidence, and who may see them.

A sender sees all evidence of its consignment, a recipient that of its own delivery, a hub what passed through it;
the operator and the auditor at this hub see everything this hub holds (roles and scopes come with the console).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from exchange_axis.errors import NotFound
from exchange_axis.hub import authority
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import mail, peers, records


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    recipient: str
    final_recipient: str
    peer: str
    state: str
    business: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceView:
    id: str
    event: str
    issuer: str
    recipient: str | None
    recorded_at: datetime
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    consignment_id: str
    sender: str
    title: str | None
    lane: str
    container_sha256: str
    size: int
    received_at: datetime
    deliveries: tuple[DeliveryView, ...]
    evidence: tuple[EvidenceView, ...]
    findings: tuple[dict[str, object], ...]


class Auditing:
    def __init__(self, world: World) -> None:
        self._world = world

    def history(self, query: str) -> tuple[History, ...]:
        """Every letter that an id, its beginning, a container digest or a number/symbol names."""

        def work(connection: Connection) -> tuple[History, ...]:
            rows = mail.find_consignments(connection, query)
            return tuple(_history(connection, row) for row in rows if row.kind == "letter")

        return self._world.transactions.read(work)

    def history_for(self, peer: peers.PeerRow, consignment_id: str) -> tuple[History, ...]:
        """The same, cut to what this peer may see.

        Raises:
            NotFound: nothing by that id, or nothing for this peer.
        """
        at = self._world.issuer.now()

        def work(connection: Connection) -> tuple[History, ...]:
            codes = authority.acting_for(connection, peer.id, at)
            views = (
                _visible(_history(connection, row), peer, codes, row)
                for row in mail.consignments_by_id(connection, consignment_id)
                if row.kind == "letter"
            )
            return tuple(view for view in views if view is not None)

        found = self._world.transactions.read(work)
        if not found:
            raise NotFound(what=consignment_id)
        return found

    def evidence(self, peer: peers.PeerRow, evidence_id: str) -> records.EvidenceRow:
        """Raises NotFound, also for evidence of somebody else's."""
        row = self._world.transactions.read(lambda connection: records.evidence(connection, evidence_id))
        if row is None or not self._may_see(peer, row):
            raise NotFound(what=evidence_id)
        return row

    def document_digest(self, name: str) -> str:
        """SHA-256 of a logged document, given that digest or an evidence id. Raises NotFound."""
        if len(name) == 64:
            return name.lower()
        row = self._world.transactions.read(lambda connection: records.evidence(connection, name))
        if row is None:
            raise NotFound(what=name)
        return row.sha256

    def may_prove(self, peer: peers.PeerRow, sha256: str) -> bool:
        """May this peer have the log proof of that document?"""
        found = self._world.transactions.read(lambda connection: records.evidence_by_digest(connection, [sha256]))
        return sha256 in found and self._may_see(peer, found[sha256])

    def _may_see(self, peer: peers.PeerRow, row: records.EvidenceRow) -> bool:
        at = self._world.issuer.now()

        def work(connection: Connection) -> bool:
            if records.submitter(connection, row.id) == peer.id:
                return True
            consignment = mail.consignment(connection, row.sender, row.consignment_id)
            if consignment is None:
                return False
            deliveries = mail.deliveries(connection, consignment.seq)
            if consignment.upstream == peer.id or any(delivery.upstream == peer.id for delivery in deliveries):
                return True
            mine = [delivery for delivery in deliveries if delivery.peer == peer.id]
            if peer.kind != "node":
                return bool(mine)
            codes = authority.acting_for(connection, peer.id, at)
            named = {delivery.recipient for delivery in mine} | codes
            return bool(mine) and (row.recipient is None or row.recipient in named)

        return self._world.transactions.read(work)


def _history(connection: Connection, row: mail.ConsignmentRow) -> History:
    return History(
        consignment_id=row.consignment_id,
        sender=row.sender,
        title=row.title,
        lane=row.lane.value,
        container_sha256=row.container_sha256,
        size=row.size,
        received_at=row.received_at,
        deliveries=tuple(
            DeliveryView(
                recipient=delivery.recipient,
                final_recipient=delivery.final_recipient,
                peer=delivery.peer,
                state=delivery.state.value,
                business=delivery.business,
                changed_at=delivery.changed_at,
            )
            for delivery in mail.deliveries(connection, row.seq)
        ),
        evidence=tuple(
            EvidenceView(
                id=evidence.id,
                event=evidence.event.short,
                issuer=evidence.issuer,
                recipient=evidence.recipient,
                recorded_at=evidence.recorded_at,
                sha256=evidence.sha256,
            )
            for evidence in records.evidence_of(connection, row.consignment_id, row.sender)
        ),
        findings=tuple(json.loads(row.verdict)),
    )


def _visible(view: History, peer: peers.PeerRow, codes: Iterable[str], row: mail.ConsignmentRow) -> History | None:
    """What a peer may see of a history, None for nothing."""
    if row.upstream == peer.id or (peer.kind == "node" and view.sender in set(codes)):
        return view
    mine = tuple(delivery for delivery in view.deliveries if delivery.peer == peer.id)
    if not mine:
        return None
    names = {delivery.recipient for delivery in mine}
    return History(
        consignment_id=view.consignment_id,
        sender=view.sender,
        title=view.title,
        lane=view.lane,
        container_sha256=view.container_sha256,
        size=view.size,
        received_at=view.received_at,
        deliveries=mine,
        evidence=tuple(item for item in view.evidence if item.recipient is None or item.recipient in names),
        findings=(),
    )
