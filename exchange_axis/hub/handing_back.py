"""Handing back: a delivery that nobody will ever take ends now, on an operator's word, and its sender is told so.

Steps: (1) it waits here and is not under way; (2) the failure is sealed, as when its time is up, with the operator's
reason beside it, and so is the transfer record of those that go on waiting in its shipment; (3) one transaction, which
looks once more. Nothing is final: an operator can have it sent again (`resending`), and a handover that comes all the
same supersedes the failure (`domain.lifecycle`).

The evidence has codes only; what the operator wrote stays in the record of decisions here (design: what travels).
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import ClassVar

from exchange_axis.domain.evidence import Event
from exchange_axis.domain.lifecycle import DELIVERY, DeliveryEvent, DeliveryState
from exchange_axis.errors import AxisError
from exchange_axis.hub import amending, holding, home, taking_back
from exchange_axis.hub.desk import DeskResult
from exchange_axis.hub.hurrying import MOST, RetryNotWaiting, kept, note_act, require_waiting
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import desk, lives, mail
from schemas.gate.refusal import Refusal

HANDED_BACK = "delivery.handed-back"
"""First reason in the evidence; the second is why."""
AGAIN = 3
"""Looks at a delivery that moves while its failure is sealed."""


class Why(StrEnum):
    """Why an operator ends a delivery; the value is the second reason in the evidence."""

    GONE = "recipient.gone"
    """No system takes letters for the recipient any more."""
    WRONG = "recipient.wrong"
    ASKED = "sender.asked"
    OTHER = "operator.other"


class HandBackMoved(AxisError):
    code: ClassVar[str] = "retry.moved"
    vi: ClassVar[str] = "Lần giao cho {recipient} vừa thay đổi trong lúc trả lại"
    en: ClassVar[str] = "The delivery to {recipient} changed while it was being handed back"
    remedy_vi: ClassVar[str] = "Mở lại danh sách, xem tình trạng mới rồi quyết định"
    remedy_en: ClassVar[str] = "Open the list again, look at its state, then decide"


class HandingBack:
    def __init__(self, world: World) -> None:
        self._world = world

    def hand_back(self, wanted: desk.Wanted, why: Why, *, actor: str, note: str = "") -> tuple[DeskResult, ...]:
        """Deliveries that were named; each ends or is refused by itself. One that ended already is refused."""
        if not wanted.ids:
            return ()
        found = desk.named(wanted, MOST)
        rows = self._world.transactions.read(lambda connection: desk.find(connection, found))
        return tuple(self._one(row.delivery, why, actor=actor, note=note) for row in rows)

    def _one(self, row: mail.DeliveryRow, why: Why, *, actor: str, note: str) -> DeskResult:
        for _ in range(AGAIN):
            asked = self._world.transactions.read(lambda connection: self._look(connection, row))
            refusal = self._refusal(asked)
            if refusal is not None:
                return DeskResult.of(asked.delivery, refusal=refusal)
            if self._end(asked, why, actor=actor, note=note):
                return DeskResult.of(asked.delivery, changed=True)
        moved: Refusal = HandBackMoved(recipient=row.recipient)
        return DeskResult.of(row, refusal=moved)

    def _refusal(self, asked: taking_back.Asked) -> Refusal | None:
        """Only the hub that holds a delivery pronounces its failure (design: life of one letter)."""
        row = asked.delivery
        refusal = require_waiting(self._world, row, asked.shipment)
        local = amending.is_local(amending.peers_of(self._world, [row]), row)
        if refusal is None and not holding.is_held(row, asked.shipment, local=local):
            return RetryNotWaiting(recipient=row.recipient, state=row.state.value)
        return refusal

    def _look(self, connection: Connection, row: mail.DeliveryRow) -> taking_back.Asked:
        letter = mail.consignment_by_seq(connection, row.consignment)
        found = taking_back.look(connection, letter, row.recipient)
        if found is None:
            raise AssertionError("a delivery stays for ever")
        return found

    def _end(self, asked: taking_back.Asked, why: Why, *, actor: str, note: str) -> bool:
        """False: it moved meanwhile, and nothing was stored."""
        row, letter = asked.delivery, asked.letter
        effects = self._sealed(asked, why)
        details = {"recipient": row.recipient, "peer": row.peer, "why": why.value, "note": kept(note)}

        def work(connection: Connection) -> bool:
            mail.lock_letter(connection, letter.sender, letter.consignment_id)
            if not taking_back.is_as_seen(connection, asked):
                return False
            amending.apply(connection, self._world, effects)
            subject = letter.consignment_id
            note_act(connection, self._world, actor, action="delivery.hand-back", subject=subject, details=details)
            return True

        return self._world.transactions.run(work)

    def _sealed(self, asked: taking_back.Asked, why: Why) -> amending.Effects:
        row, world = asked.delivery, self._world
        known = amending.peers_of(world, [row])
        local = amending.is_local(known, row)
        said = world.issuer.evidence(
            Event.CONTENT_HANDOVER_FAILURE if row.state is DeliveryState.CONSIGNED else Event.RELAY_FAILURE,
            holding.subject_of(asked.letter, row.recipient),
            reasons=[HANDED_BACK, why.value],
            previous=row.last_evidence or asked.letter.acceptance,
        )
        news = home.prepare(
            world,
            known[row.upstream],
            consignment_id=row.consignment_id,
            recipient=row.recipient,
            documents=[said.document],
        )
        state = DELIVERY.after(row.state, DeliveryEvent.FAILED)
        after = replace(row, state=state, last_evidence=said.value.id, changed_at=said.value.recorded_at)
        return amending.Effects(
            changes=(lives.Changed(before=row, after=after),),
            evidence=(said,),
            posted=(news,),
            shipments=() if row.shipment is None else ((row.shipment, local),),
            resealed=taking_back.resealed(world, asked, local=local),
        )
