"""Writes a dossier: members as they come, then their digests, then the sealed manifest.

Rules of this file:
1. Nothing is held but names and digests; a container streams from where it lies into the archive.
2. The same members in the same order give the same bytes, but for the manifest's id, time and signature.
3. What lies where is said by `domain.dossier.PLACES` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from cryptography import x509

from exchange_axis.domain.dossier import (
    MANIFEST,
    MANIFEST_STAMP,
    MEMBERS_MAX,
    PLACES,
    SUMS,
    Dossier,
    IssuerKind,
    LetterEntry,
    Member,
    MemberKind,
)
from exchange_axis.errors import AxisError
from exchange_axis.ledger.checkpoint import read_unverified_checkpoint
from exchange_axis.ledger.cosignature import WitnessKey
from exchange_axis.ledger.note import NoteVerifier
from exchange_axis.ledger.proof import SUFFIX, read_proof
from exchange_axis.wire.dossier import write_dossier
from exchange_axis.wire.zip_writer import Content, Sink, ZipWriter
from signing.certificates import certificate_pem, fingerprint

Stamp = Callable[[bytes], bytes | None]
"""A time-stamp over some octets; None: nobody stamps, or not now."""
Chunks = Callable[[], Iterable[bytes]]
"""Gives the same bytes each time it is asked: they are read once for the digest and once for the archive."""


class DossierTooLarge(AxisError):
    code: ClassVar[str] = "dossier.too-large"
    vi: ClassVar[str] = "Hồ sơ vượt quá {limit} thành phần"
    en: ClassVar[str] = "The dossier would have more than {limit} members"
    remedy_vi: ClassVar[str] = "Thu hẹp câu hỏi, hoặc xuất từng văn bản"
    remedy_en: ClassVar[str] = "Narrow the query, or export the letters one by one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What the manifest says beside the list."""

    id: str
    issuer: str
    issuer_kind: IssuerKind
    at: datetime
    query: str
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A finished dossier."""

    path: Path
    """In the staging folder; whoever asked takes it away."""
    id: str
    issuer: str
    issuer_kind: IssuerKind
    size: int
    sha256: str
    letters: tuple[LetterEntry, ...]


class DossierWriter:
    def __init__(self, sink: Sink) -> None:
        self._zip = ZipWriter(sink)
        self._members: dict[str, Member] = {}
        self._proved: set[tuple[str, int, int]] = set()

    def proved(self, origin: str) -> Iterable[tuple[int, int]]:
        """Entries of that log proved so far: index, and size of the checkpoint that the proof ends in."""
        return sorted((index, size) for log, index, size in self._proved if log == origin)

    def proved_elsewhere(self, origin: str) -> Iterable[tuple[str, int]]:
        """Checkpoints of other logs that proofs end in: log and size."""
        return sorted({(log, size) for log, _, size in self._proved if log != origin})

    @property
    def size(self) -> int:
        return self._zip.size

    @property
    def sha256(self) -> str:
        """Of all bytes so far."""
        return self._zip.sha256

    def add(self, kind: MemberKind, name: str, data: bytes, *, letter: str = "") -> str:
        """Add one document; returns its full name. The same name again is left out: shared documents come often.

        Raises:
            DossierTooLarge.
        """
        return self.stream(kind, name, lambda: (data,), letter=letter)

    def stream(self, kind: MemberKind, name: str, chunks: Chunks, *, letter: str = "") -> str:
        """The same for a large one.

        Raises:
            DossierTooLarge.
            ContentChanged: the second reading gave other bytes.
        """
        place = PLACES[kind]
        folders = (letter if place.of_letter else "", place.folder)
        return self._add(kind, "/".join((*filter(None, folders), name)), chunks)

    def checkpoint(self, note: bytes) -> None:
        """A checkpoint, once for each size of each log."""
        claimed = read_unverified_checkpoint(note)
        self.add(MemberKind.CHECKPOINT, f"{plain_name(claimed.origin)}-{claimed.size}.checkpoint", note)

    def prove(self, proved: str, proof: bytes, *, suffix: str = SUFFIX) -> None:
        """A proof of a member, beside it, and the checkpoint that it ends in."""
        self._add(MemberKind.PROOF, proved + suffix, lambda: (proof,))
        read = read_proof(proof)
        self.checkpoint(read.checkpoint)
        claimed = read_unverified_checkpoint(read.checkpoint)
        self._proved.add((claimed.origin, read.index, claimed.size))

    def finish(
        self,
        heading: Heading,
        letters: Iterable[LetterEntry],
        seal: Callable[[bytes], bytes],
        stamp: Stamp | None = None,
    ) -> None:
        """Digests, manifest, end of the archive. `seal` signs the manifest, `stamp` proves when."""
        sums = "".join(f"{member.sha256}  {member.name}\n" for member in self._members.values())
        self.add(MemberKind.SUMS, SUMS, sums.encode("ascii"))
        dossier = Dossier(
            id=heading.id,
            issuer=heading.issuer,
            issuer_kind=heading.issuer_kind,
            at=heading.at,
            query=heading.query,
            scope=heading.scope,
            letters=tuple(letters),
            members=tuple(self._members.values()),
        )
        manifest = seal(write_dossier(dossier))
        self._zip.add(MANIFEST, Content.of((manifest,)), (manifest,))
        token = None if stamp is None else stamp(manifest)
        if token is not None:
            self._zip.add(MANIFEST_STAMP, Content.of((token,)), (token,))
        self._zip.finish()

    def _add(self, kind: MemberKind, name: str, chunks: Chunks) -> str:
        if name in self._members:
            return name
        if len(self._members) >= MEMBERS_MAX:
            raise DossierTooLarge(limit=MEMBERS_MAX)
        content = Content.of(chunks())
        self._zip.add(name, content, chunks())
        self._members[name] = Member(name=name, kind=kind.value, size=content.size, sha256=content.sha256)
        return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Where dossiers are made, and who seals them."""

    staging: Path
    seal: Callable[[bytes, datetime], bytes]
    anchors: Callable[[], Iterable[x509.Certificate]]
    keys: Callable[[], Iterable[NoteVerifier | WitnessKey]]
    """Of logs and witnesses, as far as they are known."""
    back: Callable[[DossierWriter], None] | None = None
    """Adds what others say of the documents: time-stamps, revocation; None: nothing is known here."""
    stamp: Stamp | None = None

    def make(self, heading: Heading, fill: Callable[[DossierWriter], tuple[LetterEntry, ...]]) -> Packed:
        """One archive in the staging folder: what `fill` puts in, the trust, the list, the seal.

        Raises:
            DossierTooLarge, and whatever `fill` raises; nothing is left behind then.
        """
        path = self.staging / f"dossier-{heading.id}.zip"
        path.touch(mode=0o600, exist_ok=False)
        try:
            with path.open("wb") as file:
                writer = DossierWriter(file)
                letters = fill(writer)
                if self.back is not None:
                    self.back(writer)
                self._add_trust(writer)
                writer.finish(heading, letters, lambda xml: self.seal(xml, heading.at), self.stamp)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Packed(
            path=path,
            id=heading.id,
            issuer=heading.issuer,
            issuer_kind=heading.issuer_kind,
            size=writer.size,
            sha256=writer.sha256,
            letters=letters,
        )

    def _add_trust(self, writer: DossierWriter) -> None:
        for root in self.anchors():
            writer.add(MemberKind.ANCHOR, f"{fingerprint(root)[:16]}.pem", certificate_pem(root))
        for key in self.keys():
            writer.add(MemberKind.LOG_KEY, f"{plain_name(key.name)}-{key.key_id.hex()}.vkey", f"{key.vkey}\n".encode())


def plain_name(text: str) -> str:
    """Part of a member's name."""
    return "".join(c if c.isalnum() and c.isascii() else "-" for c in text)[:60]
