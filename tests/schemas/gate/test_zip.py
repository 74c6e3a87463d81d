"""The gate for containers: each violation refused for its reason, and a second reader agrees on what is admitted."""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile
from collections import Counter
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.gate import zip_refusals
from schemas.gate.refusal import Refusal
from schemas.gate.zip import ZipEntry, ZipLimits, admit_zip, check_crc, stream_member
from tests.schemas.gate.archives import CONTAINER_TYPE, Archive, Header, Member, good_members, with_member
from tests.schemas.gate.zip_vectors import GOOD, VECTORS, Vector

WIDE = 0xFFFF_FFFF


def test_vectors_are_told_apart() -> None:
    assert [name for name, count in Counter(vector.id for vector in VECTORS).items() if count > 1] == []


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_vector(vector: Vector) -> None:
    file = io.BytesIO(vector.make())
    if vector.code is None:
        assert _by_the_gate(file, admit_zip(file)) == _by_python(file)
        return
    with pytest.raises(Refusal) as caught:
        admit_zip(file)
    assert caught.value.code == vector.code
    assert "{" not in caught.value.message("vi") + caught.value.message("en"), "a template lacks a fact"


Read = list[tuple[str, int, int, bytes]]
"""Name, size, CRC and content of each member."""


def _by_the_gate(file: IO[bytes], entries: tuple[ZipEntry, ...]) -> Read:
    whole = _bytes(file)
    pieces = (b"".join(stream_member(io.BytesIO(whole), entry, piece=5)) for entry in entries)
    return [(entry.name, entry.size, entry.crc32, data) for entry, data in zip(entries, pieces, strict=True)]


def _by_python(file: IO[bytes]) -> Read:
    with zipfile.ZipFile(file) as second:
        return [(info.filename, info.file_size, info.CRC, second.read(info)) for info in second.infolist()]


def _bytes(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def test_every_refusal_of_zip_has_a_vector() -> None:
    codes = {refusal.code for refusal in zip_refusals.ZipRefusal.__subclasses__()}
    # The length of the whole file needs no archive: see below.
    assert codes - {vector.code for vector in VECTORS} == {"zip.too-large"}


def test_every_refusal_tells_people_in_both_languages_what_to_do() -> None:
    for refusal in zip_refusals.ZipRefusal.__subclasses__():
        texts = (refusal.vi, refusal.en, refusal.remedy_vi, refusal.remedy_en)
        assert all(texts), refusal
        assert all(unicodedata.is_normalized("NFC", text) for text in texts), refusal


def test_limits_are_those_of_the_caller() -> None:
    data = GOOD.build()
    assert len(admit_zip(io.BytesIO(data), limits=ZipLimits(archive_bytes=len(data), members=7))) == 7
    for limits, code in (
        (ZipLimits(archive_bytes=len(data) - 1), "zip.too-large"),
        (ZipLimits(members=6), "zip.too-many-members"),
    ):
        with pytest.raises(Refusal) as caught:
            admit_zip(io.BytesIO(data), limits=limits)
        assert caught.value.code == code


def test_an_archive_written_by_python_is_admitted() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as writer:
        for member in good_members():
            writer.writestr(zipfile.ZipInfo(member.name.decode()), member.data)
    assert _by_the_gate(file, admit_zip(file)) == _by_python(file)


def test_an_archive_deflated_by_python_is_not() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as writer:
        for member in good_members():
            writer.writestr(zipfile.ZipInfo(member.name.decode()), member.data, zipfile.ZIP_DEFLATED)
    with pytest.raises(Refusal) as caught:
        admit_zip(file)
    assert caught.value.code == "zip.compressed"


def test_offsets_are_those_of_the_data() -> None:
    data = GOOD.build()
    for entry, member in zip(admit_zip(io.BytesIO(data)), good_members(), strict=True):
        assert data[entry.offset : entry.offset + entry.size] == member.data


def test_crc_is_checked_while_streaming() -> None:
    file = io.BytesIO(with_member(5, good_members()[5].both(crc=1)).build())
    attachment = admit_zip(file)[5]
    received = []
    with pytest.raises(Refusal) as caught:
        for piece in stream_member(file, attachment, piece=4):
            received.append(piece)
    assert (caught.value.code, caught.value.where) == ("zip.crc", "attachments/001.pdf")
    assert b"".join(received) == b"%PDF-1.7 one"


def test_each_bit_of_the_data_counts() -> None:
    data = GOOD.build()
    attachment = admit_zip(io.BytesIO(data))[5]
    check_crc(io.BytesIO(data), attachment)
    for bit in range(attachment.size * 8):
        bent = bytearray(data)
        bent[attachment.offset + bit // 8] ^= 1 << bit % 8
        with pytest.raises(Refusal) as caught:
            check_crc(io.BytesIO(bytes(bent)), attachment)
        assert caught.value.code == "zip.crc"


def test_a_file_that_shrinks_while_read_is_refused() -> None:
    data = GOOD.build()
    attachment = admit_zip(io.BytesIO(data))[5]
    with pytest.raises(Refusal) as caught:
        check_crc(io.BytesIO(data[: attachment.offset + 3]), attachment)
    assert caught.value.code == "zip.truncated"


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(GOOD.build()) - 1), st.integers(1, 255))
def test_no_single_byte_of_a_header_is_free_to_lie(at: int, difference: int) -> None:
    """Only data and the few fields that no reader acts on (who made it, mode bits) may differ and still be admitted."""
    data = bytearray(GOOD.build())
    data[at] ^= difference
    good = admit_zip(io.BytesIO(GOOD.build()))
    try:
        assert admit_zip(io.BytesIO(bytes(data))) == good
    except Refusal as refusal:
        assert refusal.code.startswith("zip.")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_bytes(data: st.DataObject) -> None:
    plain = bytearray(GOOD.build())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(plain)))
        plain[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    try:
        entries = admit_zip(io.BytesIO(bytes(plain)))
    except Refusal as refusal:
        assert refusal.code.startswith("zip.")
        return
    assert [entry.name for entry in entries] == zipfile.ZipFile(io.BytesIO(bytes(plain))).namelist()


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_short_bytes(data: bytes) -> None:
    with pytest.raises(Refusal):
        admit_zip(io.BytesIO(data))


# --- above 4 GiB: sparse files, whose zeros take no room and whose data is not read ----------------------------------


def _wide_archive(path: Path, *, size: int, crc: int = 0, local_size: int | None = None) -> None:
    """A first attachment of `size` zeros, a second one behind it, and the ZIP64 records that go with them."""
    local_size = size if local_size is None else local_size
    head = [*good_members()[:5]]
    big = Member(
        name=b"attachments/001.bin", local=Header(version=45, extra=struct.pack("<2H2Q", 1, 16, *[local_size] * 2))
    )
    start = len(_locals(head))
    last_offset = start + 30 + len(big.name) + 20 + size
    wide = Header(version=45, crc=crc, size=WIDE, stored=WIDE)
    big_local = Header(version=45, crc=crc, size=WIDE, stored=WIDE, extra=big.local.extra)
    last = Member(name=b"attachments/002", data=b"end", local=Header(version=45))
    with path.open("wb") as file:
        file.write(_locals([*head, Member(name=big.name, local=big_local)]))
        file.seek(last_offset)
        file.write(_locals([last]))
        offset = file.tell()
        directory = b"".join(_entry(member, _locals(head[:index])) for index, member in enumerate(head))
        directory += _record(big.name, b"", wide, struct.pack("<2H2Q", 1, 16, size, size), start)
        directory += _record(last.name, b"end", last.local, struct.pack("<2HQ", 1, 8, last_offset), WIDE)
        file.write(directory)
        at = file.tell()
        file.write(b"PK\x06\x06" + struct.pack("<Q2H2I4Q", 44, 45, 45, 0, 0, 7, 7, len(directory), offset))
        file.write(b"PK\x06\x07" + struct.pack("<IQI", 0, at, 1))
        file.write(b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 7, 7, len(directory), WIDE, 0))


def _locals(members: list[Member]) -> bytes:
    parts = (
        b"PK\x03\x04" + member.local.pack(member.name, member.data) + member.local.names(member.name) + member.data
        for member in members
    )
    return b"".join(parts)


def _entry(member: Member, before: bytes) -> bytes:
    return _record(member.name, member.data, member.local, b"", len(before))


def _record(name: bytes, data: bytes, header: Header, extra: bytes, offset: int) -> bytes:
    fields = Header(version=header.version, crc=header.crc, size=header.size, stored=header.stored, extra=extra).pack(
        name, data
    )
    return b"PK\x01\x02\x14\x03" + fields + struct.pack("<3H2I", 0, 0, 0, 0, offset) + name + extra


def test_zip64_is_admitted_above_4_gib(tmp_path: Path) -> None:
    path = tmp_path / "wide.asice"
    _wide_archive(path, size=WIDE + 10)
    with path.open("rb") as file:
        entries = admit_zip(file)
        assert (entries[5].name, entries[5].size) == ("attachments/001.bin", WIDE + 10)
        assert b"".join(stream_member(file, entries[6])) == b"end"
    with zipfile.ZipFile(path) as second:
        assert [(info.filename, info.file_size) for info in second.infolist()] == [
            (entry.name, entry.size) for entry in entries
        ]
        assert second.read("attachments/002") == b"end"


def test_zip64_sizes_of_both_headers_must_agree(tmp_path: Path) -> None:
    path = tmp_path / "wide.asice"
    _wide_archive(path, size=WIDE + 10, local_size=WIDE + 11)
    with path.open("rb") as file, pytest.raises(Refusal) as caught:
        admit_zip(file)
    assert caught.value.code == "zip.headers-differ"


def test_zip64_length_is_bounded_too(tmp_path: Path) -> None:
    path = tmp_path / "wide.asice"
    _wide_archive(path, size=WIDE + 10)
    with path.open("rb") as file, pytest.raises(Refusal) as caught:
        admit_zip(file, limits=ZipLimits(archive_bytes=WIDE))
    assert caught.value.code == "zip.too-large"


def test_the_content_type_is_that_of_asic_e() -> None:
    """Spelled out here once more, so that builder and gate cannot be wrong together."""
    assert CONTAINER_TYPE == b"application/vnd.etsi.asic-e+zip"
    assert Archive(members=good_members()).build()[38:69] == CONTAINER_TYPE
