"""Dossiers: everything this hub holds about a letter, or about all letters that a query names, in one sealed archive.

Rules of this file:
1. A reader gets what `hub.sight` lets him see, and no other agency's mail: a recipient its own delivery, a sender all.
2. Recalled and taken back letters go without content; their evidence stays.
3. One letter is in memory at a time, its container never.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from exchange_axis.domain.disposal import Extent
from exchange_axis.domain.dossier import Content, IssuerKind, LetterEntry
from exchange_axis.errors import NotFound
from exchange_axis.hub import amending, standing
from exchange_axis.hub.backing import Backing, pieces_of
from exchange_axis.hub.brought_proofs import BroughtProofs, unproved
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.holding import is_frozen
from exchange_axis.hub.log import Log
from exchange_axis.hub.log_peers import peer_logs, witnesses_of
from exchange_axis.hub.readers import Auditor, Party, Reader
from exchange_axis.hub.sight import Sight
from exchange_axis.hub.world import World
from exchange_axis.ledger.cosignature import WitnessKey
from exchange_axis.ledger.note import NoteVerifier
from exchange_axis.pipeline.certificate import certificate
from exchange_axis.pipeline.dossier import DossierWriter, Heading, Packed, Workshop
from exchange_axis.pipeline.dossier_pack import LetterFiles, Packer, Printer, Proved
from exchange_axis.ports import Document, DocumentKind
from exchange_axis.store import Connection
from exchange_axis.store.hub import disposals, lives, mail, records, verdicts
from exchange_axis.store.hub.peers import PeerRow

PROOFS_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Documents:
    """Small documents of one letter, by kind, in order."""

    evidence: tuple[bytes, ...]
    beside: tuple[Document, ...]
    reports: tuple[bytes, ...]
    times: frozenset[datetime]
    """When something was sealed."""

    def of(self, kind: DocumentKind) -> tuple[bytes, ...]:
        return tuple(one.content for one in self.beside if one.kind is kind)


class Dossiers:
    def __init__(
        self,
        world: World,
        log: Log,
        directory: DirectoryService,
        backing: Backing,
        *,
        brought: BroughtProofs,
        printer: Printer | None = certificate,
    ) -> None:
        self._world = world
        self._log = log
        self._directory = directory
        self.backing = backing
        self._brought = brought
        self._printer = printer

    def write(self, query: str, *, agency: str | None, actor: str) -> Packed:
        """One archive about every letter that the query names, with what recalls, updates or replaces it.

        Args:
            agency: whose sight the dossier is cut to; None: all that this hub holds.

        Raises:
            NotFound: no such letter, or nothing of it is that agency's business.
            DossierTooLarge: the query names too much.
        """
        names = self._world.transactions.read(lambda connection: _letters(connection, query, Auditor(agency)))
        return self._write(names, query, Auditor(agency), actor=actor)

    def write_for(self, peer: PeerRow, consignment_id: str) -> Packed:
        """The same about one letter, for a node or hub that has a part in it: what it may see and no more.

        Raises:
            NotFound: nothing by that id, or nothing for this peer.
        """
        reader = Party(peer, self._world.issuer.now())
        names = self._world.transactions.read(lambda connection: _letters_by_id(connection, consignment_id, reader))
        return self._write(names, consignment_id, reader, actor=peer.id)

    def _write(self, names: Sequence[int], query: str, reader: Reader, *, actor: str) -> Packed:
        if not names:
            raise NotFound(what=query)
        self._log.sequence()
        at, id_ = self._world.issuer.now(), self._world.issuer.new_id()
        self._note(names, reader.scope, actor=actor, at=at)
        heading = Heading(
            id=id_,
            issuer=self._world.settings.id,
            issuer_kind=IssuerKind.HUB,
            at=at,
            query=query,
            scope=reader.scope,
        )
        return self._workshop().make(heading, lambda writer: self._fill(writer, names, reader=reader, at=at))

    def _workshop(self) -> Workshop:
        return Workshop(
            staging=self._world.staging,
            seal=self._world.issuer.attest,
            anchors=lambda: self._world.anchors().certificates,
            keys=self._keys,
            back=self.backing.fill,
            stamp=self.backing.stamp,
        )

    def _keys(self) -> Iterator[NoteVerifier | WitnessKey]:
        """Of this log, and of the logs and witnesses of the hubs that this one knows."""
        yield self._log.verifier
        yield from self._brought.keys()
        yield from witnesses_of(self._world.transactions.read(peer_logs))

    def _fill(
        self, writer: DossierWriter, names: Sequence[int], *, reader: Reader, at: datetime
    ) -> tuple[LetterEntry, ...]:
        packer = Packer(writer=writer, issuer=self._world.settings.id, at=at, printer=self._printer)
        return tuple(self._pack(packer, seq, number, reader=reader) for number, seq in enumerate(names, start=1))

    def _pack(self, packer: Packer, seq: int, number: int, *, reader: Reader) -> LetterEntry:
        files = self._collect(seq, reader)
        kept = self._world.transactions.read(lambda connection: standing.kept(connection, seq))
        if kept is not None:
            files = replace(files, revocation=(*files.revocation, *pieces_of(kept)))
        if files.container is None:
            return packer.pack(files, number)
        name = f"dossier-{self._world.rng.uuid()}"
        source, copy = (self._world.staging / f"{name}.{ending}" for ending in ("part", "asice"))
        try:
            with source.open("wb") as file:
                file.writelines(files.container())
            if self.backing.long_term(source, copy, kept):
                files = replace(files, copy=lambda: _chunks(copy))
            source.unlink()
            return packer.pack(files, number)
        finally:
            source.unlink(missing_ok=True)
            copy.unlink(missing_ok=True)

    def _collect(self, seq: int, reader: Reader) -> LetterFiles:
        def work(connection: Connection) -> tuple[mail.ConsignmentRow, Sight, _Documents, str | None]:
            row = mail.consignment_by_seq(connection, seq)
            sight = reader.sight(connection, row)
            if sight is None:
                raise NotFound(what=row.consignment_id)
            return row, sight, _documents(connection, row, sight), amending.recall_of(connection, row)

        row, sight, found, recall = self._world.transactions.read(work)
        content = self._content(row, frozen=recall is not None or is_frozen(sight.deliveries))
        logged = [*found.evidence, *found.of(DocumentKind.TRANSFER)]
        proved = self._prove([*logged, *found.of(DocumentKind.RETURN)])
        bindings = self._prove(found.of(DocumentKind.BINDING))
        transfers = len(found.of(DocumentKind.TRANSFER))
        split = len(found.evidence)
        notes = () if recall is None else (f"Văn bản đã bị thu hồi bởi gói tin {recall}.",)
        return LetterFiles(
            sender=row.sender,
            consignment_id=row.consignment_id,
            container_sha256=row.container_sha256,
            title=row.title or "",
            content=content,
            size=row.size,
            container=self._chunks(row.container_sha256) if content is Content.HELD else None,
            evidence=proved[:split],
            transfers=proved[split : split + transfers],
            returns=proved[split + transfers :],
            statuses=found.of(DocumentKind.STATUS),
            bindings=bindings,
            reports=self._prove(found.reports) if sight.whole else (),
            revocation=tuple(self.backing.lists(found.times)),
            names=self._names(row, sight),
            notes=(*notes, *(self._erased(row) if content is Content.GONE else ()), *self._unproved(found.evidence)),
        )

    def _content(self, row: mail.ConsignmentRow, *, frozen: bool) -> Content:
        if frozen:
            return Content.FROZEN
        return Content.HELD if self._world.blobs.has(row.container_sha256) else Content.GONE

    def _erased(self, row: mail.ConsignmentRow) -> tuple[str, ...]:
        found = self._world.transactions.read(lambda connection: disposals.decided(connection, row.seq))
        return tuple(
            f"Nội dung đã tiêu hủy tại trục {self._world.settings.id}: {one.ground}"
            for one in found
            if one.extent is not Extent.METADATA
        )

    def _chunks(self, sha256: str) -> Callable[[], Iterable[bytes]]:
        def chunks() -> Iterator[bytes]:
            with self._world.blobs.open(sha256) as blob:
                yield from blob.chunks()

        return chunks

    def _prove(self, documents: Sequence[bytes]) -> tuple[Proved, ...]:
        """By the log of whoever issued it where its proof has come, and by the one here where it is an entry."""
        digests = [_sha256(document) for document in documents]
        here: dict[str, bytes | None] = {}
        for start in range(0, len(digests), PROOFS_AT_ONCE):
            here |= self._log.proofs(digests[start : start + PROOFS_AT_ONCE])
        brought = {digest: row.proof for digest, row in self._brought.held(digests).items()}
        return tuple(
            Proved(document=document, proof=brought.get(digest) or here.get(digest), holders=here.get(digest))
            for document, digest in zip(documents, digests, strict=True)
        )

    def _unproved(self, evidence: Sequence[bytes]) -> tuple[str, ...]:
        return tuple(unproved(self._brought.held(map(_sha256, evidence)).values()))

    def _names(self, row: mail.ConsignmentRow, sight: Sight) -> dict[str, str]:
        agencies = self._directory.current().agencies
        codes = {row.sender, *(code for one in sight.deliveries for code in (one.recipient, one.final_recipient))}
        return {code: agencies[code].name for code in codes if code in agencies}

    def _note(self, names: Sequence[int], scope: str, *, actor: str, at: datetime) -> None:
        """Who took what away is noted before it is handed out; by id, for a number could not be erased again."""

        def work(connection: Connection) -> None:
            subject = ", ".join(mail.consignment_by_seq(connection, seq).consignment_id for seq in names)[:200]
            records.decide(connection, at=at, actor=actor, action="audit.dossier", subject=subject, details=scope)

        self._world.transactions.run(work)


def _letters(connection: Connection, query: str, reader: Reader) -> tuple[int, ...]:
    """Rows of the letters named, each followed by the letters that are about it."""
    return _followed(connection, mail.find_consignments(connection, query), reader)


def _letters_by_id(connection: Connection, consignment_id: str, reader: Reader) -> tuple[int, ...]:
    return _followed(connection, mail.consignments_by_id(connection, consignment_id), reader)


def _followed(connection: Connection, named: Iterable[mail.ConsignmentRow], reader: Reader) -> tuple[int, ...]:
    found: dict[int, None] = {}
    for row in named:
        if row.kind == "letter":
            found[row.seq] = None
            found |= dict.fromkeys(one.seq for one in lives.followers(connection, row.sender, row.consignment_id))
    rows = (mail.consignment_by_seq(connection, seq) for seq in found)
    return tuple(row.seq for row in rows if reader.sight(connection, row) is not None)


def _documents(connection: Connection, row: mail.ConsignmentRow, sight: Sight) -> _Documents:
    evidence = tuple(one for one in records.evidence_of(connection, row.consignment_id, row.sender) if sight.shows(one))
    seen = {one.sha256 for one in evidence}
    digests = [digest for digest in row.documents if digest not in seen]
    shipments = {one.shipment for one in sight.deliveries}
    digests += [one.transfer for one in lives.shipments(connection, row.seq) if one.id in shipments]
    for news in records.news_about(connection, row.consignment_id):
        # Feeds know no sender: what speaks of evidence that this reader does not see is not about this letter.
        if {digest for kind, digest in news if kind == DocumentKind.EVIDENCE} <= seen:
            digests += [digest for kind, digest in news if kind not in (DocumentKind.EVIDENCE, DocumentKind.NOTICE)]
    digests += [one.status_sha256 for one in evidence if one.status_sha256 is not None]
    beside = records.known_documents(connection, digests)
    # The acceptance that another hub gave came beside the container; it is not evidence of ours and has no leaf here.
    brought = [one.content for one in beside if one.kind is DocumentKind.EVIDENCE]
    reports = tuple(one.document.encode() for one in verdicts.every(connection, row.seq) if one.document)
    return _Documents(
        evidence=(*brought, *(one.document for one in evidence)),
        beside=beside,
        reports=reports,
        times=frozenset((row.received_at, *(one.recorded_at for one in evidence))),
    )


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1024 * 1024):
            yield chunk


def _sha256(document: bytes) -> str:
    return hashlib.sha256(document).hexdigest()
