"""A packet read as a stream is the packet the parser reads, whatever its dialect; hostile ones are refused by name."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from exchange_axis.domain.letter import Letter, Reference
from exchange_axis.wire.container_writer import TooManyAttachments
from exchange_axis.wire.edxml import InlineFile, match, read_letter, write_letter
from exchange_axis.wire.edxml.names import NAMESPACE, local_name
from exchange_axis.wire.edxml.source import ReadSource, is_oversized, read_source
from exchange_axis.wire.edxml.source_scan import SKELETON_BYTES
from exchange_axis.wire.members import MAX_ATTACHMENTS
from schemas.gate.limits import FOREIGN_LIMITS
from schemas.gate.refusal import Refusal
from tests.wire.edxml.test_attachments import archive
from tests.wire.edxml.values import LETTER, letters

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 3
PACKET = write_letter(LETTER, inline=[InlineFile(data=PDF)])
BASE64 = base64.b64encode(PDF)
MIB = 1024 * 1024
UNCUT = re.compile(rb"<AttachmentEncoded.*</AttachmentEncoded>", re.DOTALL)


def cut(data: bytes, size: int = MIB) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def read(data: bytes, size: int = MIB) -> tuple[ReadSource, list[bytes]]:
    with io.BytesIO() as spool:
        source = read_source(cut(data, size), spool)
        payloads = [b"".join(attachment.pieces()) for attachment in source.attachments]
    for payload, attachment in zip(payloads, source.attachments, strict=True):
        assert (len(payload), hashlib.sha256(payload).hexdigest()) == (
            attachment.content.size,
            attachment.content.sha256,
        )
    return source, payloads


def agree(data: bytes, size: int = MIB) -> None:
    """The same values, the same attachments, and a document that is the packet without AttachmentEncoded."""
    source, payloads = read(data, size)
    whole = read_letter(data)
    kept = tuple(one for one in whole.letter.kept if not one.xml.startswith(b"<edXML:AttachmentEncoded"))
    assert source.read.letter == replace(whole.letter, kept=kept)
    assert etree.tostring(source.read.normal) == etree.tostring(whole.normal)
    assert read_letter(source.document).letter == source.read.letter
    assert not source.read.inline
    pairs = match(whole.letter.references, whole.inline)
    assert payloads == [inline.decode() for _, inline in pairs if inline]
    assert [attachment.name for attachment in source.attachments] == [
        reference.name or (inline.name if inline else "") for reference, inline in pairs
    ]


def refusal(data: bytes, size: int = MIB) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read(data, size)
    assert "{" not in caught.value.message("vi") + caught.value.message("en")
    return caught.value


@st.composite
def packets(draw: st.DrawFn) -> bytes:
    """Letters with files inside, in the dialects of real traffic: order, white space, place, base64 in lines."""
    letter: Letter = draw(letters)
    files = st.one_of(st.binary(max_size=300), st.binary(max_size=50).map(lambda data: archive(("x.xls", data))))
    inline = [InlineFile(data=draw(files)) for _ in letter.references]
    root = etree.fromstring(write_letter(letter, inline=inline))
    for holder in root.iter(f"{{{NAMESPACE}}}AttachmentEncoded"):
        for attachment in holder:
            attachment[:] = draw(st.permutations(list(attachment)))
        holder[:] = draw(st.permutations(list(holder)))
    for content in root.iter(f"{{{NAMESPACE}}}ContentTransferEncoded"):
        if draw(st.booleans()):
            content.text = "\r\n\t " + "\n".join(re.findall(".{1,76}", content.text or "")) + "\n"
    extra = etree.Element("{urn:khac}Rieng")
    extra.text = "giữ nguyên"
    root.insert(
        draw(st.integers(0, len(root))), draw(st.sampled_from([extra, etree.Comment(" > AttachmentEncoded <a ")]))
    )
    if draw(st.booleans()):
        etree.indent(root)
    envelope = root.find(f"{{{NAMESPACE}}}edXMLEnvelope")
    holders = root.findall(f"{{{NAMESPACE}}}AttachmentEncoded")
    if envelope is not None and draw(st.booleans()):
        envelope.extend(holders)
    data = etree.tostring(root, encoding="UTF-8", xml_declaration=draw(st.booleans()))
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + data


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(packets(), st.sampled_from([1, 2, 7, 64, 1000, MIB]))
def test_a_stream_reads_what_the_parser_reads(data: bytes, size: int) -> None:
    agree(data, size)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(PACKET) - 1), st.integers(0, 40), st.binary(max_size=12), st.sampled_from([3, MIB]))
def test_bytes_changed_anywhere(start: int, count: int, insert: bytes, size: int) -> None:
    """Only refusals come out; and what the stream takes, the parser takes the same way."""
    data = PACKET[:start] + insert + PACKET[start + count :]
    try:
        read(data, size)
    except Refusal:
        return
    agree(data, size)


MARKUP = [
    "<AttachmentEncoded>", "</AttachmentEncoded>", "<Attachment>", "</Attachment>", "<ContentTransferEncoded>", "QUJD",
    "</ContentTransferEncoded>", "<ContentTransferEncoded/>", "<!-- ", " -->", "<![CDATA[", "]]>", "<a b='>'>", "</a>",
    "<x:AttachmentEncoded xmlns:x='urn:x'>", "</x:AttachmentEncoded>", "<edXMLEnvelope>", "</edXMLEnvelope>", " ",
    "<?p?>", "&#13;", "&#x", "A;", "==",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(MARKUP), max_size=14), st.integers(0, 3), st.sampled_from([1, MIB]))
def test_markup_in_any_disorder(pieces: list[str], place: int, size: int) -> None:
    """The scan by local names and the parser never see two different sets of attachments."""
    at = [len(PACKET) - len("</edXML>"), PACKET.index(BASE64), PACKET.index(b"<Attachment>"), PACKET.index(b"<edXML")][
        place
    ]
    data = PACKET[:at] + "".join(pieces).encode() + PACKET[at:]
    try:
        read(data, size)
    except Refusal:
        return
    agree(data, size)


def test_the_reduced_letter_is_cut_and_not_written_anew() -> None:
    odd = PACKET.replace(b"<edXML:Subject>", b"<!-- a -->\r\n<Khac  a = '1'>x</Khac><edXML:Subject>")
    source, payloads = read(odd)
    assert source.document == UNCUT.sub(b"", odd)
    assert payloads == [PDF]
    assert [one.xml for one in source.read.letter.kept] == [one.xml for one in read_letter(odd).letter.kept] != []


def test_attachments_come_in_the_order_of_their_references() -> None:
    names = ("một.pdf", "hai.xlsx", "ba.doc")
    letter = replace(LETTER, references=tuple(Reference(content_id=name, name=name) for name in names))
    root = etree.fromstring(write_letter(letter, inline=[InlineFile(data=name.encode()) for name in names]))
    holder = root[-1]
    holder[:] = reversed(holder)
    source, payloads = read(etree.tostring(root))
    assert [attachment.name for attachment in source.attachments] == list(names)
    assert payloads == [name.encode() for name in names], "the spreadsheet was zipped for the journey"


HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "CDATA inside base64": (lambda text: text[:8] + b"<![CDATA[" + text[8:] + b"]]>", "edxml.markup-in-base64"),
    "an element inside base64": (lambda text: text[:8] + b"<b/>" + text[8:], "edxml.markup-in-base64"),
    "a reference inside base64": (lambda text: b"&#65;" + text, "edxml.markup-in-base64"),
    "a reference to a no-break space": (lambda text: text[:8] + b"&#160;" + text[8:], "edxml.markup-in-base64"),
    "half a reference": (lambda text: text + b"&#1", "edxml.markup-in-base64"),
    "an endless reference": (lambda text: b"&#" + b"0" * 99 + b"13;" + text, "edxml.markup-in-base64"),
    "an entity inside base64": (lambda text: text + b"&lt;", "edxml.markup-in-base64"),
    "a PI inside base64": (lambda text: text[:8] + b"<?p?>" + text[8:], "edxml.markup-in-base64"),
    "a DOCTYPE inside base64": (lambda text: text[:8] + b"<!DOCTYPE a>" + text[8:], "edxml.markup-in-base64"),
    "a comment inside base64": (lambda text: text[:8] + b"<!-- -->" + text[8:], "gate.comment-in-text"),
    "a character too many": (lambda text: text + b"A", "edxml.bad-base64"),
    "a character too few": (lambda text: text[:-1], "edxml.bad-base64"),
    "other characters": (lambda text: text[:8] + b"*" + text[8:], "edxml.bad-base64"),
    "URL-safe base64": (lambda text: b"-_" + text[2:], "edxml.bad-base64"),
    "a no-break space": (lambda text: text[:8] + "\u00a0".encode() + text[8:], "edxml.bad-base64"),
    "padding in the middle": (lambda text: b"QQ==" + text, "edxml.bad-base64"),
    "padded twice": (lambda text: b"QQ==QQ==", "edxml.bad-base64"),
    "padding alone": (lambda text: b"====", "edxml.bad-base64"),
    "padded within the group": (lambda text: b"Q=Q=", "edxml.bad-base64"),
    "text that is not UTF-8": (lambda text: text + b"\xff", "edxml.bad-base64"),
}  # fmt: skip


@pytest.mark.parametrize("size", [1, 5, MIB])
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_base64(case: str, size: int) -> None:
    change, code = HOSTILE[case]
    assert refusal(PACKET.replace(BASE64, change(BASE64)), size).code == code
    agree(PACKET, size)


@pytest.mark.parametrize("size", [1, 5, MIB])
def test_base64_in_lines_however_their_ends_are_written(size: int) -> None:
    for end in (b"\n", b"\r\n", b"&#13;\n", b"&#xD;&#10;", b"&#x0000d;\n\t&#32; "):
        agree(PACKET.replace(BASE64, end.join([BASE64[:76], BASE64[76:152], BASE64[152:], b""])), size)


def put(before: bytes, new: bytes) -> bytes:
    assert PACKET.count(before) >= 1
    return PACKET.replace(before, new + before, 1)


CONTENT = b"<ContentTransferEncoded>QUJD</ContentTransferEncoded>"
SECOND = b"<edXML:Reference><edXML:ContentId>z</edXML:ContentId></edXML:Reference></edXML:edXMLManifest>"
BROKEN: dict[str, tuple[bytes, str]] = {
    "a DOCTYPE": (put(b"<edXML ", b"<!DOCTYPE edXML>"), "gate.doctype"),
    "an entity declaration": (put(b"<edXML ", b"<!ENTITY a 'b'>"), "gate.entity"),
    "another declaration": (put(b"<edXML ", b"<!abc>"), "gate.malformed"),
    "a PI": (put(b"<edXML:edXMLBody", b"<?p a?>"), "gate.processing-instruction"),
    "a PI at the end": (PACKET + b"<?p a?>", "gate.processing-instruction"),
    "UTF-16": (PACKET.decode().replace("UTF-8", "UTF-16").encode("utf-16"), "gate.not-utf8"),
    "a code page": (PACKET.replace("Báo cáo".encode(), b"B\xe1o c\xe1o"), "gate.not-utf8"),
    "a declared code page": (PACKET.replace(b"UTF-8", b"latin1"), "gate.encoding"),
    "an undeclared entity": (PACKET.replace(b"<edXML:Subject>", b"<edXML:Subject>&a;"), "gate.malformed"),
    "a comment inside text": (PACKET.replace(b"<edXML:Subject>", b"<edXML:Subject>a<!-- -->"), "gate.comment-in-text"),
    "cut in a tag": (PACKET[:-3], "gate.malformed"),
    "cut in base64": (PACKET[: PACKET.index(BASE64) + 100], "gate.malformed"),
    "cut behind base64": (PACKET[: PACKET.index(BASE64) + len(BASE64) + 1], "gate.malformed"),
    "cut between elements": (PACKET[: -len("</edXML>")], "gate.malformed"),
    "cut in a comment": (PACKET + b"<!-- a", "gate.malformed"),
    "a second root": (PACKET + b"<a/>", "gate.malformed"),
    "an end tag too many": (PACKET + b"</a>", "gate.malformed"),
    "crossed tags": (PACKET.replace(b"</Attachment>", b"</Attachments>"), "gate.malformed"),
    "too deep": (put(b"</edXML>", b"<a>" * 64 + b"</a>" * 64), "gate.too-deep"),
    "an attribute with <": (put(b"</edXML>", b"<a b='<'/>"), "gate.malformed"),
    "xml:base": (PACKET.replace(b"<edXML ", b"<edXML xml:base='http://a/' "), "gate.forbidden-attribute"),
    "no edXML": (b"<a/>", "edxml.not-edxml"),
    "nothing": (b"", "gate.malformed"),
    "nested AttachmentEncoded": (put(b"<AttachmentName>", b"<AttachmentEncoded/>"), "edxml.inline-structure"),
    "AttachmentEncoded elsewhere": (put(b"<edXML:MessageHeader", b"<AttachmentEncoded/>"), "edxml.inline-structure"),
    "AttachmentEncoded of another namespace": (
        put(b"</edXML>", b"<AttachmentEncoded xmlns='urn:a'/>"), "edxml.inline-structure",
    ),
    "content twice": (put(b"</Attachment>", CONTENT), "edxml.inline-structure"),
    "no content": (
        put(b"</AttachmentEncoded>", b"<Attachment/>").replace(b"</edXML:edXMLManifest>", SECOND),
        "edxml.inline-structure",
    ),
    "an attachment nobody lists": (
        put(b"</AttachmentEncoded>", b"<Attachment>" + CONTENT + b"</Attachment>"), "edxml.attachment-mismatch",
    ),
    "none of those listed": (UNCUT.sub(b"", PACKET), "edxml.attachment-mismatch"),
}  # fmt: skip


@pytest.mark.parametrize("size", [2, 5, MIB])
@pytest.mark.parametrize("case", BROKEN)
def test_hostile_structure(case: str, size: int) -> None:
    data, code = BROKEN[case]
    assert refusal(data, size).code == code


def named(name: str, data: bytes) -> bytes:
    """A packet whose one attachment has this name and these bytes, whatever the writer would do to them."""
    letter = replace(LETTER, references=(Reference(content_id="1", name=name),))
    return write_letter(letter, inline=[InlineFile(data=b"?")]).replace(
        base64.b64encode(wrapped_mark(name)), base64.b64encode(data)
    )


def wrapped_mark(name: str) -> bytes:
    assert name.endswith((".pdf", ".doc", ".docx", ".zip"))
    return b"?"


@pytest.mark.parametrize(
    ("name", "data", "payload"),
    [
        ("a.doc", archive(("x.doc", b"noi dung")), b"noi dung"),
        ("a.zip", archive(("x.doc", b"noi dung")), None),
        ("a.docx", archive(("a", b"1"), ("b", b"2")), None),
        ("a.doc", archive(("x", b"noi dung" * 20))[:-7], None),
        ("a.doc", archive(("x", b"a" * 500), compression=zipfile.ZIP_BZIP2), None),
        ("a.doc", archive(*((f"{number}", b"") for number in range(5000))), None),
    ],
)
def test_the_zip_rule(name: str, data: bytes, payload: bytes | None) -> None:
    packet = named(name, data)
    _, payloads = read(packet, 100)
    assert payloads == [data if payload is None else payload]
    agree(packet)


def test_a_zip_with_damaged_data_is_the_payload_itself() -> None:
    data = bytearray(archive(("x", bytes(range(256)) * 50)))
    data[60:90] = b"\xff" * 30
    agree(named("a.doc", bytes(data)))
    assert read(named("a.doc", bytes(data)))[1] == [data]


def test_a_zip_bomb_is_refused() -> None:
    bomb = named("a.doc", archive(("x", bytes(8_000_000))))
    assert refusal(bomb).code == "edxml.inflated-too-large"
    agree(named("a.doc", archive(("x", bytes(900_000)))))


def test_bombs_are_refused_together(monkeypatch: pytest.MonkeyPatch) -> None:
    names = tuple(f"{number}.xls" for number in range(3))
    letter = replace(LETTER, references=tuple(Reference(content_id=name, name=name) for name in names))
    packet = write_letter(letter, inline=[InlineFile(data=bytes(range(256)) * 40) for _ in names])
    monkeypatch.setattr("exchange_axis.wire.edxml.source.MAX_INFLATED_IN_ALL", 25_000)
    assert refusal(packet).code == "edxml.inflated-too-large"
    monkeypatch.setattr("exchange_axis.wire.edxml.source.MAX_INFLATED_IN_ALL", 40_000)
    agree(packet)


def test_a_directory_of_many_entries_takes_no_memory(tmp_path: Path) -> None:
    central = b"PK\x01\x02" + bytes(42)
    forged = b"PK\x03\x04" + bytes(26) + central * 200_000
    forged += b"PK\x05\x06" + bytes(8) + (200_000 * len(central)).to_bytes(4, "little") + (30).to_bytes(4, "little")
    packet = named("a.doc", forged + bytes(2))
    with (tmp_path / "spool").open("w+b") as spool:
        tracemalloc.start()
        source = read_source(cut(packet), spool)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert source.attachments[0].content.size == len(forged) + 2
    assert peak < 8 * MIB


def test_too_many_attachments() -> None:
    one = b"<Attachment><ContentTransferEncoded/></Attachment>"
    data = put(b"</AttachmentEncoded>", one * MAX_ATTACHMENTS)
    assert refusal(data).code == TooManyAttachments.code
    assert refusal(data.replace(one, b"", 1)).code == "edxml.attachment-mismatch"


def test_everything_but_base64_keeps_the_limits_of_the_gate() -> None:
    for long in (FOREIGN_LIMITS.text_bytes + 1, SKELETON_BYTES + 1):
        assert refusal(put(b"</edXML:Subject>", b"a" * long)).code == "gate.text-too-long"
    assert refusal(put(b"</edXML>", b"<!--" + b"a" * SKELETON_BYTES + b"-->")).code == "gate.too-large"
    assert (
        refusal(put(b"</edXML>", b"<a>" + b"<b/>" * FOREIGN_LIMITS.elements + b"</a>")).code == "gate.too-many-elements"
    )
    assert refusal(put(b"</edXML>", b"<!---->" * 10_001)).code == "gate.too-many-comments"


def large(path: Path, size: int) -> str:
    """A packet with `size` bytes of base64 in one text; the digest of what it encodes."""
    block = bytes(range(256)) * 3 * 1024
    digest = hashlib.sha256()
    head, tail = PACKET.split(BASE64)
    with path.open("wb") as file:
        file.write(head)
        for _ in range(size // (len(block) * 4 // 3)):
            file.write(base64.b64encode(block))
            digest.update(block)
        file.write(tail)
    return digest.hexdigest()


def test_forty_megabytes_take_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "letter.edxml"
    sha256 = large(path, 40 * MIB)
    assert path.stat().st_size > 39 * MIB
    with path.open("rb") as file, (tmp_path / "spool").open("w+b") as spool:
        tracemalloc.start()
        assert is_oversized(iter(lambda: file.read(MIB), b""), path.stat().st_size)
        file.seek(0)
        source = read_source(iter(lambda: file.read(MIB), b""), spool)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert [attachment.content.sha256 for attachment in source.attachments] == [sha256]
    assert source.read.letter == LETTER
    assert peak < 8 * MIB
    assert local_name(etree.fromstring(source.document)) == "edXML"


@pytest.mark.parametrize("more", [0, 1])
def test_only_what_the_parser_refuses_is_reduced(more: int) -> None:
    text = b"A" * (FOREIGN_LIMITS.text_bytes + more)
    data = PACKET.replace(BASE64, text)
    assert is_oversized(cut(data, 1000), len(data)) is bool(more)
    if more:
        with pytest.raises(Refusal) as caught:
            read_letter(data)
        assert caught.value.code == "gate.text-too-long"
    else:
        assert read_letter(data).inline


def test_size_alone_decides_where_it_can() -> None:
    unread = iter([PACKET])
    assert not is_oversized(unread, FOREIGN_LIMITS.text_bytes)
    assert is_oversized(unread, FOREIGN_LIMITS.document_bytes + 1)
    assert next(unread) == PACKET
    many = b"<a>" + b"<b>1</b>" * 2_000_000
    assert not is_oversized(cut(many), len(many))
