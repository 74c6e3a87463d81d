"""One letter's documents, wherever they were kept, into their places in a dossier, with the page that retells them."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, cast

from exchange_axis.domain.dossier import FIRST_REPORT, HOLDERS_SUFFIX, Content, LetterEntry, MemberKind
from exchange_axis.pipeline import story as tales
from exchange_axis.pipeline.dossier import Chunks, DossierWriter
from exchange_axis.pipeline.story import Story
from exchange_axis.pipeline.story_page import page
from exchange_axis.wire.binding import read_binding
from exchange_axis.wire.container import Container
from schemas.gate.refusal import Refusal
from signing.xades import verify_enveloped_unanchored

Printer = Callable[[Story], bytes | None]
"""Makes the printable certificate; None: there is nothing to certify."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """A logged document and its proofs, where there are any for us."""

    document: bytes
    proof: bytes | None = None
    """By the log of the hub that issued it; where that has not come, the next one."""
    holders: bytes | None = None
    """By the log of the hub that packs the dossier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFiles:
    """What is to be told of one letter; whoever collected it has seen to the reader's rights."""

    sender: str
    consignment_id: str
    container_sha256: str
    title: str
    content: Content
    size: int = 0
    container: Chunks | None = None
    """Only with `Content.HELD`."""
    copy: Chunks | None = None
    """The same for long keeping."""
    revocation: Sequence[tuple[str, bytes]] = ()
    """What was known of the seal: ending of the name (`crl`, `ocsp`, `cer`), bytes."""
    evidence: Sequence[Proved] = ()
    """In the order in which it was stored."""
    statuses: Sequence[bytes] = ()
    transfers: Sequence[Proved] = ()
    returns: Sequence[Proved] = ()
    bindings: Sequence[Proved] = ()
    reports: Sequence[Proved] = ()
    """Verdict reports, the one at acceptance first; none: not for this reader, or erased."""
    names: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Packer:
    writer: DossierWriter
    issuer: str
    at: datetime
    printer: Printer | None = None

    def pack(self, files: LetterFiles, number: int) -> LetterEntry:
        """
        Raises:
            DossierTooLarge, ContentChanged.
        """
        folder = f"letters/{number:04d}"
        story = Story(
            sender=files.sender,
            consignment_id=files.consignment_id,
            container_sha256=files.container_sha256,
            title=files.title,
            content=files.content,
            size=files.size,
            names=files.names,
            notes=list(files.notes),
        )
        self._letter(files, folder, story)
        self._sealed(files, folder, story)
        for status in files.statuses:
            name = f"{hashlib.sha256(status).hexdigest()[:32]}.asice"
            found = tales.said(self.writer.add(MemberKind.STATUS, name, status, letter=folder), status)
            if found is not None:
                story.statuses.append(found)
        for binding in files.bindings:
            self._binding(binding)
        for ending, piece in files.revocation:
            self.writer.add(MemberKind.REVOCATION, f"{hashlib.sha256(piece).hexdigest()[:32]}.{ending}", piece)
        for place, report in enumerate(files.reports):
            self._proved(MemberKind.VERDICTS, f"verdicts-{place:04d}.json" if place else FIRST_REPORT, report, folder)
        printed = None if self.printer is None else self.printer(story)
        if printed is not None:
            self.writer.add(MemberKind.CERTIFICATE, "certificate.pdf", printed, letter=folder)
        history = page(story, issuer=self.issuer, at=self.at)
        self.writer.add(MemberKind.PAGE, "history.html", history, letter=folder)
        return LetterEntry(
            folder=folder,
            sender=files.sender,
            consignment_id=files.consignment_id,
            container_sha256=files.container_sha256,
            content=files.content,
        )

    def _letter(self, files: LetterFiles, folder: str, story: Story) -> None:
        if files.container is None:
            return
        self.writer.stream(MemberKind.LETTER, "letter.asice", files.container, letter=folder)
        if files.copy is not None:
            self.writer.stream(MemberKind.COPY, "letter-long-term.asice", files.copy, letter=folder)
        try:
            with small_copy(files.container()) as file:
                title, story.subject = tales.subject_of(Container(file))
                story.title = title or story.title
        except Refusal:
            return  # whatever it is, the archive has its bytes

    def _sealed(self, files: LetterFiles, folder: str, story: Story) -> None:
        """Evidence, transfer records and returns, numbered as they were stored, each with its proof beside it."""
        for number, one in enumerate(files.evidence, start=1):
            spoken = tales.spoken("", one.document, one.holders or one.proof)
            name = f"{number:04d}-{spoken.value.event.short.replace(':', '-')}.xml"
            full = self._proved(MemberKind.EVIDENCE, name, one, folder)
            story.evidence.append(tales.renamed(spoken, full))
        for number, one in enumerate(files.transfers, start=1):
            full = self._proved(MemberKind.TRANSFER, f"{number:04d}.xml", one, folder)
            story.hops.append(tales.hop(full, one.document))
        for number, one in enumerate(files.returns, start=1):
            self._proved(MemberKind.RETURN, f"{number:04d}.xml", one, folder)

    def _proved(self, kind: MemberKind, name: str, one: Proved, folder: str) -> str:
        full = self.writer.add(kind, name, one.document, letter=folder)
        self._prove(full, one)
        return full

    def _prove(self, full: str, one: Proved) -> None:
        if one.proof is not None:
            self.writer.prove(full, one.proof)
        if one.holders not in (None, one.proof):
            self.writer.prove(full, one.holders, suffix=HOLDERS_SUFFIX)

    def _binding(self, one: Proved) -> None:
        try:
            bound = read_binding(verify_enveloped_unanchored(one.document).root)
        except Refusal:
            return
        self._prove(self.writer.add(MemberKind.BINDING, f"{bound.id}.binding.xml", one.document), one)


@contextmanager
def small_copy(chunks: Iterable[bytes]) -> Iterator[BinaryIO]:
    """A container as a file to look into, on disk when it is large; gone after the block."""
    with tempfile.SpooledTemporaryFile(max_size=1024 * 1024) as file:
        for chunk in chunks:
            file.write(chunk)
        file.seek(0)
        yield cast("BinaryIO", file)
