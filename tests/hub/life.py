"""A hub with a sender and a receiver, spoken to in the words of a letter's life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.clock import SystemRng
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.hub.auditing import History
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.ports import Answer, DocumentKind, OfferedShipment
from exchange_axis.store import Connection
from exchange_axis.store.hub import mail, records
from exchange_axis.wire.evidence import read_evidence
from signing.xades import verify_enveloped_unanchored
from tests.hub.stand import HandClock, Peer, Stand, event_of, make_letter, make_status, take_back


def new_id() -> str:
    return SystemRng().uuid()


@dataclass
class Post:
    """One sender at one hub."""

    stand: Stand
    peer: Peer
    code: str
    folder: Path
    clock: HandClock

    def send(
        self,
        to: Sequence[str],
        *,
        kind: BusinessKind = BusinessKind.NEW,
        follows: str | None = None,
        letter: str | None = None,
        **more: object,
    ) -> str:
        """Make and submit a letter; returns its id."""
        self.submit(to, kind=kind, follows=follows, letter=letter or (name := new_id()), **more)
        return letter or name

    def submit(
        self, to: Sequence[str], *, letter: str, kind: BusinessKind, follows: str | None, **more: object
    ) -> Answer:
        made = make_letter(
            self.folder,
            self.peer,
            self.code,
            to,
            clock=self.clock,
            kind=kind,
            follows=follows,
            consignment_id=letter,
            **more,  # type: ignore[arg-type]
        )
        return self.stand.hub.intake.submit(self.peer.row, made)

    def recall(self, letter: str, to: Sequence[str]) -> str:
        return self.send(to, kind=BusinessKind.REVOKE, follows=letter, number="58")

    def take_back(self, letter: str, recipient: str, **more: object) -> Answer:
        made = take_back(
            self.folder,
            self.peer,
            letter,
            sender=self.code,
            recipient=recipient,
            clock=self.clock,
            **more,  # type: ignore[arg-type]
        )
        return self.stand.hub.intake.submit(self.peer.row, made)

    def history(self, letter: str) -> History:
        (found,) = self.stand.hub.auditing.history_for(self.peer.row, letter)
        return found

    def states(self, letter: str) -> dict[str, tuple[str, str]]:
        """State and request of each delivery, by recipient."""
        return {row.recipient: (row.state, row.request) for row in self.history(letter).deliveries}


@dataclass
class Desk:
    """One receiving node at one hub."""

    stand: Stand
    peer: Peer
    folder: Path
    clock: HandClock

    def lease(self) -> tuple[OfferedShipment, ...]:
        return self.stand.hub.dispatch.lease(self.peer.row.id, 10)

    def report(self, shipment: OfferedShipment, code: str, recipient: str, **more: object) -> list[str]:
        """Say a status; returns the events answered."""
        made = make_status(
            self.folder,
            self.peer,
            code,
            shipment,
            recipient=recipient,
            clock=self.clock,
            **more,  # type: ignore[arg-type]
        )
        return [event_of(one) for one in self.stand.hub.intake.submit(self.peer.row, made).documents]

    def content(self, shipment: OfferedShipment) -> None:
        self.stand.hub.dispatch.content(self.peer.row.id, shipment.id)


@dataclass(frozen=True)
class Told:
    """One piece of evidence in a peer's feed."""

    event: str
    recipient: str
    reasons: tuple[str, ...]
    successor: str | None
    verdicts: tuple[str, ...]


def told(stand: Stand, peer: str, letter: str) -> list[Told]:
    """What a peer's feed says about one letter."""

    def work(connection: Connection) -> list[Told]:
        found = []
        for entry in records.feed_after(connection, peer, 0, 1000):
            if entry.consignment_id == letter:
                for document in records.whole_documents(connection, [digest for _, digest in entry.documents]):
                    if document.kind is DocumentKind.EVIDENCE:
                        value = read_evidence(verify_enveloped_unanchored(document.content).root)
                        found.append(
                            Told(
                                event=value.event.short,
                                recipient=value.recipients[0],
                                reasons=value.reasons,
                                successor=value.successor,
                                verdicts=value.verdicts,
                            )
                        )
        return found

    return stand.hub.world.transactions.read(work)


def shipment_states(stand: Stand, letter: str) -> list[str]:
    def work(connection: Connection) -> list[str]:
        found = []
        for consignment in mail.consignments_by_id(connection, letter):
            for row in mail.deliveries(connection, consignment.seq):
                shipment = None if row.shipment is None else mail.shipment(connection, row.shipment)
                found.append("none" if shipment is None else shipment.state.value)
        return found

    return stand.hub.world.transactions.read(work)


def codes(refused: SubmissionRefused) -> set[str]:
    return {finding.code for finding in refused.findings}
