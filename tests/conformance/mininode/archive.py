"""The container: writing and reading the ASiC-E archive byte by byte."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from xml.sax.saxutils import quoteattr

from .common import need, parse_signed

MEDIA = "application/vnd.etsi.asic-e+zip"
MANIFEST = "META-INF/manifest.xml"
SIGNATURES = "META-INF/signatures0.xml"
MANIFEST_NS = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
ATTACHMENT = re.compile(r"attachments/(\d{3})(\.[a-z0-9]{1,8})?")
KNOWN_MEDIA = {".edxml": "application/xml", ".xml": "application/xml", ".pdf": "application/pdf"}
LOCAL = struct.Struct("<4sHHHHHIIIHH")
CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
END = struct.Struct("<4sHHHHIIH")


def media_type(name: str) -> str:
    """The media type of a member, by its extension."""
    dot = name.rfind(".")
    return KNOWN_MEDIA.get(name[dot:] if dot >= 0 else "", "application/octet-stream")


def manifest(types: dict[str, str]) -> bytes:
    """META-INF/manifest.xml for the signed members."""
    entries = {"/": MEDIA, **types}
    lines = "".join(
        f"<manifest:file-entry manifest:full-path={quoteattr(name)} manifest:media-type={quoteattr(media)}/>"
        for name, media in entries.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<manifest:manifest xmlns:manifest="{MANIFEST_NS}" manifest:version="1.2">{lines}</manifest:manifest>'
    ).encode()


def write(members: dict[str, bytes]) -> bytes:
    """Write a stored-only archive with constant dates."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.create_version, info.extract_version, info.create_system = 10, 10, 0
            archive.writestr(info, data)
    return out.getvalue()


def read(data: bytes) -> dict[str, bytes]:
    """An archive in which every byte belongs to exactly one thing. Without ZIP64, so below 4 GiB."""
    need(len(data) >= END.size, "too short for an archive")
    magic, disk, start_disk, here, count, size, offset, comment = END.unpack(data[-END.size :])
    need(magic == b"PK\5\6" and not (disk or start_disk or comment), "no clean end record")
    need(here == count and 0 < count <= 1000 and offset + size + END.size == len(data), "end record does not fit")
    members: dict[str, bytes] = {}
    position, directory = 0, offset
    for _ in range(count):
        need(directory + CENTRAL.size <= offset + size, "directory too short")
        position, directory, name, content = _member(data, position, directory)
        need(position <= offset, "member beyond the directory")
        need(name.lower() not in {known.lower() for known in members}, "a name stands twice")
        members[name] = content
    need(position == offset and directory == offset + size, "bytes that belong to nothing")
    _check_order(members)
    return members


def _member(data: bytes, position: int, directory: int) -> tuple[int, int, str, bytes]:
    """Where the next member and the next entry begin, and this one's name and content."""
    entry = CENTRAL.unpack(data[directory : directory + CENTRAL.size])
    magic, shared = entry[0], entry[2:12]
    version, flags, method, _time, _date, crc, packed, size, name_length, extra_length = shared
    comment, disk, internal, external, where = entry[12:]
    need(magic == b"PK\1\2" and where == position, "directory entry out of place")
    need(not (comment or disk or extra_length) and packed == size, "odd directory entry")
    need(version in {10, 20} and flags & ~0x800 == 0 and method == 0, "not stored plainly")
    need(not internal and not external & 0x18 and external >> 28 in {0, 8}, "not a regular file")
    need(len(data) >= position + LOCAL.size, "member too short")
    local = LOCAL.unpack(data[position : position + LOCAL.size])
    need(local[0] == b"PK\3\4" and local[1:] == shared, "local and central header differ")
    name_at, start = position + LOCAL.size, position + LOCAL.size + name_length
    raw = data[directory + CENTRAL.size : directory + CENTRAL.size + name_length]
    need(data[name_at:start] == raw and raw.isascii() and 0 < name_length <= 64, "names differ, or are not allowed")
    content = data[start : start + size]
    need(len(content) == size and zlib.crc32(content) == crc, "wrong size or CRC")
    return start + size, directory + CENTRAL.size + name_length, raw.decode("ascii"), content


def signed_names(members: dict[str, bytes]) -> list[str]:
    """The members from the fourth on, in order."""
    return list(members)[3:]


def check_manifest(members: dict[str, bytes], types: dict[str, str]) -> None:
    """Compare the manifest with the media types of the signature."""
    root = parse_signed(members[MANIFEST])
    space = f"{{{MANIFEST_NS}}}"
    need(root.tag == space + "manifest" and root.get(space + "version") == "1.2", "no ODF 1.2 manifest")
    entries = [(e.get(space + "full-path"), e.get(space + "media-type")) for e in root if e.tag == space + "file-entry"]
    need(len(entries) == len(root) and sorted(entries) == sorted({"/": MEDIA, **types}.items()), "manifest differs")


def _check_order(members: dict[str, bytes]) -> None:
    names = list(members)
    need(names[:4] == ["mimetype", MANIFEST, SIGNATURES, "consignment.xml"], "members out of order")
    need(members["mimetype"] == MEDIA.encode(), "another mimetype")
    need(len(names) > 4 and names[4] in ("letter.edxml", "status.edxml"), "no edXML in its place")
    rest = names[5:]
    if rest and rest[-1] == "source/received.edxml":
        rest.pop()
    for number, name in enumerate(rest, 1):
        match = ATTACHMENT.fullmatch(name)
        need(match and int(match.group(1)) == number, f"unexpected member {name}")
    need(names[4] == "letter.edxml" or len(names) == 5, "a status has no further members")
