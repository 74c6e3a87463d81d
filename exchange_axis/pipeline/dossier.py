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
from typing import ClassVar

from exchange_axis.domain.dossier import (
    MANIFEST,
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
from exchange_axis.ledger.proof import SUFFIX
from exchange_axis.wire.dossier import write_dossier
from exchange_axis.wire.zip_writer import Content, Sink, ZipWriter

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


class DossierWriter:
    def __init__(self, sink: Sink) -> None:
        self._zip = ZipWriter(sink)
        self._members: dict[str, Member] = {}

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

    def prove(self, proved: str, proof: bytes) -> None:
        """The proof of a member, beside it."""
        self._add(MemberKind.PROOF, proved + SUFFIX, lambda: (proof,))

    def finish(self, heading: Heading, letters: Iterable[LetterEntry], seal: Callable[[bytes], bytes]) -> None:
        """Digests, manifest, end of the archive. `seal` signs the manifest."""
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
