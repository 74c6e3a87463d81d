"""Receiving: a delivered letter becomes durable here, and "handed over" is said once for each of its recipients.

Steps of `take`:
(1) judge the container by its papers (`arrivals`);
(2) make the container durable; seal one status 01 for each recipient that has no inbox row yet;
(3) one transaction: inbox rows, the documents beside them, the status rows that say so, and what the letter asks about
    others or others ask about it (`asking`).
The agent then pushes the statuses like any consignment. A letter offered again gets no second row; its stored status is
sent again, byte for byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from exchange_axis.domain.lifecycle import StatusCode
from exchange_axis.errors import ConsignmentErased
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.node import asking
from exchange_axis.node.arrivals import Arrival, Judge, Papers
from exchange_axis.node.errors import ArrivalConflict
from exchange_axis.node.hub_words import first_question
from exchange_axis.node.recording import evidence_row
from exchange_axis.node.statuses import Saying, StatusWriter
from exchange_axis.node.world import NodeWorld
from exchange_axis.ports import OfferedShipment, name_of
from exchange_axis.store.node.rows import InboxRow, OutboxRow
from exchange_axis.store.node.unit import NodeUnit
from schemas.gate.refusal import Refusal

BLOB_STORED = declare("node.inbox.blob-stored", "a received container is durable, no inbox row names it")
BEFORE_COMMIT = declare("node.inbox.before-commit", "inbox and status rows are written, not committed")
COMMITTED = declare("node.inbox.committed", "the letter is in the inbox, its handover is queued, nobody has been told")


class Receiver:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world
        self._judge = Judge(world)
        self._statuses = StatusWriter(world)

    def seen(self, shipment: OfferedShipment) -> bool:
        """True if all of it is here already; its statuses are then queued once more, as they were.

        Raises:
            ArrivalConflict: the same id was received with other bytes.
            ConsignmentErased: it was here, and was destroyed by decision.
        """
        at = self._world.now()

        def work(unit: NodeUnit) -> bool:
            rows = _stored(unit, shipment)
            if unit.disposals.is_erased(shipment.sender, shipment.consignment_id):
                raise ConsignmentErased(consignment_id=shipment.consignment_id)
            if any(row is None for row in rows):
                return False
            for recipient in shipment.recipients:
                for status in unit.outbox.statuses(shipment.sender, shipment.consignment_id, recipient):
                    if status.status_code == StatusCode.ARRIVED.value:
                        unit.outbox.repeat(status.consignment_id, at)
            return True

        return self._world.store.run(work)

    def target(self, shipment: OfferedShipment) -> Path:
        """Where the container is downloaded to; what an earlier try left there is continued."""
        return self._world.settings.staging / f"fetch-{shipment.container_sha256}.part"

    def check(self, shipment: OfferedShipment) -> Papers:
        """What can be judged before a byte is fetched; raises as `Judge.papers`."""
        return self._judge.papers(shipment)

    def take(self, shipment: OfferedShipment, papers: Papers, path: Path) -> int:
        """As `_take`, in the letter's trace."""
        with self._world.tracer.span("node.take", name_of(shipment)):
            return self._take(shipment, papers, path)

    def _take(self, shipment: OfferedShipment, papers: Papers, path: Path) -> int:
        """Store a downloaded shipment; the number of new inbox rows. The file is gone afterwards.

        Raises:
            Refusal: not what it says; the file is gone, nothing is stored.
            StoreUnavailable: our disk; the file stays for the next try.
        """
        try:
            arrival = self._judge.arrival(shipment, papers, path)
        except Refusal:
            path.unlink(missing_ok=True)
            raise
        self._world.blobs.put(path)
        failpoint(BLOB_STORED)
        known = self._world.store.read(lambda unit: _stored(unit, shipment))
        fresh = [row for row, earlier in zip(arrival.rows, known, strict=True) if earlier is None]
        letters = [(row, self._handover(row)) for row in fresh]
        count = self._world.store.run(lambda unit: self._record(unit, shipment, arrival, letters))
        failpoint(COMMITTED)
        path.unlink(missing_ok=True)
        return count

    def _handover(self, row: InboxRow) -> OutboxRow:
        saying = Saying(code=StatusCode.ARRIVED.value, actor=self._world.settings.node_id)
        return self._statuses.prepare(row, saying, at=row.received_at)

    def _record(
        self,
        unit: NodeUnit,
        shipment: OfferedShipment,
        arrival: Arrival,
        letters: Sequence[tuple[InboxRow, OutboxRow]],
    ) -> int:
        at, served = self._world.now(), self._world.settings.agencies
        judged = arrival.judged()
        for document in arrival.documents:
            unit.records.keep(document, trusted=document.sha256 in judged, at=at)
        acceptance = evidence_row(arrival.papers.acceptance, arrival.papers.acceptance_document, at=at)
        unit.records.add_evidence(acceptance)
        unit.contents.add(shipment.container_sha256, arrival.content)
        if arrival.files:
            ask_at = first_question(arrival.files, at)
            letter = shipment.consignment_id
            unit.files.add(shipment.container_sha256, arrival.files, consignment_id=letter, ask_at=ask_at)
        unit.contents.add_replaced(shipment.sender, shipment.consignment_id, arrival.replaced)
        count = 0
        for row, status in letters:
            if unit.inbox.get(row.sender, row.consignment_id, row.recipient) is None:
                arrived = replace(row, business=row.business.after(StatusCode.ARRIVED))
                unit.inbox.add(replace(arrived, business=asking.business_at_arrival(unit, arrived, served=served)))
                stored = unit.inbox.get(row.sender, row.consignment_id, row.recipient)
                if stored is not None:
                    asking.carry_out(unit, stored)
                unit.outbox.add(status)
                count += 1
        failpoint(BEFORE_COMMIT)
        return count


def _stored(unit: NodeUnit, shipment: OfferedShipment) -> list[InboxRow | None]:
    """The rows of this shipment's recipients.

    Raises:
        ArrivalConflict.
    """
    rows = [unit.inbox.get(shipment.sender, shipment.consignment_id, recipient) for recipient in shipment.recipients]
    for row in rows:
        if row is not None and row.container_sha256 != shipment.container_sha256:
            raise ArrivalConflict(consignment_id=shipment.consignment_id)
    return rows
