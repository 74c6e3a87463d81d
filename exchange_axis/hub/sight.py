"""What one asker sees of a consignment: a sender all, a recipient its own delivery, a hub what passed through it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from exchange_axis.domain.evidence import Event
from exchange_axis.hub import authority
from exchange_axis.store import Connection
from exchange_axis.store.hub import mail, peers, records


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What one asker sees of a consignment."""

    deliveries: tuple[mail.DeliveryRow, ...]
    whole: bool
    """The sender's side: all deliveries and the verdict report."""
    voices: frozenset[str]
    """Peers whose part in this consignment is real; what others provoked in its name is not about it."""
    upstream: str

    def shows(self, row: records.EvidenceRow) -> bool:
        if row.event is Event.SUBMISSION_REJECTION:
            return self.whole and row.submitter == self.upstream
        if row.own and row.submitter is not None and row.submitter not in self.voices:
            return False
        named = {delivery.recipient for delivery in self.deliveries}
        return self.whole or row.recipient is None or row.recipient in named


def sight_of_peer(connection: Connection, row: mail.ConsignmentRow, peer: peers.PeerRow, at: datetime) -> Sight | None:
    """None when nothing of it is the peer's business."""
    whole = row.upstream == peer.id or (
        peer.kind == "node" and row.sender in authority.acting_for(connection, peer.id, at)
    )
    sight = whole_sight(connection, row)
    if whole:
        return sight
    mine = tuple(delivery for delivery in sight.deliveries if peer.id in {delivery.peer, delivery.upstream})
    return _part(sight, mine)


def whole_sight(connection: Connection, row: mail.ConsignmentRow) -> Sight:
    deliveries = mail.deliveries(connection, row.seq)
    voices = {row.upstream} | {name for delivery in deliveries for name in (delivery.upstream, delivery.peer)}
    return Sight(deliveries=deliveries, whole=True, voices=frozenset(voices), upstream=row.upstream)


def sight_of_territory(connection: Connection, row: mail.ConsignmentRow, codes: frozenset[str]) -> Sight | None:
    """All of what these agencies sent, of other letters their own deliveries; None when nothing is theirs."""
    sight = whole_sight(connection, row)
    if row.sender in codes:
        return sight
    mine = tuple(one for one in sight.deliveries if codes & {one.recipient, one.final_recipient})
    return _part(sight, mine)


def sight_of_agency(connection: Connection, row: mail.ConsignmentRow, agency: str) -> Sight | None:
    """What an agency may see by its code alone; None when nothing of it is that agency's business."""
    return sight_of_territory(connection, row, frozenset({agency}))


def _part(sight: Sight, mine: tuple[mail.DeliveryRow, ...]) -> Sight | None:
    return replace(sight, deliveries=mine, whole=False) if mine else None
