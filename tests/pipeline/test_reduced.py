"""A reduced container says the same twice, or is refused by whoever is asked to carry or open it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from exchange_axis.domain.consignment import Consignment, ConsignmentClass, Lane
from exchange_axis.domain.letter import Organ, Reference
from exchange_axis.errors import CheckFailed
from exchange_axis.pipeline.check import check_container, prove
from exchange_axis.pipeline.check_file import Checking, StageState, check_file
from exchange_axis.wire.consignment import write_consignment
from exchange_axis.wire.container import Attachment, write_container
from exchange_axis.wire.edxml import InlineFile, write_letter, write_status
from exchange_axis.wire.edxml.source import read_source
from schemas.findings import Stage
from signing.container import SignedMember, sign_members
from tests.signing.pki import AT, TestPki
from tests.wire.edxml.values import LETTER as PLAIN
from tests.wire.edxml.values import STATUS

NAMES = ("Tờ trình.pdf", "Phụ lục.xlsx")
FILES = (b"%PDF-1.7 mot", b"hai" * 50)
LETTER = replace(
    PLAIN,
    to=(Organ(id="G12", name="Bộ Tài chính"),),
    references=tuple(Reference(content_id=f"{number}", name=name) for number, name in enumerate(NAMES)),
)
SOURCE = write_letter(LETTER, inline=[InlineFile(data=data) for data in FILES]).replace(
    b"<edXML:Subject>", b"<!-- giu nguyen --><edXML:Subject>"
)
DOCUMENT = read_source([SOURCE], io.BytesIO()).document


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What goes into a container before it is sealed."""

    document: bytes = DOCUMENT
    files: tuple[bytes, ...] = FILES
    source: bytes | None = SOURCE
    kind: ConsignmentClass = ConsignmentClass.LETTER
    reduced: bool = True


@dataclass
class Desk:
    folder: Path
    pki: TestPki

    def seal(self, parts: Parts) -> Path:
        def sign(members: Sequence[SignedMember]) -> bytes:
            return sign_members(members, self.pki.signer(), at=AT)

        attachments = []
        for number, (name, data) in enumerate(zip(NAMES, parts.files, strict=False)):
            path = self.folder / f"{number}"
            path.write_bytes(data)
            attachments.append(Attachment(path=path, name=name, mime_type="application/octet-stream"))
        source = self.folder / "source"
        source.write_bytes(parts.source or b"")
        letter = parts.kind is ConsignmentClass.LETTER
        consignment = Consignment(
            id="5f0e1c1e-7a55-4a60-9b8a-0d4c5f1b2a3c",
            kind=parts.kind,
            sender="H45.32.03" if letter else "H45.32",
            recipients=("G12",) if letter else ("H45.32.03",),
            lane=Lane.THUONG,
            created_at=AT,
            expires_at=AT + timedelta(days=7),
            in_reply_to=None if letter else "0d2f8e1a-5c43-4c6b-9a27-7b1f3c0d9e55",
            reduced=parts.reduced,
        )
        return write_container(
            self.folder / "c.asice",
            consignment=write_consignment(consignment),
            document_name="letter.edxml" if letter else "status.edxml",
            document=parts.document,
            attachments=attachments,
            sign=sign,
            source=None if parts.source is None else source,
        ).path

    def code(self, parts: Parts) -> str:
        """The one code under which hub, receiving node and `axis check` refuse."""
        path = self.seal(parts)
        with pytest.raises(CheckFailed) as at_hub:
            check_container(path, sha256="0" * 64, size=1, anchors=self.pki.anchors, at=AT)
        with pytest.raises(CheckFailed) as at_node:
            prove(path, anchors=self.pki.anchors, at=AT)
        report = check_file(path, Checking(at=AT, anchors=self.pki.anchors))
        (code,) = {finding.code for finding in at_hub.value.findings}
        assert [finding.code for finding in at_node.value.findings] == [code]
        assert [finding.code for finding in report.findings] == [code]
        assert {finding.stage for finding in at_hub.value.findings} <= {Stage.SCHEMA, Stage.CONTAINER}
        assert list(self.folder.glob("tmp*")) == []
        return code


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(folder=tmp_path, pki=TestPki())


def test_a_true_reduction_passes(desk: Desk) -> None:
    path = desk.seal(Parts())
    checked = check_container(path, sha256="0" * 64, size=1, anchors=desk.pki.anchors, at=AT)
    report = check_file(path, Checking(at=AT, anchors=desk.pki.anchors))
    assert checked.consignment.reduced
    assert checked.letter is not None and [one.name for one in checked.letter.references] == list(NAMES)
    assert [part.name for part in checked.parts][-3:] == [
        "attachments/001.pdf", "attachments/002.xlsx", "source/received.edxml",
    ]  # fmt: skip
    assert set(report.stages.values()) == {StageState.PASSED}, report.findings


def test_the_same_document_whole_and_reduced(desk: Desk) -> None:
    """One document key and content digest: a letter is the same letter however its node had to carry it."""
    found = [
        check_container(desk.seal(parts), sha256="0" * 64, size=1, anchors=desk.pki.anchors, at=AT)
        for parts in (Parts(), Parts(document=SOURCE, files=(), source=None, reduced=False))
    ]
    assert len({(one.document_key, one.content_digest) for one in found}) == 1


def _without_comment(data: bytes) -> bytes:
    changed = data.replace(b"<!-- giu nguyen -->", b"")
    assert changed != data
    return changed


TAMPERED: dict[str, tuple[Callable[[], Parts], str]] = {
    "another subject": (
        lambda: Parts(document=DOCUMENT.replace("kết quả".encode(), "hậu quả".encode())), "reduced.letter-differs",
    ),
    "an unknown element lost": (lambda: Parts(document=_without_comment(DOCUMENT)), "reduced.letter-differs"),
    "written anew": (lambda: Parts(document=write_letter(LETTER)), "reduced.letter-differs"),
    "not reduced": (lambda: Parts(document=SOURCE), "reduced.letter-differs"),
    "another source": (lambda: Parts(source=_without_comment(SOURCE)), "reduced.letter-differs"),
    "a changed attachment": (lambda: Parts(files=(FILES[0], FILES[1] + b".")), "reduced.attachment-differs"),
    "attachments swapped": (lambda: Parts(files=FILES[::-1]), "reduced.attachment-differs"),
    "an attachment left zipped": (lambda: Parts(files=(FILES[0], b"PK\x03\x04")), "reduced.attachment-differs"),
    "an attachment less": (lambda: Parts(files=FILES[:1]), "reduced.attachment-count"),
    "no attachments": (lambda: Parts(files=()), "reduced.attachment-count"),
    "a source that is no edXML": (lambda: Parts(source=b"<a/>"), "edxml.not-edxml"),
    "a source cut short": (lambda: Parts(source=SOURCE[:-20]), "gate.malformed"),
    "a source with a DOCTYPE": (
        lambda: Parts(source=SOURCE.replace(b"<edXML ", b"<!DOCTYPE a><edXML ", 1)), "gate.doctype",
    ),
    "a source without its mark": (lambda: Parts(reduced=False), "container.source-mismatch"),
    "a mark without its source": (lambda: Parts(source=None), "container.source-mismatch"),
    "a reduced status": (
        lambda: Parts(kind=ConsignmentClass.STATUS, document=write_status(STATUS), files=()), "reduced.not-a-letter",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TAMPERED)
def test_what_disagrees_is_refused(case: str, desk: Desk) -> None:
    make, code = TAMPERED[case]
    assert desk.code(make()) == code
