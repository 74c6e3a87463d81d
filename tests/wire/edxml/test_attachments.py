"""Attachments inside packets: the bytes decide, and a zipped file cannot fill the memory."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange_axis.domain.letter import Reference
from exchange_axis.wire.edxml import InlineAttachment, match, unwrap, write_letter
from exchange_axis.wire.edxml.attachments import MAX_RATIO, wrap
from exchange_axis.wire.edxml.reader import read_letter
from exchange_axis.wire.edxml.refusals import BadBase64, InflatedTooLarge
from exchange_axis.wire.edxml.writer import InlineFile
from tests.wire.edxml.values import LETTER


def archive(*entries: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, data in entries:
            file.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, compression)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["bang.xlsx", "van ban.doc", "anh.PDF", "khong duoi"])
def test_a_single_entry_is_the_payload_whatever_it_is_called_inside(name: str) -> None:
    assert unwrap(archive(("../../etc/passwd", b"noi dung")), name) == b"noi dung"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("ho so.zip", archive(("a.txt", b"a"))),
        ("HO SO.ZIP", archive(("a.txt", b"a"))),
        ("van ban.docx", archive(("a.xml", b"a"), ("b.xml", b"b"))),
        ("trong.docx", archive(("folder/", b""))),
        ("hong.doc", b"PK\x03\x04 hong"),
        ("cut.doc", archive(("a.txt", b"a" * 100))[:-10]),
        ("thuong.pdf", b"%PDF-1.7"),
    ],
)
def test_everything_else_is_left_alone(name: str, data: bytes) -> None:
    assert unwrap(data, name) == data


def test_a_damaged_entry_is_left_alone() -> None:
    data = bytearray(archive(("a.txt", b"noi dung"), compression=zipfile.ZIP_STORED))
    data[data.index(b"noi dung")] ^= 1

    assert unwrap(bytes(data), "a.doc") == bytes(data)


def test_an_encrypted_entry_is_left_alone() -> None:
    data = bytearray(archive(("a.txt", b"noi dung")))
    data[data.index(b"PK\x01\x02") + 8] |= 1

    assert unwrap(bytes(data), "a.doc") == bytes(data)


def test_a_bomb_is_refused_by_ratio_and_by_size() -> None:
    bomb = archive(("a.txt", b"\0" * 8_000_000))
    assert len(bomb) * MAX_RATIO < 8_000_000

    with pytest.raises(InflatedTooLarge) as by_ratio:
        unwrap(bomb, "a.doc")
    with pytest.raises(InflatedTooLarge) as by_size:
        unwrap(archive(("a.txt", bytes(range(256)) * 40)), "a.doc", max_inflated=10_000)

    assert {by_ratio.value.code, by_size.value.code} == {"edxml.inflated-too-large"}
    assert unwrap(archive(("a.txt", b"\0" * 900_000)), "a.doc") == b"\0" * 900_000


def test_the_size_that_an_archive_states_is_not_believed() -> None:
    """The central directory says 5 bytes; zipfile then gives no more than that, and never inflates the rest."""
    data = bytearray(archive(("a.txt", b"\0" * 3_000_000)))
    start = data.index(b"PK\x01\x02") + 24
    data[start : start + 4] = (5).to_bytes(4, "little")

    assert unwrap(bytes(data), "a.doc") == bytes(data)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["a.pdf", "a.PDF", "a.xlsx", "a.doc", "bảng.ods", "khong"]))
def test_what_is_wrapped_is_unwrapped(data: bytes, name: str) -> None:
    wrapped, kind = wrap(data, name, "token")

    assert kind == "application/zip" or wrapped == data
    if kind == "application/zip":
        assert unwrap(wrapped, name) == data


def test_base64_may_be_wrapped_but_not_wrong() -> None:
    written = write_letter(LETTER, inline=[InlineFile(data=b"%PDF-1.7" * 20)])
    encoded = base64.b64encode(b"%PDF-1.7" * 20)
    lines = b"\n".join(encoded[start : start + 76] for start in range(0, len(encoded), 76))

    wrapped = read_letter(written.replace(encoded, b"\n" + lines + b"\n")).inline[0]
    wrong = read_letter(written.replace(encoded, encoded + b"****")).inline[0]
    short = read_letter(written.replace(encoded, encoded[:-1])).inline[0]

    assert wrapped.decode() == b"%PDF-1.7" * 20
    for broken in (wrong, short):
        with pytest.raises(BadBase64) as caught:
            broken.decode()
        assert caught.value.code == "edxml.bad-base64"
        assert caught.value.where == "/edXML/AttachmentEncoded/Attachment"


def test_matching_by_id_then_name_then_place() -> None:
    inline = read_letter(write_letter(LETTER, inline=[InlineFile(data=b"x")])).inline
    make: Callable[[str, str], InlineAttachment] = lambda key, name: InlineAttachment(  # noqa: E731
        content_id=key, name=name, element=inline[0].element
    )
    pairs = (("1", "a"), ("2", "b"), ("3", "c"), ("4", "d"))
    references = [Reference(content_id=key, name=name) for key, name in pairs]

    def ids(*inline: InlineAttachment) -> list[str | None]:
        return [item.content_id if item else None for _, item in match(references, inline)]

    assert ids(make("9", "x"), make("8", "b"), make("1", "z")) == ["1", "8", "9", None]
    assert ids(make("2", "a"), make("1", "b")) == ["1", "2", None, None], "an id outweighs a name"
