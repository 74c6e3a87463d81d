"""Take-back (lấy lại, status 13): one delivery of a letter, asked back by its sender.

1. It is taken in at the first hub, from the sender's node, and answered with one evidence.
2. Where the letter still lies, the delivery ends there; the rest of its shipment goes on under a new transfer record.
3. Evidence and status container go on to the next peer in the message that otherwise carries news home, unless that
   peer was never lent the letter. It needs no lease, so it overtakes every letter (ADR 13).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from exchange_axis.domain.evidence import Event, Evidence
from exchange_axis.domain.lifecycle import RequestEvent
from exchange_axis.errors import AxisError
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.hub import amending, holding, home
from exchange_axis.hub.amending import Effects
from exchange_axis.hub.world import World
from exchange_axis.pipeline.issue import Sealed
from exchange_axis.ports import Document
from exchange_axis.store import Connection
from exchange_axis.store.hub import lives, mail, peers, records
from exchange_axis.wire.transfer import read_transfer

SEALED = declare("hub.take-back.sealed", "what a take-back does here is sealed, nothing is stored")


class TakeBackTooLate(AxisError):
    code: ClassVar[str] = "take-back.too-late"
    vi: ClassVar[str] = "Văn bản đã gửi quá {days} ngày nên không lấy lại được"
    en: ClassVar[str] = "The letter was sent more than {days} days ago and cannot be taken back"
    remedy_vi: ClassVar[str] = "Thu hồi bằng văn bản thu hồi, hoặc gửi văn bản thay thế"
    remedy_en: ClassVar[str] = "Recall it by a letter of recall, or send a replacement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The delivery asked back, as it was looked at."""

    letter: mail.ConsignmentRow
    delivery: mail.DeliveryRow
    shipment: mail.ShipmentRow | None
    together: tuple[mail.DeliveryRow, ...] = ()
    """All deliveries of its shipment."""


def require_in_time(letter: mail.ConsignmentRow, *, at: datetime, limit: timedelta) -> None:
    """Raises TakeBackTooLate."""
    if at > letter.received_at + limit:
        raise TakeBackTooLate(days=limit.days)


def look(connection: Connection, letter: mail.ConsignmentRow, recipient: str, *, locked: bool = False) -> Asked | None:
    """The delivery to a recipient as addressed; None: not here."""
    row = mail.delivery(connection, letter.seq, recipient)
    if row is None:
        return None
    if row.shipment is None:
        row = mail.delivery(connection, letter.seq, recipient, lock=locked) or row
        return Asked(letter=letter, delivery=row, shipment=None)
    shipment = mail.shipment(connection, row.shipment, lock=locked)
    together = mail.shipment_deliveries(connection, row.shipment, lock=locked)
    current = next(one for one in together if one.recipient == recipient)
    return Asked(letter=letter, delivery=current, shipment=shipment, together=together)


def is_as_seen(connection: Connection, asked: Asked) -> bool:
    """Hold its rows until the transaction ends; False if any of them is not as it was looked at."""
    return look(connection, asked.letter, asked.delivery.recipient, locked=True) == asked


def prepare(world: World, asked: Asked, said: Evidence, documents: Sequence[Document]) -> Effects:
    """Seal what it does here.

    Args:
        said: the first hub's evidence of the request.
        documents: that evidence, the status container and its binding, as they go on to the next peer.
    """
    row = asked.delivery
    known = amending.peers_of(world, [row])
    after = replace(
        row,
        business=row.business.observe(RequestEvent.TAKE_BACK).state,
        last_evidence=said.id,
        changed_at=said.recorded_at,
    )
    local = amending.is_local(known, row)
    if holding.is_held(row, asked.shipment, local=local):
        ended = world.issuer.evidence(
            Event.WITHDRAWN,
            holding.subject_of(asked.letter, row.recipient),
            reasons=[amending.TAKEN_BACK],
            previous=said.id,
            status_sha256=said.status_sha256,
        )
        effects = amending.withdrawn(world, after, ended, before=row, upstream=known[row.upstream], local=local)
        effects = replace(effects, resealed=resealed(world, asked, local=local))
    else:
        effects = Effects(changes=(lives.Changed(before=row, after=after),))
    if asked.shipment is not None and asked.shipment.attempts and row.peer in known:
        onward = _onward(world, known[row.peer], row, documents)
        effects = replace(effects, posted=(*effects.posted, onward))
    failpoint(SEALED)
    return effects


def _onward(world: World, peer: peers.PeerRow, row: mail.DeliveryRow, documents: Sequence[Document]) -> home.HomeItem:
    return home.prepare(world, peer, consignment_id=row.consignment_id, recipient=row.recipient, documents=documents)


def resealed(world: World, asked: Asked, *, local: bool) -> tuple[tuple[str, Sealed], ...]:
    """A transfer record without this recipient, for the others that still wait for the shipment."""
    shipment = asked.shipment
    left = [
        row for row in asked.together if row.seq != asked.delivery.seq and holding.is_held(row, shipment, local=local)
    ]
    if shipment is None or not left:
        return ()
    (document,) = world.transactions.read(lambda connection: records.whole_documents(connection, [shipment.transfer]))
    record = replace(
        read_transfer(document.content),
        id=world.issuer.new_id(),
        at=world.issuer.now(),
        recipients=holding.named_to_peer(left, local=local),
    )
    return ((shipment.id, world.issuer.transfer(record)),)
