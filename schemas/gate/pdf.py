"""The look at a PDF before any parser: is it one, does it end, does it claim a signature, does it act.

Rules of this file:
1. One pass over the bytes, in pieces, with searches that the interpreter does in C: an ordinary unsigned file of 10 MB
   costs some milliseconds, and no structure of the file is believed.
2. It refuses what is no whole PDF. What it sees besides is told, for others to judge: names inside compressed streams
   are beyond it, so "not seen" never means "not there".

Source: ISO 32000-2, 7.5 (file structure), 7.3.5 (a name may be spelled with #xx).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, ClassVar, Final

from schemas.gate.limits import MIB
from schemas.gate.refusal import Refusal


class Feature(StrEnum):
    """What a PDF may carry besides pages."""

    SIGNED = "signed"
    ENCRYPTED = "encrypted"
    JAVASCRIPT = "javascript"
    LAUNCH = "launch"
    EMBEDDED_FILES = "embedded-files"
    RICH_MEDIA = "rich-media"
    XFA = "xfa"


ACTIVE: Final = frozenset({Feature.JAVASCRIPT, Feature.LAUNCH, Feature.RICH_MEDIA, Feature.XFA})
"""What acts by itself or draws what no signature shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfLimits:
    file_bytes: int = 512 * MIB
    objects: int = 500_000
    """Indirect objects by their mark; the largest public forms have under 100,000."""
    pages: int = 20_000
    header_window: int = 1_024
    """Bytes at the start in which readers look for the header."""
    end_window: int = 2_048
    """Bytes at the end in which readers look for the last mark."""


PDF_LIMITS: Final = PdfLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfFace:
    size: int
    version: str
    features: frozenset[Feature]
    trailing: int
    """Bytes after the last end-of-file mark that are not white space."""


class PdfRefusal(Refusal):
    remedy_vi: ClassVar[str] = "Xuất lại tệp PDF từ phần mềm soạn thảo rồi ký và gửi lại"
    remedy_en: ClassVar[str] = "Export the PDF again from the program it was written in, sign it and send again"


class NotPdf(PdfRefusal):
    code: ClassVar[str] = "pdf.not-pdf"
    vi: ClassVar[str] = "Tệp không bắt đầu bằng %PDF"
    en: ClassVar[str] = "The file does not begin with %PDF"


class PdfPrefixed(PdfRefusal):
    """Two readers may see two different files."""

    code: ClassVar[str] = "pdf.prefixed"
    vi: ClassVar[str] = "Có {count} byte lạ trước %PDF"
    en: ClassVar[str] = "There are {count} foreign bytes before %PDF"


class PdfTruncated(PdfRefusal):
    code: ClassVar[str] = "pdf.truncated"
    vi: ClassVar[str] = "Tệp PDF bị cắt cụt: cuối tệp không có dấu kết thúc %%EOF"
    en: ClassVar[str] = "The PDF is cut off: there is no %%EOF at its end"


class PdfTooLarge(PdfRefusal):
    code: ClassVar[str] = "pdf.too-large"
    vi: ClassVar[str] = "Tệp PDF quá lớn để kiểm tra: {count} {unit}, tối đa {limit}"
    en: ClassVar[str] = "The PDF is too large to be checked: {count} {unit}, at most {limit}"


def _name(text: str) -> str:
    """A PDF name in every spelling: each character may be written as #xx."""
    letters = "".join(f"(?:{one}|#{ord(one):02x}|#{ord(one):02X})" for one in text)
    return letters + ("s?" if text == "EmbeddedFile" else "")  # one names the stream, the other the tree


_NAMES: Final = {
    Feature.SIGNED: "ByteRange",
    Feature.ENCRYPTED: "Encrypt",
    Feature.JAVASCRIPT: "JavaScript",
    Feature.LAUNCH: "Launch",
    Feature.EMBEDDED_FILES: "EmbeddedFile",
    Feature.RICH_MEDIA: "RichMedia",
    Feature.XFA: "XFA",
}
_SPELLINGS: Final = "|".join(f"({_name(name)})" for name in _NAMES.values()).encode("ascii")
_FEATURE: Final = re.compile(b"/(?:" + _SPELLINGS + rb")[ \t\r\n\0\f/<\[(]")
"""The last character keeps the noise of compressed streams from looking like a name."""
_SEEN: Final = tuple(_NAMES)
_HEADER: Final = re.compile(rb"%PDF-([0-9]\.[0-9])")
_END: Final = b"%%EOF"
_OBJECT: Final = b" obj"
_OVERLAP: Final = 64
"""Bytes carried from piece to piece, more than the longest thing searched for."""
_WHITE: Final = b"\0\t\n\f\r "


def admit_pdf(file: BinaryIO, size: int, *, limits: PdfLimits = PDF_LIMITS) -> PdfFace:
    """What can be seen of a PDF without reading its structure.

    Args:
        file: at its start; its position is moved.

    Raises:
        NotPdf, PdfPrefixed, PdfTruncated, PdfTooLarge.
    """
    if size > limits.file_bytes:
        raise PdfTooLarge(count=size, unit="byte", limit=limits.file_bytes)
    features: set[Feature] = set()
    objects, header, tail = 0, b"", b""
    for piece, fresh in _pieces(file):
        header = header or piece[: limits.header_window]
        tail = (tail + piece[fresh:])[-limits.end_window :]
        objects += piece.count(_OBJECT, max(fresh - len(_OBJECT) + 1, 0))
        if objects > limits.objects:
            raise PdfTooLarge(count=objects, unit="object", limit=limits.objects)
        features.update(_SEEN[(found.lastindex or 1) - 1] for found in _FEATURE.finditer(piece))
    version = _version(header)
    return PdfFace(size=size, version=version, features=frozenset(features), trailing=_trailing(tail))


def _pieces(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Pieces that overlap, and where the new part of each begins."""
    carried = b""
    while piece := file.read(MIB):
        yield carried + piece, len(carried)
        carried = (carried + piece)[-_OVERLAP:]


def _version(header: bytes) -> str:
    found = _HEADER.search(header)
    if found is None:
        raise NotPdf
    if found.start() > 0 and header[: found.start()] != b"\xef\xbb\xbf":  # some programs write a byte order mark
        raise PdfPrefixed(count=found.start())
    return found[1].decode("ascii")


def _trailing(tail: bytes) -> int:
    at = tail.rfind(_END)
    if at < 0:
        raise PdfTruncated
    return len(tail[at + len(_END) :].strip(_WHITE))
