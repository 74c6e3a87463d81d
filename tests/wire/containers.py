"""Containers for tests: a real one, sealed by a test certificate, and the means to forge others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from exchange_axis.wire.consignment import write_consignment
from exchange_axis.wire.container import Attachment, ContainerFile, open_container, write_container
from exchange_axis.wire.zip_writer import Content, ZipWriter
from signing.container import SignedMember, VerifiedMembers, sign_members, verify_members
from tests.signing.pki import AT, TestPki
from tests.wire.strategies import SAMPLE_CONSIGNMENT

LETTER = '<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><Subject>Về việc họp</Subject></edXML>'.encode()
CONSIGNMENT = write_consignment(SAMPLE_CONSIGNMENT)
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40 + b"%%EOF\n"

Members = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Seal:
    """Signs and verifies with one test certificate."""

    pki: TestPki

    def sign(self, members: Sequence[SignedMember]) -> bytes:
        return sign_members(members, self.pki.signer(), at=AT)

    def verify(self, path: Path) -> VerifiedMembers:
        with open_container(path) as container:
            return verify_members(container.read("META-INF/signatures0.xml"), self.pki.anchors, at=AT)


def make(
    target: Path, sign: Callable[[Sequence[SignedMember]], bytes], attachments: Sequence[Attachment] = ()
) -> ContainerFile:
    return write_container(
        target,
        consignment=CONSIGNMENT,
        document_name="letter.edxml",
        document=LETTER,
        attachments=attachments,
        sign=sign,
    )


def attachment(folder: Path, name: str = "Tờ trình.pdf", data: bytes = PDF) -> Attachment:
    path = folder / name
    path.write_bytes(data)
    return Attachment.of(path)


def unpack(path: Path) -> Members:
    """Members by name, in their order."""
    with open_container(path) as container:
        return {entry.name: container.read(entry.name) for entry in container.entries}


def pack(path: Path, members: Iterable[tuple[str, bytes]]) -> Path:
    """An archive of our own form with any members: right CRCs, so that only the signature can tell."""
    with path.open("wb") as file:
        archive = ZipWriter(file)
        for name, data in members:
            archive.add(name, Content.of([data]), [data])
        archive.finish()
    return path
