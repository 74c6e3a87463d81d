"""Kinds of files by content, and archives within limits."""

from __future__ import annotations

import io
import zipfile

import pytest

from schemas.gate.archive import ArchiveLimits, ArchiveReader, BombSuspected
from schemas.gate.files import FileFlag, Handling, extension_of, file_policy, type_of
from signing.examine import examine

HEADS = {
    b"%PDF-1.7": "pdf",
    b"junk then %PDF-1.4": "pdf",
    b"PK\x03\x04rest": "zip",
    bytes.fromhex("d0cf11e0a1b11ae1"): "ole",
    b"MZ\x90": "windows-program",
    b"\x7fELF": "linux-program",
    b"#!/bin/sh": "script",
    b'<?xml version="1.0"?>': "xml",
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff\xe0": "jpeg",
    b"Rar!\x1a\x07\x00": "rar",
    b"": "empty",
    "Kính gửi".encode(): "unknown",
}


@pytest.mark.parametrize("head", HEADS)
def test_the_first_bytes_decide(head: bytes) -> None:
    assert type_of(head) == HEADS[head]


def test_every_kind_has_a_policy_and_programs_are_refused() -> None:
    types = file_policy().types
    assert types["pdf"].policy is Handling.ALLOW
    assert {name for name, one in types.items() if one.policy is Handling.REFUSE} == {
        "windows-program", "linux-program", "mac-program", "shortcut", "script",
    }  # fmt: skip
    assert file_policy().of_flag("never heard of") is Handling.FLAG


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Công văn.PDF", "pdf"), ("a.pdf.exe", "exe"), ("a.exe. .", "exe"), ("x\\y.DOC", "doc"), ("không đuôi", "")],
)
def test_extensions(name: str, expected: str) -> None:
    assert extension_of(name) == expected


def archive(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members:
            made.writestr(name, data)
    return out.getvalue()


OFFICE = ("[Content_Types].xml", b"<Types/>")


@pytest.mark.parametrize(
    ("data", "kind", "flags"),
    [
        (archive(("a.txt", b"x")), "zip", set()),
        (archive(OFFICE, ("word/document.xml", b"<w/>")), "docx", set()),
        (archive(OFFICE, ("xl/workbook.xml", b"<w/>")), "xlsx", set()),
        (archive(OFFICE, ("word/document.xml", b"<w/>"), ("word/vbaProject.bin", b"x")), "docx", {FileFlag.MACRO}),
        (archive(OFFICE, ("word/document.xml", b"<w/>"), ("word/embeddings/o.bin", b"x")), "docx", {FileFlag.EMBEDDED}),
        (archive(("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", b"<w/>")), "odt", set()),
        (
            archive(("mimetype", b"application/vnd.oasis.opendocument.text"), ("Basic/Standard/Module1.xml", b"<w/>")),
            "odt",
            {FileFlag.MACRO},
        ),
        (archive(("zeros", b"\0" * 2_000_000)), "zip", {FileFlag.BOMB}),
        (bytes.fromhex("d0cf11e0a1b11ae1") + "Workbook".encode("utf-16-le"), "ole", set()),
        (bytes.fromhex("d0cf11e0a1b11ae1") + "_VBA_PROJECT_CUR".encode("utf-16-le"), "ole", {FileFlag.MACRO}),
        (bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"), "ole", {FileFlag.ENCRYPTED}),
    ],
)
def test_office_files_and_what_they_carry(data: bytes, kind: str, flags: set[FileFlag]) -> None:
    found = examine(io.BytesIO(data), len(data))
    assert (found.kind, set(found.flags), found.problem) == (kind, flags, None)


def test_a_damaged_archive_is_a_problem_and_no_error() -> None:
    data = archive(("a.pdf", b"%PDF-1.7"))[:-10]
    found = examine(io.BytesIO(data), len(data))
    assert found.flags == {FileFlag.UNREADABLE}


def test_members_are_counted_and_measured_while_they_are_inflated() -> None:
    data = archive(*((f"{number}", b"x" * 1000) for number in range(11)))
    assert ArchiveReader(io.BytesIO(data), limits=ArchiveLimits(members=11)).look().flags == frozenset()
    assert ArchiveReader(io.BytesIO(data), limits=ArchiveLimits(members=10)).look().flags == {FileFlag.BOMB}
    reader = ArchiveReader(io.BytesIO(data), limits=ArchiveLimits(total=1_500))
    assert b"".join(reader.inflate(0)) == b"x" * 1000
    with pytest.raises(BombSuspected):
        list(reader.inflate(1))
