"""Dossiers of a node: what this agency itself can prove of a letter that it sent or received, under the node's seal.

Rules of this file:
1. A node that serves many agencies cuts to the one that asks: its own letter whole, of a received one its own delivery.
2. Taking the content out is reading it: the first opening is noted before the first byte is handed out.
3. The hub's dossier proves more (`node.hub_dossiers`) and is handed out where it can be had; our own where it cannot.
4. A received letter that was recalled or taken back goes without content; its evidence stays.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from exchange_axis.domain.dossier import WHOLE, Content, IssuerKind, LetterEntry, MadeBy, MemberKind
from exchange_axis.errors import NotFound
from exchange_axis.node.directory import DirectoryCopy
from exchange_axis.node.errors import HubDossierUnfit, LetterFrozen
from exchange_axis.node.hub_dossiers import fetch_from_hub
from exchange_axis.node.lookup import find_letter
from exchange_axis.node.reading import Reading
from exchange_axis.node.voices import hear_binding, hear_transfer
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.certificate import certificate
from exchange_axis.pipeline.dossier import DossierWriter, Heading, Packed, Workshop
from exchange_axis.pipeline.dossier_pack import LetterFiles, Packer, Printer, Proved, small_copy
from exchange_axis.pipeline.issue import as_document
from exchange_axis.pipeline.story import sealed_by
from exchange_axis.ports import DocumentKind
from exchange_axis.store.errors import BlobError
from exchange_axis.store.node.rows import EvidenceRow, InboxRow, OutboxRow
from exchange_axis.store.node.unit import NodeUnit
from schemas.gate.refusal import Refusal
from signing.xades import sign_enveloped

log = logging.getLogger("axis.dossiers")

STATUS_MAX = 4 * 1024 * 1024
"""Bytes of a status container; ours have some 5,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the store has of one letter, cut to the reader."""

    consignment_id: str
    letter: OutboxRow | InboxRow
    sent: bool
    evidence: tuple[Proved, ...]
    statuses: tuple[str, ...]
    """Digests of containers, which are documents or blobs."""
    transfers: tuple[bytes, ...]
    bindings: tuple[bytes, ...]
    """All that this node was given, of whomever."""
    recipients: tuple[str, ...]


class NodeDossiers:
    def __init__(
        self,
        world: NodeWorld,
        reading: Reading,
        directory: DirectoryCopy,
        *,
        printer: Printer | None = certificate,
    ) -> None:
        self._world = world
        self._reading = reading
        self._directory = directory
        self._printer = printer

    def write(self, query: str, *, agency: str | None, reader: str, made_by: MadeBy = MadeBy.ANY) -> Packed:
        """
        Args:
            agency: the agency here that asks; None: whoever runs the node, for all that it holds.
            made_by: the hub's where it can be had, by default.

        Raises:
            NotFound, Ambiguous: of the query, also where nothing of the letter is that agency's.
            HubUnreachable, HubRefused, HubDossierUnfit: only where nothing but the hub's was wanted.
        """
        known = self._world.store.read(lambda unit: _known(unit, query, agency))
        content = self._content(known, agency, reader)
        if made_by is MadeBy.NODE:
            return self._own(known, content, query=query, scope=agency or WHOLE)
        try:
            if not self._may_have_all(known, agency):
                raise HubDossierUnfit(what=str(agency))
            return fetch_from_hub(self._world, known.consignment_id, known.letter.container_sha256, content=content)
        except Refusal as refusal:
            if made_by is MadeBy.HUB:
                raise
            log.info("dossier.own code=%s %s", refusal.code, refusal)
        return self._own(known, content, query=query, scope=agency or WHOLE)

    def _may_have_all(self, known: _Known, agency: str | None) -> bool:
        """Whether what the hub gives this node is that agency's."""
        alone = self._world.within_codes is None and len(self._world.settings.agencies) == 1
        return alone or agency is None or (known.sent and known.letter.sender == agency)

    def _own(self, known: _Known, content: Content, *, query: str, scope: str) -> Packed:
        at = self._world.now()
        heading = Heading(
            id=self._world.rng.uuid(),
            issuer=self._world.settings.node_id,
            issuer_kind=IssuerKind.NODE,
            at=at,
            query=query,
            scope=scope,
        )
        files = self._files(known, content)

        def fill(writer: DossierWriter) -> tuple[LetterEntry, ...]:
            packer = Packer(writer=writer, issuer=heading.issuer, at=at, printer=self._printer)
            return (packer.pack(files, 1),)

        return self._workshop().make(heading, fill)

    def _workshop(self) -> Workshop:
        world = self._world
        return Workshop(
            staging=world.settings.staging,
            seal=lambda xml, at: sign_enveloped(xml, world.node_seal, at=at),
            anchors=lambda: world.anchors().certificates,
            keys=world.logs,
            back=self._back,
        )

    def _back(self, writer: DossierWriter) -> None:
        """What the node holds beside its letters: the hub's newest checkpoint, revocation lists, the trust list."""
        for seen in self._world.store.read(lambda unit: unit.logs.every()):
            writer.checkpoint(seen.note)
        for content in self._world.trust.book.held(self._world.anchors()):
            writer.add(MemberKind.REVOCATION, f"{hashlib.sha256(content).hexdigest()[:32]}.crl", content)
        held = self._world.held_list()
        if held is not None:
            writer.add(MemberKind.TRUST_LIST, "trust-list.xml", held.document)

    def _content(self, known: _Known, agency: str | None, reader: str) -> Content:
        if not self._world.blobs.has(known.letter.container_sha256):
            return Content.GONE
        if known.sent:
            return Content.HELD
        try:
            self._reading.content(known.consignment_id, reader=reader, agency=agency)
        except LetterFrozen:
            return Content.FROZEN
        return Content.HELD

    def _files(self, known: _Known, content: Content) -> LetterFiles:
        letter = known.letter

        def chunks() -> Iterator[bytes]:
            with self._world.blobs.open(letter.container_sha256) as blob:
                yield from blob.chunks()

        codes = dict.fromkeys((letter.sender, *known.recipients))
        statuses = tuple(filter(None, map(self._status, known.statuses)))
        signers = {sealed_by(io.BytesIO(status)) for status in statuses}
        if content is Content.HELD:
            signers.add(self._signer(letter.container_sha256))
        return LetterFiles(
            sender=letter.sender,
            consignment_id=known.consignment_id,
            container_sha256=letter.container_sha256,
            title=letter.title,
            content=content,
            size=letter.size,
            container=chunks if content is Content.HELD else None,
            evidence=known.evidence,
            statuses=statuses,
            transfers=tuple(Proved(document=one) for one in known.transfers if self._is_of_a_hub(one)),
            bindings=tuple(Proved(document=one) for one in known.bindings if self._binds(one, signers)),
            names={code: self._directory.name_of(code) for code in codes},
        )

    def _status(self, sha256: str) -> bytes | None:
        """A status container, as a hub handed it over or as this node made it; None where it is no longer kept."""
        document = self._world.store.read(lambda unit: unit.records.document(sha256))
        if document is not None:
            return document.content
        try:
            with self._world.blobs.open(sha256) as blob:
                return blob.read_range(0, STATUS_MAX) if blob.size <= STATUS_MAX else None
        except BlobError:
            return None

    def _binds(self, binding: bytes, fingerprints: Container[str | None]) -> bool:
        document = as_document(DocumentKind.BINDING, binding)
        try:
            bound = hear_binding(document, self._world, at=self._world.now())
        except Refusal:
            return False
        return bound.fingerprint in fingerprints

    def _is_of_a_hub(self, transfer: bytes) -> bool:
        """By a hub that this node believes; the records of others are left out."""
        try:
            hear_transfer(as_document(DocumentKind.TRANSFER, transfer), self._world, at=self._world.now())
        except Refusal:
            return False
        return True

    def _signer(self, sha256: str) -> str | None:
        with self._world.blobs.open(sha256) as blob, small_copy(blob.chunks()) as file:
            return sealed_by(file)


def _known(unit: NodeUnit, query: str, agency: str | None) -> _Known:
    """
    Raises:
        NotFound, Ambiguous.
    """
    consignment_id = find_letter(unit, query)
    sent = unit.outbox.get(consignment_id)
    received = [row for row in unit.inbox.of_consignment(consignment_id) if agency in {None, row.recipient}]
    if sent is not None and agency in {None, sent.sender}:
        return _of_sent(unit, sent)
    if not received:
        raise NotFound(what=query)
    return _of_received(unit, received)


def _of_sent(unit: NodeUnit, letter: OutboxRow) -> _Known:
    rows = [row for row in unit.records.evidence(letter.consignment_id) if row.sender == letter.sender]
    said = [row.sha256 for row in unit.records.statuses(letter.consignment_id)]
    asked = [row.container_sha256 for row in unit.outbox.take_backs(letter.sender, letter.consignment_id)]
    return _Known(
        consignment_id=letter.consignment_id,
        letter=letter,
        sent=True,
        evidence=_proved(unit, rows),
        statuses=tuple(dict.fromkeys([*said, *asked, *_quoted(rows)])),
        transfers=(),
        bindings=unit.records.of_kind(DocumentKind.BINDING),
        recipients=tuple(dict.fromkeys(code for row in rows for code in row.recipients)),
    )


def _of_received(unit: NodeUnit, received: Sequence[InboxRow]) -> _Known:
    letter, readers = received[0], {row.recipient for row in received}
    rows = [
        row
        for row in unit.records.evidence(letter.consignment_id)
        if row.sender == letter.sender and (len(row.recipients) != 1 or readers.issuperset(row.recipients))
    ]
    asked = [row.sha256 for row in unit.records.statuses(letter.consignment_id) if row.about in readers]
    said = [
        status.container_sha256
        for row in received
        for status in unit.outbox.statuses(row.sender, row.consignment_id, row.recipient)
    ]
    return _Known(
        consignment_id=letter.consignment_id,
        letter=letter,
        sent=False,
        evidence=_proved(unit, rows),
        statuses=tuple(dict.fromkeys([*asked, *said, *_quoted(rows)])),
        transfers=unit.records.of_kind(DocumentKind.TRANSFER, about=letter.consignment_id),
        bindings=unit.records.of_kind(DocumentKind.BINDING),
        recipients=tuple(readers),
    )


def _quoted(rows: Iterable[EvidenceRow]) -> Iterator[str]:
    """Statuses that evidence speaks of."""
    return (row.status_sha256 for row in rows if row.status_sha256 is not None)


def _proved(unit: NodeUnit, rows: Iterable[EvidenceRow]) -> tuple[Proved, ...]:
    found = ((unit.records.document(row.sha256), row.proof) for row in rows)
    return tuple(Proved(document=document.content, proof=proof) for document, proof in found if document is not None)
