"""The archive's form, judged by readers nobody here wrote."""

from __future__ import annotations

import hashlib
import io
import itertools
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_axis.wire.container import open_container
from exchange_axis.wire.zip_writer import (
    Content,
    ContentChanged,
    Entry,
    ZipWriter,
    central_header,
    end_records,
    local_header,
)
from tests.judges import require

GIB = 1024**3
MIMETYPE = b"application/vnd.etsi.asic-e+zip"
MAX_32 = 0xFFFF_FFFF

_members = st.dictionaries(st.from_regex(r"[a-z]{1,8}(/[0-9]{3})?\.[a-z]{3}", fullmatch=True), st.binary(max_size=200))


def packed(members: dict[str, bytes]) -> tuple[bytes, ZipWriter]:
    sink = io.BytesIO()
    archive = ZipWriter(sink)
    for name, data in members.items():
        archive.add(name, Content.of([data]), [data[:7], data[7:]])
    archive.finish()
    return sink.getvalue(), archive


@given(_members)
def test_zipfile_reads_what_was_written(members: dict[str, bytes]) -> None:
    data, archive = packed(members)
    assert archive.size == len(data)
    assert archive.sha256 == hashlib.sha256(data).hexdigest()
    with zipfile.ZipFile(io.BytesIO(data)) as second:
        assert second.testzip() is None
        assert {name: second.read(name) for name in second.namelist()} == members
        assert second.namelist() == list(members)


def test_headers_hold_nothing_that_is_not_needed() -> None:
    data, _ = packed({"mimetype": b"application/vnd.etsi.asic-e+zip", "attachments/001.pdf": b"%PDF"})
    with zipfile.ZipFile(io.BytesIO(data)) as second:
        assert second.comment == b""
        for info in second.infolist():
            assert (info.compress_type, info.flag_bits, info.extra, info.comment) == (zipfile.ZIP_STORED, 0, b"", b"")
            assert (info.extract_version, info.create_version, info.create_system) == (10, 10, 0)
            assert (info.external_attr, info.internal_attr, info.volume) == (0, 0, 0)
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
    assert data[30:69] == b"mimetypeapplication/vnd.etsi.asic-e+zip"


def test_the_same_members_give_the_same_bytes() -> None:
    members = {"a.xml": b"one", "b.xml": b"two"}
    assert packed(members)[0] == packed(members)[0]


def test_unzip_finds_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.asice"
    path.write_bytes(packed({"mimetype": b"x", "attachments/001.pdf": b"%PDF" * 1000, "empty.txt": b""})[0])
    assert unzip_test(path) == 0
    broken = path.read_bytes().replace(b"%PDF", b"%PDG", 1)
    path.write_bytes(broken)
    assert unzip_test(path) != 0


@pytest.mark.parametrize("chunks", [[b"abc"], [b"abcde"], [b"abcf"], [b"ab", b"c"], [], [b"abcd", b"e"]])
def test_other_content_than_announced_is_refused(chunks: list[bytes]) -> None:
    announced = Content.of([b"abcd"])
    ZipWriter(io.BytesIO()).add("a", announced, [b"ab", b"cd"])
    with pytest.raises(ContentChanged) as caught:
        ZipWriter(io.BytesIO()).add("a", announced, chunks)
    assert caught.value.code == "container.file-changed"
    assert caught.value.where == "a"


def test_a_growing_file_does_not_fill_the_disk() -> None:
    sink = io.BytesIO()
    growing = itertools.repeat(b"x" * 100, 1000)
    with pytest.raises(ContentChanged):
        ZipWriter(sink).add("a", Content.of([b"x" * 150]), growing)
    assert len(sink.getvalue()) < 300
    assert len(list(growing)) == 998


@pytest.mark.parametrize(("size", "zip64"), [(2 * GIB, False), (MAX_32 - 1, False), (MAX_32, True), (5 * GIB, True)])
def test_zip64_begins_where_32_bits_end(size: int, zip64: bool) -> None:
    entry = Entry(name="a", size=size, crc32=1, offset=0)
    local, central = local_header(entry), central_header(entry)
    assert (len(local) > 31) is zip64
    assert (len(central) > 47) is zip64
    # version needed, flags, method, time, date, CRC, sizes, lengths of name and extra: the same in both
    assert local[4:30] == central[6:32]
    assert local[30:] == central[46:]


def test_an_archive_above_4_gib_is_read_by_zipfile_and_passes_the_gate(tmp_path: Path) -> None:
    """Sparse: the big member is a hole, so little but headers is written."""
    path = tmp_path / "big.asice"
    members = {
        **dict.fromkeys(["META-INF/manifest.xml", "META-INF/signatures0.xml", "consignment.xml", "letter.edxml"], b"x"),
        "attachments/001.bin": None,
        "attachments/002.txt": b"after",
    }
    write_sparse(path, {"mimetype": MIMETYPE, **members}, hole=5 * GIB)
    with zipfile.ZipFile(path) as second:
        assert [info.file_size for info in second.infolist()] == [31, 1, 1, 1, 1, 5 * GIB, 5]
        assert second.read("attachments/002.txt") == b"after"
        with second.open("attachments/001.bin") as big:
            assert big.read(10) == bytes(10)
    with open_container(path) as container:
        assert [entry.size for entry in container.attachments()] == [5 * GIB, 5]
        assert container.read("attachments/002.txt") == b"after"
    path.unlink()


def write_sparse(path: Path, members: dict[str, bytes | None], *, hole: int) -> None:
    """As ZipWriter would, with None for a member of `hole` zero bytes (whose CRC is left at 0)."""
    entries = []
    with path.open("wb") as file:
        for name, data in members.items():
            content = Content(size=hole, crc32=0, sha256="") if data is None else Content.of([data])
            entry = Entry(name=name, size=content.size, crc32=content.crc32, offset=file.tell())
            file.write(local_header(entry))
            if data is None:
                file.seek(hole, io.SEEK_CUR)
            else:
                file.write(data)
            entries.append(entry)
        start = file.tell()
        directory = b"".join(central_header(entry) for entry in entries)
        file.write(directory + end_records(count=len(entries), start=start, size=len(directory)))


def unzip_test(path: Path) -> int:
    return subprocess.run([require("unzip"), "-tqq", path], capture_output=True, check=False).returncode
