"""Judging what a hub delivers: is this container what it says, for us, and sealed by who it says.

Steps, from less to more trusted:
(1) the documents beside the shipment: transfer record of our hub for us, acceptance, both about this container;
(2) the container: gate, members, signature, at the time at which a hub accepted it;
(3) the binding: a hub says that this seal may speak for this sender;
(4) the letter, read for the clerk. Its rules were the hubs' business; what our own reading remarks on is only noted.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from exchange_axis.domain.comparison import Content, content_of
from exchange_axis.domain.consignment import ConsignmentClass, Origin
from exchange_axis.domain.evidence import Event, Evidence
from exchange_axis.domain.letter import Letter
from exchange_axis.domain.transfer import KeyUse, TransferRecord
from exchange_axis.node.errors import ContainerAltered, SealNotBound, ShipmentNotOurs, ShipmentUntrusted
from exchange_axis.node.filing import Filing
from exchange_axis.node.voices import hear_binding, hear_evidence, hear_transfer
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.check import Proved, prove
from exchange_axis.ports import Document, DocumentKind, OfferedShipment
from exchange_axis.store.node.rows import InboxRow
from exchange_axis.wire.edxml import ReadLetter, read_letter
from schemas.rules import check_letter

_READ = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """The verified documents beside a shipment."""

    record: TransferRecord
    transfer_document: Document
    acceptance: Evidence
    acceptance_document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A letter that is what it says; not yet stored."""

    rows: tuple[InboxRow, ...]
    """One for each recipient served here."""
    papers: Papers
    content: Content
    """What other letters are compared with."""
    replaced: tuple[str, ...]
    """DocumentIds of what it replaces."""
    files: str
    """What was found in its attachments, as JSON; empty where nobody looks."""
    binding: str
    """SHA-256 of the binding that lets the seal speak for the sender."""
    documents: tuple[Document, ...]
    """All that travelled beside it."""

    def judged(self) -> frozenset[str]:
        """Digests of the documents that were verified; the rest is kept for the auditor, not believed."""
        papers = self.papers
        return frozenset({papers.transfer_document.sha256, papers.acceptance_document.sha256, self.binding})


class Judge:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world
        self._filing = Filing(world)

    def papers(self, shipment: OfferedShipment) -> Papers:
        """Step 1; needs no byte of the container.

        Raises:
            ShipmentNotOurs: a recipient is not served here.
            ShipmentUntrusted: the documents do not speak of this shipment.
            Refusal: of a signature, or of a document's form.
        """
        foreign = [code for code in shipment.recipients if code not in self._world.settings.agencies]
        if foreign or not shipment.recipients:
            raise ShipmentNotOurs(codes=", ".join(foreign) or "-")
        at = self._world.now()
        transfer = _first(shipment.documents, DocumentKind.TRANSFER)
        record = hear_transfer(transfer, self._world, at=at)
        self._fits(shipment, record)
        document = _named(shipment.documents, record.acceptance_sha256)
        acceptance = hear_evidence(document, self._world, at=at)
        _accepts(shipment, acceptance)
        return Papers(record=record, transfer_document=transfer, acceptance=acceptance, acceptance_document=document)

    def arrival(self, shipment: OfferedShipment, papers: Papers, path: Path) -> Arrival:
        """Steps 2 to 4 over the downloaded container.

        Raises:
            ContainerAltered, SealNotBound, ShipmentUntrusted.
            CheckFailed: findings of gate, container, signature or schema.
        """
        _require_digest(path, shipment)
        anchors, accepted_at = self._world.anchors(), papers.acceptance.recorded_at
        proved = prove(path, anchors=anchors, at=accepted_at)
        _agree(shipment, proved)
        binding = self._binding(shipment, proved, papers)
        read = read_letter(proved.document)
        notes = (*read.findings, *check_letter(read.normal, at=self._world.now()))
        described = json.dumps([note.as_dict() for note in notes], ensure_ascii=False)
        received_at = self._world.now()
        rows = tuple(
            _row(shipment, proved, read, recipient=recipient, at=received_at, notes=described)
            for recipient in shipment.recipients
        )
        return Arrival(
            rows=rows,
            papers=papers,
            content=content_of(read.letter, proved.parts),
            replaced=read.letter.replaced,
            files=self._filing.of_arrival(path, read.letter, proved.parts, accepted_at=accepted_at),
            binding=binding,
            documents=shipment.documents,
        )

    def _fits(self, shipment: OfferedShipment, record: TransferRecord) -> None:
        settings = self._world.settings
        facts = (
            ("hub", record.hub, settings.hub_id),
            ("peer", record.peer, settings.node_id),
            ("consignment", record.consignment_id, shipment.consignment_id),
            ("container", record.container_sha256, shipment.container_sha256),
            ("recipients", sorted(record.recipients), sorted(shipment.recipients)),
        )
        for name, found, expected in facts:
            if found != expected:
                raise ShipmentUntrusted(reason=f"transfer record, {name}: {found}")

    def _binding(self, shipment: OfferedShipment, proved: Proved, papers: Papers) -> str:
        """Digest of the binding that fits (design: keys). A letter under way outlives a change of seals."""
        use = KeyUse.AGENCY_SEAL if proved.consignment.origin is Origin.SIGNED else KeyUse.NODE_SEAL
        for sha256 in papers.record.bindings:
            document = _named(shipment.documents, sha256)
            binding = hear_binding(document, self._world, at=papers.acceptance.recorded_at)
            fits = binding.fingerprint == proved.signer.fingerprint and binding.use is use
            current = binding.valid_from <= papers.acceptance.recorded_at and proved.signing_time < binding.valid_to
            if fits and current and proved.consignment.sender in binding.codes:
                return sha256
        raise SealNotBound(where="META-INF/signatures0.xml", sender=proved.consignment.sender)


def digest_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_READ):
            digest.update(piece)
    return digest.hexdigest()


def _first(documents: tuple[Document, ...], kind: DocumentKind) -> Document:
    for document in documents:
        if document.kind is kind:
            return document
    raise ShipmentUntrusted(reason=f"no document of kind {kind.value}")


def _named(documents: tuple[Document, ...], sha256: str) -> Document:
    for document in documents:
        if document.sha256 == sha256:
            return document
    raise ShipmentUntrusted(reason=f"document {sha256} is missing")


def _accepts(shipment: OfferedShipment, acceptance: Evidence) -> None:
    about = (acceptance.event, acceptance.sender, acceptance.consignment_id, acceptance.container_sha256)
    expected = (Event.SUBMISSION_ACCEPTANCE, shipment.sender, shipment.consignment_id, shipment.container_sha256)
    if about != expected:
        raise ShipmentUntrusted(reason="the acceptance speaks of something else")


def _require_digest(path: Path, shipment: OfferedShipment) -> None:
    found = digest_of(path)
    if found != shipment.container_sha256:
        raise ContainerAltered(found=found, expected=shipment.container_sha256)


def _agree(shipment: OfferedShipment, proved: Proved) -> None:
    consignment = proved.consignment
    if consignment.kind is not ConsignmentClass.LETTER:
        raise ShipmentUntrusted(reason="the container holds no letter")
    if (consignment.id, consignment.sender) != (shipment.consignment_id, shipment.sender):
        raise ShipmentUntrusted(reason="consignment.xml names another consignment")


def _row(
    shipment: OfferedShipment, proved: Proved, read: ReadLetter, *, recipient: str, at: datetime, notes: str
) -> InboxRow:
    letter: Letter = read.letter
    return InboxRow(
        sender=proved.consignment.sender,
        consignment_id=proved.consignment.id,
        recipient=recipient,
        container_sha256=shipment.container_sha256,
        size=shipment.size,
        lane=proved.consignment.lane,
        origin=proved.consignment.origin,
        signer=proved.signer.subject,
        title=letter.code,
        document_id=letter.document_id,
        subject=letter.subject,
        document_date=letter.promulgation_date,
        business_kind=letter.kind,
        in_reply_to=proved.consignment.in_reply_to,
        made_at=proved.consignment.created_at,
        stated_reason=(letter.business.reason if letter.business is not None else "") or None,
        organ_id=letter.from_.id,
        organ_name=letter.from_.name,
        due_date=letter.due_date,
        due_at=letter.due_time,
        notes=notes,
        received_at=at,
    )
