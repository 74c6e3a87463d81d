"""Writing and reading whole containers, real signature included."""

from __future__ import annotations

import hashlib
import stat
import subprocess
import tracemalloc
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from exchange_axis.domain.consignment import ConsignmentClass
from exchange_axis.wire import members
from exchange_axis.wire.consignment import read_consignment, write_consignment
from exchange_axis.wire.container import Attachment, check_kind, check_members, open_container, write_container
from schemas.gate.refusal import Refusal
from signing.container import SignedMember
from tests.judges import require
from tests.signing.pki import TestPki
from tests.wire.containers import CONSIGNMENT, LETTER, PDF, Seal, attachment, make, pack, unpack
from tests.wire.strategies import SAMPLE_CONSIGNMENT

MIB = 1024**2


@pytest.fixture(scope="module")
def seal() -> Seal:
    return Seal(TestPki())


def test_members_stand_in_order_and_hold_the_exact_bytes(tmp_path: Path, seal: Seal) -> None:
    files = [attachment(tmp_path), attachment(tmp_path, "bảng kê.XLSX", b"PK"), attachment(tmp_path, "no suffix", b"")]
    written = make(tmp_path / "a.asice", seal.sign, files)
    with zipfile.ZipFile(written.path) as second:
        assert second.testzip() is None
        assert second.namelist() == [
            "mimetype",
            "META-INF/manifest.xml",
            "META-INF/signatures0.xml",
            "consignment.xml",
            "letter.edxml",
            "attachments/001.pdf",
            "attachments/002.xlsx",
            "attachments/003.bin",
        ]
        assert second.read("mimetype") == b"application/vnd.etsi.asic-e+zip"
        assert second.read("letter.edxml") == LETTER
        assert second.read("attachments/001.pdf") == PDF
        assert second.read("attachments/003.bin") == b""


def test_the_result_describes_the_file(tmp_path: Path, seal: Seal) -> None:
    written = make(tmp_path / "a.asice", seal.sign, [attachment(tmp_path)])
    data = written.path.read_bytes()
    assert (written.size, written.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert [part.name for part in written.parts] == ["consignment.xml", "letter.edxml", "attachments/001.pdf"]
    assert written.parts[2].sha256 == hashlib.sha256(PDF).hexdigest()
    assert stat.S_IMODE(written.path.stat().st_mode) == 0o600


def test_what_was_written_is_what_is_verified(tmp_path: Path, seal: Seal) -> None:
    written = make(tmp_path / "a.asice", seal.sign, [attachment(tmp_path), attachment(tmp_path, "b.png")])
    with open_container(written.path) as container:
        assert check_members(container, seal.verify(written.path)) == written.parts
        assert container.digest_parts() == written.parts
        assert read_consignment(container.read("consignment.xml")) == SAMPLE_CONSIGNMENT
        assert [entry.name for entry in container.attachments()] == ["attachments/001.pdf", "attachments/002.png"]
        check_kind(container, SAMPLE_CONSIGNMENT)


def test_the_signer_is_asked_once_and_told_types_and_digests(tmp_path: Path) -> None:
    asked: list[Sequence[SignedMember]] = []

    def sign(signed: Sequence[SignedMember]) -> bytes:
        asked.append(signed)
        return b"<signatures/>"

    make(tmp_path / "a.asice", sign, [attachment(tmp_path)])
    assert asked == [
        [
            SignedMember(name=name, mime_type=mime_type, sha256=hashlib.sha256(data).hexdigest())
            for name, mime_type, data in [
                ("consignment.xml", "application/xml", CONSIGNMENT),
                ("letter.edxml", "application/xml", LETTER),
                ("attachments/001.pdf", "application/pdf", PDF),
            ]
        ]
    ]


def test_the_same_content_makes_the_same_container(tmp_path: Path) -> None:
    files = [attachment(tmp_path)]
    one, two = (make(tmp_path / name, lambda _: b"<signatures/>", files) for name in ("one", "two"))
    assert one.sha256 == two.sha256
    assert one.path.read_bytes() == two.path.read_bytes()


def test_a_reduced_letter_carries_what_was_received(tmp_path: Path, seal: Seal) -> None:
    source = tmp_path / "received.edxml"
    source.write_bytes(b"<edXML>exact</edXML>")
    reduced = replace(SAMPLE_CONSIGNMENT, reduced=True)
    written = write_container(
        tmp_path / "a.asice",
        consignment=write_consignment(reduced),
        document_name="letter.edxml",
        document=LETTER,
        attachments=[attachment(tmp_path)],
        sign=seal.sign,
        source=source,
    )
    with open_container(written.path) as container:
        assert check_members(container, seal.verify(written.path)) == written.parts
        assert container.read("source/received.edxml") == b"<edXML>exact</edXML>"
        check_kind(container, reduced)
        with pytest.raises(Refusal) as caught:
            check_kind(container, SAMPLE_CONSIGNMENT)
        assert caught.value.code == "container.source-mismatch"


def test_the_document_is_of_the_kind_that_the_consignment_says(tmp_path: Path, seal: Seal) -> None:
    written = write_container(
        tmp_path / "a.asice",
        consignment=CONSIGNMENT,
        document_name="status.edxml",
        document=b"<status/>",
        attachments=[],
        sign=seal.sign,
    )
    with open_container(written.path) as container:
        check_kind(container, replace(SAMPLE_CONSIGNMENT, kind=ConsignmentClass.STATUS))
        with pytest.raises(Refusal) as caught:
            check_kind(container, SAMPLE_CONSIGNMENT)
    assert caught.value.code == "container.wrong-document"


def test_unzip_finds_no_fault(tmp_path: Path, seal: Seal) -> None:
    written = make(tmp_path / "a.asice", seal.sign, [attachment(tmp_path)])
    result = subprocess.run([require("unzip"), "-t", written.path], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
    assert "No errors detected" in result.stdout


def test_streams_come_in_pieces_and_may_be_interleaved(tmp_path: Path, seal: Seal) -> None:
    big, other = bytes(range(256)) * 10_000, b"other" * 500_000
    files = [attachment(tmp_path, "a.pdf", big), attachment(tmp_path, "b.pdf", other)]
    written = make(tmp_path / "a.asice", seal.sign, files)
    with open_container(written.path) as container:
        pairs = list(zip(container.stream("attachments/001.pdf"), container.stream("attachments/002.pdf"), strict=True))
    assert b"".join(first for first, _ in pairs) == big
    assert b"".join(second for _, second in pairs) == other
    assert max(len(piece) for pair in pairs for piece in pair) == MIB


def test_reading_a_member_whole_has_a_limit(tmp_path: Path, seal: Seal) -> None:
    written = make(tmp_path / "a.asice", seal.sign, [attachment(tmp_path)])
    with open_container(written.path) as container:
        assert container.read("attachments/001.pdf", len(PDF)) == PDF
        with pytest.raises(Refusal) as caught:
            container.read("attachments/001.pdf", len(PDF) - 1)
        assert caught.value.code == "container.member-too-large"
        with pytest.raises(Refusal) as caught:
            container.stream("attachments/002.pdf")
        assert caught.value.code == "container.missing-member"


@pytest.mark.parametrize(
    ("number", "human", "expected"),
    [
        (1, "Tờ trình 57.pdf", "attachments/001.pdf"),
        (12, "scan.TIFF", "attachments/012.tiff"),
        (3, "văn bản.đuôi", "attachments/003.bin"),
        (4, "archive.tar.gz", "attachments/004.gz"),
        (5, "../../etc/passwd", "attachments/005.bin"),
        (6, "a.p df", "attachments/006.bin"),
        (7, "a.verylongsuffix", "attachments/007.bin"),
        (8, "a.", "attachments/008.bin"),
    ],
)
def test_only_a_plain_extension_survives_of_a_human_name(number: int, human: str, expected: str) -> None:
    assert members.attachment_name(number, human) == expected


@pytest.mark.parametrize("change", [b"", PDF + b"x", PDF[:-1], PDF.replace(b"%PDF", b"%PDG")])
def test_a_file_that_changes_after_signing_is_refused(tmp_path: Path, seal: Seal, change: bytes) -> None:
    file = attachment(tmp_path)

    def sign_while_somebody_writes(signed: Sequence[SignedMember]) -> bytes:
        file.path.write_bytes(change)
        return seal.sign(signed)

    with pytest.raises(Refusal) as caught:
        make(tmp_path / "a.asice", sign_while_somebody_writes, [file])
    assert caught.value.code == "container.file-changed"
    assert caught.value.where == "attachments/001.pdf"
    assert [path.name for path in tmp_path.iterdir()] == [file.path.name]


def test_a_missing_file_is_named(tmp_path: Path, seal: Seal) -> None:
    file = attachment(tmp_path)
    gone = replace(file, path=tmp_path / "gone.pdf")
    with pytest.raises(Refusal) as caught:
        make(tmp_path / "a.asice", seal.sign, [file, gone])
    assert caught.value.code == "container.attachment-unreadable"
    assert "gone.pdf" in caught.value.message("vi")


def test_a_failed_write_leaves_the_earlier_container(tmp_path: Path, seal: Seal) -> None:
    file = attachment(tmp_path)
    first = make(tmp_path / "a.asice", seal.sign, [file])
    before = first.path.read_bytes()

    def sign_while_somebody_deletes(signed: Sequence[SignedMember]) -> bytes:
        file.path.unlink()
        return seal.sign(signed)

    with pytest.raises(Refusal) as caught:
        make(first.path, sign_while_somebody_deletes, [file])
    assert caught.value.code == "container.attachment-unreadable"
    assert first.path.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.asice"]


def test_what_a_killed_writer_left_is_no_obstacle(tmp_path: Path, seal: Seal) -> None:
    (tmp_path / ".a.asice.part").write_bytes(b"half")
    make(tmp_path / "a.asice", seal.sign)
    assert [path.name for path in tmp_path.iterdir()] == ["a.asice"]


def test_as_many_attachments_as_fit_and_not_one_more(tmp_path: Path, seal: Seal) -> None:
    file = attachment(tmp_path, "a.txt", b"x")
    written = make(tmp_path / "a.asice", seal.sign, [file] * members.MAX_ATTACHMENTS)
    with open_container(written.path) as container:
        assert len(container.attachments()) == members.MAX_ATTACHMENTS
    with pytest.raises(Refusal) as caught:
        make(tmp_path / "a.asice", seal.sign, [file] * (members.MAX_ATTACHMENTS + 1))
    assert caught.value.code == "container.too-many-attachments"


@pytest.mark.parametrize(
    "lost", ["META-INF/manifest.xml", "META-INF/signatures0.xml", "consignment.xml", "letter.edxml"]
)
def test_a_container_without_what_makes_it_one_is_refused(tmp_path: Path, seal: Seal, lost: str) -> None:
    written = make(tmp_path / "a.asice", seal.sign)
    rest = [(name, data) for name, data in unpack(written.path).items() if name != lost]
    with pytest.raises(Refusal) as caught, open_container(pack(tmp_path / "b.asice", rest)):
        pass
    assert caught.value.code == "zip.member-missing"


def test_memory_stays_flat_whatever_the_attachment_weighs(tmp_path: Path, seal: Seal) -> None:
    sparse = tmp_path / "big.pdf"
    with sparse.open("wb") as file:
        file.truncate(200 * MIB)
    tracemalloc.start()
    try:
        written = make(tmp_path / "a.asice", seal.sign, [Attachment.of(sparse)])
        with open_container(written.path) as container:
            check_members(container, seal.verify(written.path))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        (tmp_path / "a.asice").unlink(missing_ok=True)
    assert written.size > 200 * MIB
    assert peak < 6 * MIB
