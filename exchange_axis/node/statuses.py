"""Status consignments: what a node says about a letter it has, sealed with the node seal.

A status is prepared whole (container durable, row ready) before the transaction that makes its fact true, so that its
id and bytes are made once: a crash before the commit leaves nothing that anybody was told, one after it the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from exchange_axis.domain.consignment import Consignment, ConsignmentClass, Lane
from exchange_axis.domain.letter import Organ, ResponseFor, StaffInfo, StatusReport
from exchange_axis.domain.lifecycle import StatusCode
from exchange_axis.domain.tracing import letter_of
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Topic:
    """The letter that a status speaks of, as its own writer names it, and who says it to whom."""

    consignment_id: str
    sender: str
    """Of the letter."""
    about: str
    """The recipient whose delivery is meant."""
    speaker: str
    listener: str
    lane: Lane
    container_sha256: str
    subject: str
    response_for: ResponseFor
    opened_at: datetime | None = None


class StatusWriter:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world

    def prepare(self, letter: InboxRow, saying: Saying, *, at: datetime) -> OutboxRow:
        """Seal the status and store it durably; the returned row is the caller's to add with what it says.

        Raises:
            CheckFailed: the values do not fit a status.
        """
        topic = _Topic(
            consignment_id=letter.consignment_id,
            sender=letter.sender,
            about=letter.recipient,
            speaker=letter.recipient,
            listener=letter.sender,
            lane=letter.lane,
            container_sha256=letter.container_sha256,
            subject=letter.subject,
            response_for=_named(letter, letter.organ_id),
            opened_at=letter.opened_at if saying.code == StatusCode.CONSENTED.value else None,
        )
        return self._prepare(topic, saying, at)

    def prepare_take_back(self, letter: OutboxRow, recipient: str, saying: Saying, *, at: datetime) -> OutboxRow:
        """Status 13: the sender asks one recipient to give a letter back; as `prepare` otherwise."""
        topic = _Topic(
            consignment_id=letter.consignment_id,
            sender=letter.sender,
            about=recipient,
            speaker=letter.sender,
            listener=recipient,
            lane=letter.lane,
            container_sha256=letter.container_sha256,
            subject=letter.subject,
            # On the axis OrganId is here who is asked; number and id stay the issuer's.
            response_for=_named(letter, recipient),
        )
        return self._prepare(topic, saying, at)

    def _prepare(self, topic: _Topic, saying: Saying, at: datetime) -> OutboxRow:
        consignment = Consignment(
            id=self._world.rng.uuid(),
            kind=ConsignmentClass.STATUS,
            sender=topic.speaker,
            recipients=(topic.listener,),
            lane=topic.lane,
            created_at=at,
            expires_at=at + self._world.settings.status_time_to_live,
            in_reply_to=topic.consignment_id,
            opened_at=topic.opened_at,
        )
        with self._world.tracer.span("node.status", letter_of(consignment)):
            file = self._store(consignment, self._report(topic, saying, at))
        failpoint(BLOB_STORED)
        return _row(topic, saying, consignment, file)

    def _report(self, topic: _Topic, saying: Saying, at: datetime) -> StatusReport:
        name = self._world.settings.agencies.get(topic.speaker, "")
        return StatusReport(
            from_=Organ(id=topic.speaker, name=name),
            response_for=topic.response_for,
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


def _named(letter: InboxRow | OutboxRow, organ_id: str) -> ResponseFor:
    return ResponseFor(
        organ_id=organ_id,
        code=letter.title,
        promulgation_date=letter.document_date,
        document_id=letter.document_id,
    )


def _row(topic: _Topic, saying: Saying, consignment: Consignment, file: ContainerFile) -> OutboxRow:
    about = f"{topic.speaker}|{topic.sender}|{topic.consignment_id}|{saying.code}"
    named = topic.response_for
    return OutboxRow(
        consignment_id=consignment.id,
        kind=ConsignmentClass.STATUS,
        sender=topic.speaker,
        idempotency_key=f"status|{about}" if saying.code in _ONCE else None,
        fingerprint=file.sha256,
        title=named.code,
        document_id=named.document_id,
        subject=topic.subject,
        document_date=named.promulgation_date,
        lane=topic.lane,
        container_sha256=file.sha256,
        size=file.size,
        in_reply_to=topic.consignment_id,
        about=topic.about,
        letter_sender=topic.sender,
        letter_sha256=topic.container_sha256,
        stated_reason=saying.description or None,
        status_code=saying.code,
        actor=saying.actor,
        created_at=consignment.created_at,
        expires_at=consignment.expires_at,
        due_at=consignment.created_at,
    )
