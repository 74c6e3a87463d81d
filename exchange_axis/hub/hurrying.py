"""Retry now: what waits for its next try need not wait any longer, on an operator's word.

Rules of this file:
1. No state changes: a shipment that waits goes on waiting, but from now. What is under way is left alone.
2. Who hurried what, and why, is noted; where nothing waited any more, nothing is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.lifecycle import ShipmentState
from exchange_axis.errors import AxisError
from exchange_axis.hub.desk import DeskResult
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import desk, mail, queue, records
from schemas.gate.refusal import Refusal

NOTE_LENGTH = 500
"""Characters of an operator's reason that are kept."""
RETRIED = "delivery.retry-now"
MOST = 1_000
"""Deliveries that one call hurries by name."""


class RetryNotWaiting(AxisError):
    code: ClassVar[str] = "retry.not-waiting"
    vi: ClassVar[str] = "Lần giao cho {recipient} không còn chờ ở trục này ({state})"
    en: ClassVar[str] = "The delivery to {recipient} does not wait at this hub any more ({state})"
    remedy_vi: ClassVar[str] = "Đã thất bại thì dùng: axis hub resend; đã giao thì không cần làm gì"
    remedy_en: ClassVar[str] = "If it failed, use: axis hub resend; if it was delivered there is nothing to do"


class RetryUnderWay(AxisError):
    code: ClassVar[str] = "retry.under-way"
    vi: ClassVar[str] = "Lần giao cho {recipient} đang trên đường tới {peer}"
    en: ClassVar[str] = "The delivery to {recipient} is on its way to {peer} at this moment"
    remedy_vi: ClassVar[str] = "Chờ bên kia trả lời, hoặc hết lượt mượn (một phút), rồi làm lại"
    remedy_en: ClassVar[str] = "Wait for the answer, or until its lease is over (a minute), then do it again"


class Hurrying:
    def __init__(self, world: World) -> None:
        self._world = world

    def hurry(self, wanted: desk.Wanted, *, actor: str, note: str = "") -> tuple[DeskResult, ...]:
        """Deliveries that were named; each is hurried or refused by itself, and one that is due already stays so."""
        if not wanted.ids:
            return ()
        found = desk.named(wanted, MOST)
        rows = self._world.transactions.read(lambda connection: desk.find(connection, found))
        return tuple(self._one(row.delivery, actor=actor, note=note) for row in rows)

    def hurry_lane(self, lane: Lane, *, peer: str | None = None, actor: str, note: str = "") -> int:
        """All that waits in a lane, or of it for one peer; returns how many shipments had to wait till now."""
        at = self._world.issuer.now()

        def work(connection: Connection) -> int:
            count = queue.hurry_lane(connection, lane, at, peer=peer)
            if count:
                details = {"count": count, "peer": peer, "note": kept(note)}
                note_act(connection, self._world, actor, action=RETRIED, subject=f"lane:{lane.value}", details=details)
            return count

        return self._world.transactions.run(work)

    def _one(self, row: mail.DeliveryRow, *, actor: str, note: str) -> DeskResult:
        at = self._world.issuer.now()

        def work(connection: Connection) -> tuple[Refusal | None, bool]:
            shipment = None if row.shipment is None else mail.shipment(connection, row.shipment, lock=True)
            refusal = require_waiting(self._world, row, shipment)
            if refusal is not None or shipment is None:
                return refusal, False
            if not queue.hurry(connection, shipment.id, at):
                return None, False  # it is due already: a second click
            details = {"peer": row.peer, "recipient": row.recipient, "error": shipment.last_error, "note": kept(note)}
            note_act(connection, self._world, actor, action=RETRIED, subject=row.consignment_id, details=details)
            return None, True

        refusal, changed = self._world.transactions.run(work)
        return DeskResult.of(row, refusal=refusal, changed=changed)


def require_waiting(world: World, row: mail.DeliveryRow, shipment: mail.ShipmentRow | None) -> Refusal | None:
    """Why an operator cannot put his hand on it now; None: it waits here, and nobody has it on the line."""
    if shipment is None or not desk.is_waiting(row, shipment):
        return RetryNotWaiting(recipient=row.recipient, state=row.state.value)
    lent = shipment.state is ShipmentState.LEASED and shipment.leased_until is not None
    if lent and shipment.leased_until is not None and shipment.leased_until > world.issuer.now():
        return RetryUnderWay(recipient=row.recipient, peer=row.peer)
    return None


def note_act(
    connection: Connection, world: World, actor: str, *, action: str, subject: str, details: Mapping[str, object]
) -> None:
    """An operator's act on the retry desk becomes a decision; what was not said is left out."""
    text = json.dumps({name: value for name, value in details.items() if value}, ensure_ascii=False)
    records.decide(connection, at=world.issuer.now(), actor=actor, action=action, subject=subject, details=text)


def kept(note: str) -> str:
    return " ".join(note.split())[:NOTE_LENGTH]
