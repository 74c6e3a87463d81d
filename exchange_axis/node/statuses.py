"""Status consignments: what a node says about a letter it has, sealed with the node seal.

A status is prepared whole (container durable, row ready) before the transaction that makes its fact true, so that its
id and bytes are made once: a crash before the commit leaves nothing that anybody was told, one after it the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from exchange_axis.domain.consignment import Consignment, ConsignmentClass
from exchange_axis.domain.letter import Organ, ResponseFor, StaffInfo, StatusReport
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.rows import InboxRow, OutboxRow
from exchange_axis.wire.consignment import write_consignment
from exchange_axis.wire.container import ContainerFile, write_container
from exchange_axis.wire.status import write_status
from signing.container import sign_members

BLOB_STORED = declare("node.status.blob-stored", "a status container is durable, no outbox row names it")

_ONCE = frozenset({"01", "02", "03"})
"""Statuses that are said once about a letter; the database sees to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What is said, and by whom."""

    code: str
    actor: str
    """The clerk; for 01 the node itself."""
    description: str = ""


class StatusWriter:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world

    def prepare(self, letter: InboxRow, saying: Saying, *, at: datetime) -> OutboxRow:
        """Seal the status and store it durably; the returned row is the caller's to add with what it says.

        Raises:
            CheckFailed: the values do not fit a status.
        """
        consignment = Consignment(
            id=self._world.rng.uuid(),
            kind=ConsignmentClass.STATUS,
            sender=letter.recipient,
            recipients=(letter.sender,),
            lane=letter.lane,
            created_at=at,
            expires_at=at + self._world.settings.status_time_to_live,
            in_reply_to=letter.consignment_id,
        )
        file = self._store(consignment, self._report(letter, saying, at))
        failpoint(BLOB_STORED)
        return _row(letter, saying, consignment, file)

    def _report(self, letter: InboxRow, saying: Saying, at: datetime) -> StatusReport:
        name = self._world.settings.agencies.get(letter.recipient, "")
        return StatusReport(
            from_=Organ(id=letter.recipient, name=name),
            response_for=ResponseFor(
                organ_id=letter.organ_id,
                code=letter.title,
                promulgation_date=letter.document_date,
                document_id=letter.document_id,
            ),
            staff=StaffInfo(staff=saying.actor),
            code=saying.code,
            description=saying.description,
            timestamp=at.replace(microsecond=0),
        )

    def _store(self, consignment: Consignment, report: StatusReport) -> ContainerFile:
        path = self._world.settings.staging / f"status-{consignment.id}.asice"
        seal, at = self._world.node_seal, consignment.created_at
        try:
            file = write_container(
                path,
                consignment=write_consignment(consignment),
                document_name="status.edxml",
                document=write_status(report),
                attachments=(),
                sign=lambda members: sign_members(members, seal, at=at),
            )
            self._world.blobs.put(path)
        finally:
            path.unlink(missing_ok=True)
        return file


def _row(letter: InboxRow, saying: Saying, consignment: Consignment, file: ContainerFile) -> OutboxRow:
    about = f"{letter.recipient}|{letter.sender}|{letter.consignment_id}|{saying.code}"
    return OutboxRow(
        consignment_id=consignment.id,
        kind=ConsignmentClass.STATUS,
        sender=letter.recipient,
        idempotency_key=f"status|{about}" if saying.code in _ONCE else None,
        fingerprint=file.sha256,
        title=letter.title,
        document_id=letter.document_id,
        subject=letter.subject,
        document_date=letter.document_date,
        lane=letter.lane,
        container_sha256=file.sha256,
        size=file.size,
        in_reply_to=letter.consignment_id,
        letter_sender=letter.sender,
        letter_sha256=letter.container_sha256,
        status_code=saying.code,
        actor=saying.actor,
        created_at=consignment.created_at,
        expires_at=consignment.expires_at,
        due_at=consignment.created_at,
    )
