"""A received letter opened at the desk: everything that one page shows, and its files one by one.

Whoever opens it is noted as its reader before anything is shown (`reading`); of a recalled letter only what is known
about it is shown, not what it says.
"""

from __future__ import annotations

import io
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.comparison import Content
from exchange_axis.errors import NotFound
from exchange_axis.node.claims import Claim
from exchange_axis.node.contacts import Contact, contact_of
from exchange_axis.node.directory import DirectoryCopy
from exchange_axis.node.reading import Reading
from exchange_axis.node.register_lines import expected
from exchange_axis.node.shown import Details, ReceivedLine
from exchange_axis.node.views import Views
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.blobs import BlobReader
from exchange_axis.store.node.rows import InboxRow
from exchange_axis.store.node.unit import NodeUnit
from exchange_axis.wire.container import Container

_PDF = "application/pdf"
_BYTES = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    place: int
    """From 1, in the letter's order."""
    name: str
    sha256: str
    report: Mapping[str, Any] | None
    """What was found in it; None where nobody looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    details: Details
    line: ReceivedLine
    fields: Mapping[str, str]
    """As the signed letter says them, by name (`domain.comparison`); empty when frozen."""
    attachments: tuple[Attached, ...]
    sealed_by: str
    """Subject of the certificate that sealed the consignment."""
    arrived_on: date
    """Day of the register: when it was accepted, else when it came."""
    register: Mapping[str, str]
    """Cells of its line in the incoming register, as the letter gives them."""
    refusal: str | None
    """Why it was refused here, as its sender reads it."""
    decided_by: str | None
    contact: Contact
    claim: Claim | None
    size: int
    passed_to: str
    """To which unit and person it went last; empty: to nobody yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Where a file lies in a stored container."""

    container_sha256: str
    offset: int
    size: int
    name: str
    mime_type: str


class Opening:
    def __init__(self, world: NodeWorld, reading: Reading, views: Views, directory: DirectoryCopy) -> None:
        self._world = world
        self._reading = reading
        self._views = views
        self._directory = directory

    def letter(self, consignment_id: str, agency: str, *, reader: str) -> Opened:
        """
        Raises:
            NotFound: no letter with this id came for that agency.
        """
        row = self._world.store.read(lambda unit: _row(unit, consignment_id, agency))
        self._reading.look(consignment_id, reader=reader, agency=agency)
        details = self._views.show(consignment_id)

        def work(unit: NodeUnit) -> tuple[Content | None, Claim | None, str]:
            claim = unit.claims.of(row)
            held = claim is not None and claim.held_until > self._world.now()
            return (
                unit.contents.of({row.container_sha256}).get(row.container_sha256),
                (
                    None
                    if claim is None or not held
                    else Claim(
                        consignment_id=row.consignment_id,
                        agency=row.recipient,
                        title=row.title,
                        clerk=claim.clerk,
                        since=claim.claimed_at,
                        until=claim.held_until,
                    )
                ),
                _passed_to(unit, row),
            )

        content, claim, passed_to = self._world.store.read(work)
        line = next(one for one in details.received if one.agency == agency)
        shown = None if line.frozen else content
        return Opened(
            details=details,
            line=line,
            fields={} if shown is None else shown.fields,
            attachments=() if shown is None else _attached(shown, details.files),
            sealed_by=row.signer,
            arrived_on=day_of(row.decided_at or row.received_at),
            register=expected(row, content),
            refusal=row.reason,
            decided_by=row.decided_by,
            contact=contact_of(self._directory.current(), row.sender, named=row.organ_name),
            claim=claim,
            size=row.size,
            passed_to=passed_to,
        )

    def attachment(self, consignment_id: str, agency: str, place: int, *, reader: str) -> Piece:
        """Where the file at `place` (from 1) lies.

        Raises:
            NotFound.
            LetterFrozen: recalled or taken back.
        """
        found = self._reading.content(consignment_id, reader=reader, agency=agency)
        row = self._world.store.read(lambda unit: _row(unit, consignment_id, agency))
        contents = self._world.store.read(lambda unit: unit.contents.of({row.container_sha256}))
        names = [one.name for one in contents[row.container_sha256].attachments] if contents else []
        with self._world.blobs.open(found.container_sha256) as blob, Container(_seekable(blob)) as container:
            entries = container.attachments()
            if not 1 <= place <= len(entries):
                raise NotFound(what=f"{consignment_id}/{place}")
            entry = entries[place - 1]
        name = names[place - 1] if place <= len(names) else entry.name.rpartition("/")[2]
        return Piece(
            container_sha256=found.container_sha256,
            offset=entry.offset,
            size=entry.size,
            name=name,
            mime_type=_PDF if mimetypes.guess_type(name)[0] == _PDF else _BYTES,
        )


def _row(unit: NodeUnit, consignment_id: str, agency: str) -> InboxRow:
    rows = [row for row in unit.inbox.of_consignment(consignment_id) if row.recipient == agency]
    if not rows:
        raise NotFound(what=f"{consignment_id[:64]} ({agency[:40]})")
    return rows[0]


def _passed_to(unit: NodeUnit, row: InboxRow) -> str:
    passed = unit.registers.passed(row.recipient, [row.consignment_id]).get((row.sender, row.consignment_id))
    return " – ".join(filter(None, (passed[-1].unit, passed[-1].person))) if passed else ""


def _attached(content: Content, files: Mapping[str, Any] | None) -> tuple[Attached, ...]:
    reports: Sequence[Mapping[str, Any]] = [] if files is None else files["files"]
    by_digest = {one["sha256"]: one for one in reports}
    return tuple(
        Attached(place=place, name=one.name, sha256=one.sha256, report=by_digest.get(one.sha256))
        for place, one in enumerate(content.attachments, start=1)
    )


def _seekable(blob: BlobReader) -> io.BufferedReader:
    return io.BufferedReader(_BlobFile(blob), buffer_size=64 * 1024)


class _BlobFile(io.RawIOBase):
    """A stored blob as a seekable file, for readers of containers."""

    def __init__(self, blob: BlobReader) -> None:
        super().__init__()
        self._blob = blob
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._blob.size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), max(0, self._blob.size - self._at))
        data = self._blob.read_range(self._at, wanted) if wanted else b""
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
