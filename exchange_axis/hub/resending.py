"""Having failed deliveries tried again, on an operator's word: who, when and which is noted with it.

Steps: (1) it failed here, it is not recalled, and the directory of today leads somewhere; (2) everything is sealed
anew: a transfer record, and for a local recipient ContentConsignment; (3) one transaction a letter, which looks once
more; (4) the letter has its whole time-to-live again.

Hubs on the way learn it from the ContentConsignment that follows the failure (`dispatch.observe`); the sender's node
goes on showing the failure until the handover, which supersedes it (`domain.lifecycle`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import DELIVERY, DeliveryEvent, DeliveryState, ShipmentState
from exchange_axis.domain.retry import expiry
from exchange_axis.errors import AxisError, ConsignmentErased
from exchange_axis.hub import authority, holding, home
from exchange_axis.hub.desk import owner_of
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.planning import Leg, plan
from exchange_axis.hub.world import World
from exchange_axis.pipeline.issue import Sealed, SealedEvidence
from exchange_axis.store import Connection
from exchange_axis.store.hub import desk, disposals, lives, mail, peers, records, trails
from exchange_axis.wire.evidence import read_evidence
from exchange_axis.wire.transfer import read_transfer
from schemas.gate.refusal import Refusal

MOST = 1_000
"""Deliveries that one call has tried again."""


class ResendElsewhere(AxisError):
    code: ClassVar[str] = "resend.elsewhere"
    vi: ClassVar[str] = "Lần giao cho {recipient} dừng ở {owner}, không phải ở trục này"
    en: ClassVar[str] = "The delivery to {recipient} ended at {owner}, not at this hub"
    remedy_vi: ClassVar[str] = "Đề nghị quản trị {owner} gửi lại"
    remedy_en: ClassVar[str] = "Ask the operator of {owner} to send it again"


class ResendRecalled(AxisError):
    code: ClassVar[str] = "resend.recalled"
    vi: ClassVar[str] = "Bên gửi đã thu hồi hoặc lấy lại văn bản; không gửi lại cho {recipient}"
    en: ClassVar[str] = "The sender has recalled the letter or taken it back; it is not sent to {recipient} again"


class ResendNotFailed(AxisError):
    code: ClassVar[str] = "resend.not-failed"
    vi: ClassVar[str] = "Lần giao cho {recipient} đang ở trạng thái {state}, không phải thất bại"
    en: ClassVar[str] = "The delivery to {recipient} is {state}, not failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resent:
    """What became of one delivery that was asked for."""

    id: int
    consignment_id: str
    recipient: str
    peer: str
    """Where it goes now; empty when it was refused."""
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """The failed deliveries of one letter towards one peer, sealed."""

    letter: mail.ConsignmentRow
    legs: tuple[tuple[mail.DeliveryRow, Leg], ...]
    transfer: Sealed
    shipment: mail.ShipmentRow
    reused: bool
    evidence: tuple[tuple[mail.DeliveryRow, tuple[SealedEvidence, ...]], ...]
    posted: tuple[home.HomeItem, ...]

    def results(self) -> tuple[Resent, ...]:
        return tuple(_resent(row, peer=leg.peer) for row, leg in self.legs)


class Resending:
    def __init__(self, world: World, directory: DirectoryService) -> None:
        self._world = world
        self._directory = directory

    def resend(self, wanted: desk.Wanted, *, actor: str) -> tuple[Resent, ...]:
        """Have deliveries tried again; each is done or refused by itself.

        Raises:
            StoreUnavailable.
        """
        named = bool(wanted.ids)
        states = tuple(DeliveryState) if named else (DeliveryState.FAILED,)
        found = replace(wanted, states=states, limit=MOST, offset=0)
        rows = self._world.transactions.read(lambda connection: desk.find(connection, found))
        by_letter: dict[int, list[mail.DeliveryRow]] = {}
        for row in rows:
            by_letter.setdefault(row.delivery.consignment, []).append(row.delivery)
        results: list[Resent] = []
        for letter, deliveries in by_letter.items():
            results += self._letter(letter, deliveries, actor=actor)
        return tuple(results)

    def _letter(self, seq: int, rows: Sequence[mail.DeliveryRow], *, actor: str) -> list[Resent]:
        letter, refused = self._world.transactions.read(lambda connection: self._judge(connection, seq, rows))
        results = [_resent(row, refusal=refused[row.seq]) for row in rows if row.seq in refused]
        routed, unrouted = self._route(letter, [row for row in rows if row.seq not in refused])
        results += [_resent(row, refusal=refusal) for row, refusal in unrouted]
        for peer, legs in routed.items():
            ready = self._prepare(letter, peer, legs)
            if self._world.transactions.run(lambda connection, one=ready: self._store(connection, one, actor)):  # type: ignore[misc]
                results += ready.results()
            else:
                results += self._moved(letter, [row for row, _ in legs])
        return results

    def _moved(self, letter: mail.ConsignmentRow, rows: Sequence[mail.DeliveryRow]) -> list[Resent]:
        """Deliveries that something happened to while they were being prepared."""
        current, refused = self._world.transactions.read(
            lambda connection: (
                {row.seq: row for row in mail.deliveries(connection, letter.seq)},
                self._judge(connection, letter.seq, mail.deliveries(connection, letter.seq))[1],
            )
        )
        return [
            _resent(
                row,
                refusal=refused.get(row.seq)
                or ResendNotFailed(recipient=row.recipient, state=current[row.seq].state.value),
            )
            for row in rows
        ]

    def _judge(
        self, connection: Connection, seq: int, rows: Sequence[mail.DeliveryRow]
    ) -> tuple[mail.ConsignmentRow, dict[int, Refusal]]:
        """The letter, and why each delivery that may not go again may not."""
        letter = mail.consignment_by_seq(connection, seq)
        recalled = _is_recalled(connection, letter)
        refused: dict[int, Refusal] = {}
        erased = disposals.is_without_content(connection, seq)
        for row in rows:
            refusal = self._refusal(connection, row, recalled=recalled)
            if erased:
                refusal = ConsignmentErased(consignment_id=letter.consignment_id)
            if refusal is not None:
                refused[row.seq] = refusal
        return letter, refused

    def _refusal(self, connection: Connection, row: mail.DeliveryRow, *, recalled: bool) -> Refusal | None:
        if recalled or row.state is DeliveryState.WITHDRAWN or row.business.is_frozen:
            return ResendRecalled(recipient=row.recipient)
        if row.state is not DeliveryState.FAILED:
            return ResendNotFailed(recipient=row.recipient, state=row.state.value)
        found = None if row.last_evidence is None else records.evidence(connection, row.last_evidence)
        evidence = None if found is None else read_evidence(found.document)
        owner = owner_of(evidence, here=self._world.settings.id, peer=row.peer)
        if owner != self._world.settings.id:
            return ResendElsewhere(recipient=row.recipient, owner=owner)
        return None

    def _route(
        self, letter: mail.ConsignmentRow, rows: Sequence[mail.DeliveryRow]
    ) -> tuple[Mapping[str, list[tuple[mail.DeliveryRow, Leg]]], list[tuple[mail.DeliveryRow, Refusal]]]:
        """By the directory of today: the cause may have been a wrong entry."""
        at = self._world.issuer.now()
        local = self._world.transactions.read(lambda connection: authority.local_nodes(connection, at))
        upstream = self._peer(letter.upstream)
        by_code = {row.recipient: row for row in rows}
        planned = plan(
            tuple(by_code),
            self._directory.of_ours(),
            settings=self._world.settings,
            on=day_of(at),
            local=local,
            came_from=None if upstream.kind == "node" else upstream.id,
        )
        routed: dict[str, list[tuple[mail.DeliveryRow, Leg]]] = {}
        for leg in planned.legs:
            routed.setdefault(leg.peer, []).append((by_code[leg.code], leg))
        return routed, [(by_code[code], refusal) for code, refusal in planned.refused]

    def _prepare(self, letter: mail.ConsignmentRow, peer: str, legs: Sequence[tuple[mail.DeliveryRow, Leg]]) -> _Ready:
        world, at = self._world, self._world.issuer.now()
        old, reused = self._old_shipment(peer, [row for row, _ in legs])
        (document,) = world.transactions.read(lambda connection: records.whole_documents(connection, [old.transfer]))
        recipients = tuple(dict.fromkeys(leg.final if leg.local else leg.code for _, leg in legs))
        record = replace(
            read_transfer(document.content), id=world.issuer.new_id(), peer=peer, at=at, recipients=recipients
        )
        transfer = world.issuer.transfer(record)
        shipment = replace(
            old,
            id=old.id if reused else world.issuer.new_id(),
            peer=peer,
            state=ShipmentState.QUEUED,
            transfer=transfer.document.sha256,
            due_at=at,
            attempts=0,
            fence=old.fence if reused else 0,
            leased_until=None,
            last_error=None,
            expires_at=max(letter.expires_at, expiry(at)),
        )
        said = tuple((row, self._say(letter, row, leg)) for row, leg in legs)
        posted = [self._news(row, evidence) for row, evidence in said if evidence]
        return _Ready(
            letter=letter,
            legs=tuple(legs),
            transfer=transfer,
            shipment=shipment,
            reused=reused,
            evidence=said,
            posted=tuple(posted),
        )

    def _old_shipment(self, peer: str, rows: Sequence[mail.DeliveryRow]) -> tuple[mail.ShipmentRow, bool]:
        """The shipment that failed, and whether it is the one to go again: the same peer, nobody else in it."""

        def work(connection: Connection) -> tuple[mail.ShipmentRow, bool]:
            old = mail.shipment(connection, rows[0].shipment or "")
            if old is None:
                raise AssertionError("a delivery that failed was on its way")
            inside = {row.seq for row in mail.shipment_deliveries(connection, old.id)}
            same = inside == {row.seq for row in rows}
            return old, same and old.peer == peer and old.state is ShipmentState.FAILED

        return self._world.transactions.read(work)

    def _say(self, letter: mail.ConsignmentRow, row: mail.DeliveryRow, leg: Leg) -> tuple[SealedEvidence, ...]:
        """For a recipient of ours: that the letter is available to its node again, and who receives if that changed."""
        if not leg.local:
            return ()
        issuer, about = self._world.issuer, holding.subject_of(letter, row.recipient)
        previous, said = row.last_evidence or letter.acceptance, []
        if leg.final != row.final_recipient:
            said.append(issuer.evidence(Event.REDIRECT, about, previous=previous, successor=leg.final))
            previous = said[-1].value.id
        said.append(issuer.evidence(Event.CONTENT_CONSIGNMENT, about, previous=previous))
        return tuple(said)

    def _news(self, row: mail.DeliveryRow, said: Sequence[SealedEvidence]) -> home.HomeItem:
        return home.prepare(
            self._world,
            self._peer(row.upstream),
            consignment_id=row.consignment_id,
            recipient=row.recipient,
            documents=[evidence.document for evidence in said],
        )

    def _store(self, connection: Connection, ready: _Ready, actor: str) -> bool:
        """Look once more, then store; False when a delivery moved, or the letter was recalled meanwhile."""
        letter, shipment = ready.letter, ready.shipment
        mail.lock_letter(connection, letter.sender, letter.consignment_id)
        if ready.reused:
            mail.shipment(connection, shipment.id, lock=True)
        current = {row.seq: row for row in mail.deliveries(connection, letter.seq)}
        unmoved = all(
            current[row.seq].state is DeliveryState.FAILED and current[row.seq].last_evidence == row.last_evidence
            for row, _ in ready.legs
        )
        if not unmoved or _is_recalled(connection, letter) or disposals.is_without_content(connection, letter.seq):
            return False
        self._requeue(connection, ready)
        at = self._world.issuer.now()
        again = [
            desk.Again(delivery=row.seq, final_recipient=leg.final, peer=leg.peer, shipment=shipment.id)
            for row, leg in ready.legs
        ]
        desk.try_again(connection, again, at)
        trails.look_again(connection, letter.seq)  # towards another hub no evidence says that it waits again
        for row, said in ready.evidence:
            if said:
                waiting = replace(row, state=DELIVERY.after(row.state, DeliveryEvent.RESENT))
                consigned = DELIVERY.after(waiting.state, DeliveryEvent.CONSIGNED)
                mail.move_delivery(connection, waiting, consigned, at=at, evidence=said[-1].value.id)
        home.store_evidence(connection, [evidence for _, said in ready.evidence for evidence in said])
        home.post(connection, self._world, ready.posted)
        details = json.dumps({"peer": shipment.peer, "recipients": [row.recipient for row, _ in ready.legs]})
        records.decide(
            connection, at=at, actor=actor, action="delivery.resend", subject=letter.consignment_id, details=details
        )
        return True

    def _requeue(self, connection: Connection, ready: _Ready) -> None:
        shipment = ready.shipment
        records.keep_documents(connection, [ready.transfer.document])
        home.add_leaves(connection, "transfer", [ready.transfer.leaf])
        if not ready.reused:
            mail.add_shipment(connection, shipment)
        elif not desk.requeue(
            connection,
            shipment.id,
            transfer=shipment.transfer,
            due_at=shipment.due_at,
            expires_at=shipment.expires_at,
        ):
            raise AssertionError("a locked shipment stays as it was read")

    def _peer(self, name: str) -> peers.PeerRow:
        row = self._world.transactions.read(lambda connection: peers.get(connection, name))
        if row is None:
            raise AssertionError("a peer that brought a letter has its row for ever")
        return row


def _is_recalled(connection: Connection, letter: mail.ConsignmentRow) -> bool:
    names = [letter.consignment_id]
    if letter.business_kind is BusinessKind.UPDATE and letter.in_reply_to is not None:
        names.append(letter.in_reply_to)  # a recall covers the letter and every update of it
    found = (one.kind for name in names for one in lives.followers(connection, letter.sender, name))
    return BusinessKind.REVOKE in found


def _resent(row: mail.DeliveryRow, *, peer: str = "", refusal: Refusal | None = None) -> Resent:
    return Resent(id=row.seq, consignment_id=row.consignment_id, recipient=row.recipient, peer=peer, refusal=refusal)
