"""Lists and details of outbox and inbox, as people and programs ask for them. Reading only.

`wire.plain` turns any of these into what JSON takes; keys, codes and times never change with language.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from exchange_axis.domain.notice import is_about_system
from exchange_axis.errors import NotFound
from exchange_axis.node.changes import changes_of
from exchange_axis.node.clocks import Clocks
from exchange_axis.node.hub_words import shown
from exchange_axis.node.lookup import find_letter
from exchange_axis.node.notices import told
from exchange_axis.node.shown import Addressee, Alarm, Details, Due, NodeStatus, ReceivedLine, SentLine
from exchange_axis.node.ties import (
    KINDS,
    Ties,
    cancelling,
    ties_of_received,
    ties_of_sent,
)
from exchange_axis.node.timeline import timeline
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.lines import PeerLine
from exchange_axis.store.node.rows import AddresseeRow, InboxRow, NoticeRow, OutboxRow, OutboxState
from exchange_axis.store.node.unit import NodeUnit


class Views:
    def __init__(self, world: NodeWorld, line: PeerLine, clocks: Clocks) -> None:
        self._world = world
        self._line = line
        self._clocks = clocks

    def sent(self, *, limit: int = 200, offset: int = 0) -> tuple[SentLine, ...]:
        """Newest first."""
        return self._world.store.read(
            lambda unit: self.sent_lines(unit, unit.outbox.letters(limit=limit, offset=offset))
        )

    def sent_lines(self, unit: NodeUnit, rows: Sequence[OutboxRow]) -> tuple[SentLine, ...]:
        """Part of the caller's reading."""
        ids = [row.consignment_id for row in rows]
        addressees, notices = unit.outbox.addressees_of(ids), unit.records.notices(*ids)
        ties, accepted = ties_of_sent(unit, rows), unit.clocks.accepted_at(ids)
        return tuple(
            self._sent(
                row,
                addressees.get(row.consignment_id, ()),
                ties[row.consignment_id],
                notices=notices,
                accepted_at=accepted.get(row.consignment_id),
            )
            for row in rows
        )

    def answer(self, consignment_id: str) -> str:
        """How a consignment made here stands with the hub: queued, accepted or refused. Raises NotFound."""
        row = self._world.store.read(lambda unit: unit.outbox.get(consignment_id))
        if row is None:
            raise NotFound(what=consignment_id)
        return row.state.value

    def received(
        self, *, agency: str | None = None, by_due: bool = False, limit: int = 200, offset: int = 0
    ) -> tuple[ReceivedLine, ...]:
        """Most urgent lane first, in a lane the newest first; or what is due first first."""
        self._clocks.count()

        def work(unit: NodeUnit) -> tuple[ReceivedLine, ...]:
            rows = unit.inbox.letters(recipient=agency, by_due=by_due, limit=limit, offset=offset)
            return received_lines(unit, rows, self._world.now())

        return self._world.store.read(work)

    def show(self, query: str) -> Details:
        """
        Raises:
            NotFound, Ambiguous.
        """
        self._clocks.count()
        return self._world.store.read(lambda unit: self._details(unit, find_letter(unit, query)))

    def evidence(self, evidence_id: str) -> tuple[bytes, bytes | None] | None:
        """The signed bytes of evidence and its log proof, as they came; None if it is not here."""

        def work(unit: NodeUnit) -> tuple[bytes, bytes | None] | None:
            row = unit.records.evidence_by_id(evidence_id)
            document = None if row is None else unit.records.document(row.sha256)
            return None if row is None or document is None else (document.content, row.proof)

        return self._world.store.read(work)

    def status(self) -> NodeStatus:
        settings = self._world.settings

        def work(unit: NodeUnit) -> NodeStatus:
            counts = {state: unit.outbox.count(state) for state in OutboxState}
            return NodeStatus(
                node=settings.node_id,
                hub=settings.hub_id,
                agencies=dict(settings.agencies),
                queued=counts[OutboxState.QUEUED],
                accepted=counts[OutboxState.ACCEPTED],
                refused=counts[OutboxState.REFUSED],
                feed_position=unit.records.feed_position(),
                directory_version=unit.records.directory_version(),
                line=self._line.view(),
                alarms=tuple(
                    Alarm(**{field.name: getattr(row, field.name) for field in fields(Alarm)})
                    for row in unit.records.alarms()
                ),
            )

        return self._world.store.read(work)

    def _sent(
        self,
        row: OutboxRow,
        addressees: Sequence[AddresseeRow],
        ties: Ties,
        *,
        notices: Sequence[NoticeRow],
        accepted_at: datetime | None,
    ) -> SentLine:
        own = (one for one in notices if one.consignment_id == row.consignment_id and is_about_system(one.code))
        last = {notice.recipient: notice for notice in own}
        return SentLine(
            consignment_id=row.consignment_id,
            sender=row.sender,
            title=row.title,
            subject=row.subject,
            lane=row.lane.value,
            state=row.state.value,
            queued_at=row.created_at,
            attempts=row.attempts,
            last_error=row.last_error,
            recipients=tuple(
                Addressee(
                    agency=addressee.recipient,
                    name=self._world.settings.agencies.get(addressee.recipient, ""),
                    delivery=addressee.state.value,
                    status=addressee.business.progress.value,
                    request=addressee.business.request.value,
                    redirected_to=addressee.redirected_to,
                    changed_at=addressee.changed_at,
                    notice=told(addressee, last.get(addressee.recipient)),
                )
                for addressee in addressees
            ),
            kind=KINDS[row.business_kind],
            stated_reason=row.stated_reason,
            about=ties.about,
            also_replaces=ties.also_replaces,
            followed_by=ties.followed_by,
            refused=ties.refused,
            redistributes=ties.redistributes,
            issue=self._clocks.issue(row, accepted_at).state.value,
        )

    def _details(self, unit: NodeUnit, consignment_id: str) -> Details:
        sent = unit.outbox.get(consignment_id)
        received = unit.inbox.of_consignment(consignment_id)
        row: OutboxRow | InboxRow = sent if sent is not None else received[0]
        addressees = () if sent is None else unit.outbox.addressees(consignment_id)
        ties = Ties() if sent is None else ties_of_sent(unit, [sent])[consignment_id]
        notices = unit.records.notices(consignment_id)
        accepted = unit.clocks.accepted_at([consignment_id]).get(consignment_id)
        return Details(
            consignment_id=consignment_id,
            title=row.title,
            document_id=row.document_id,
            subject=row.subject,
            container_sha256=row.container_sha256,
            size=row.size,
            sent=None if sent is None else self._sent(sent, addressees, ties, notices=notices, accepted_at=accepted),
            received=received_lines(unit, received, self._world.now()),
            problem=None if sent is None or sent.problem is None else json.loads(sent.problem),
            notes=tuple(json.loads(row.notes)),
            warnings=() if sent is None else tuple(json.loads(sent.warnings)),
            timeline=timeline(unit, consignment_id),
            files=shown(*unit.files.get(row.container_sha256)),
            changes=changes_of(unit, sent, received),
            cancelling=cancelling(unit, consignment_id, addressees),
        )


def received_lines(unit: NodeUnit, rows: Sequence[InboxRow], at: datetime) -> tuple[ReceivedLine, ...]:
    ties = ties_of_received(unit, rows)
    return tuple(_received_line(row, ties[row.seq], at) for row in rows)


def _received_line(row: InboxRow, ties: Ties, at: datetime) -> ReceivedLine:
    due = row.next_due
    return ReceivedLine(
        consignment_id=row.consignment_id,
        agency=row.recipient,
        sender=row.sender,
        sender_name=row.organ_name,
        title=row.title,
        subject=row.subject,
        document_date=row.document_date,
        due_date=row.due_date,
        due_at=row.due_at,
        lane=row.lane.value,
        origin=row.origin.value,
        received_at=row.received_at,
        status=row.business.progress.value,
        arrival_number=row.arrival_number,
        arrival_year=row.arrival_year,
        kind=KINDS[row.business_kind],
        stated_reason=row.stated_reason,
        request=row.business.request.value,
        frozen=row.business.is_frozen,
        about=ties.about,
        also_replaces=ties.also_replaces,
        followed_by=ties.followed_by,
        redistributed_by=ties.redistributed_by,
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        due=None if due is None else Due(clock=row.next_clock or "", at=due, overdue=at > due),
    )
