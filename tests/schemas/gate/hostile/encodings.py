"""Other encodings than UTF-8, declared or not, and octets that are no characters."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from tests.schemas.gate.hostile.letter import Hostile, document, letter

_DECLARED = (
    "UTF-7", "UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UCS-2", "UCS-4", "ISO-10646-UCS-2", "US-ASCII", "ISO-8859-1",
    "ISO-8859-15", "windows-1252", "windows-1258", "TCVN", "VISCII", "VNI", "GB18030", "GBK", "GB2312", "Big5",
    "Shift_JIS", "EUC-JP", "ISO-2022-JP", "EUC-KR", "KOI8-R", "IBM037", "EBCDIC-CP-US", "HZ-GB-2312", "CESU-8", "UTF8",
    "utf_8", "UTF-8-SIG", "x-user-defined", "none", "",
)  # fmt: skip
_ENCODED = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "cp037")
"""Nothing of the document is legible as UTF-8."""
_LEGACY = {
    "cp1258": "Công văn",
    "cp1252": "Tuy Hòa ê",
    "latin-1": "Bình Thuân",
    "gb18030": "公文",
    "big5": "公文",
    "shift-jis": "公文書",
    "euc-jp": "公文書",
    "euc-kr": "공문",
    "koi8-r": "письмо",
}
_BROKEN = {
    "overlong-slash": b"\xc0\xaf",
    "overlong-nul": b"\xc0\x80",
    "overlong-less-than": b"\xc0\xbc",
    "overlong-3": b"\xe0\x80\xbc",
    "overlong-4": b"\xf0\x80\x80\xbc",
    "overlong-5": b"\xf8\x80\x80\x80\xbc",
    "overlong-6": b"\xfc\x80\x80\x80\x80\xbc",
    "surrogate-high": b"\xed\xa0\x80",
    "surrogate-low": b"\xed\xbf\xbf",
    "surrogate-pair": b"\xed\xa0\x81\xed\xb0\x80",
    "above-10ffff": b"\xf4\x90\x80\x80",
    "far-above": b"\xf7\xbf\xbf\xbf",
    "lone-continuation": b"\x80",
    "two-continuations": b"\xbf\xbf",
    "cut-of-two": b"\xc3",
    "cut-of-three": b"\xe1\xbb",
    "cut-of-four": b"\xf0\xa0\x80",
    "fe": b"\xfe",
    "ff": b"\xff",
    "mark-of-utf-16": b"\xff\xfe",
}
_CONTROLS = (*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20))
_REFERENCES = (
    "&#0;", "&#1;", "&#x8;", "&#x1F;", "&#xD800;", "&#xDFFF;", "&#xFFFE;", "&#xFFFF;", "&#x110000;", "&#;", "&#x;",
    "&#-1;",
)  # fmt: skip
_HOLES = ("to", "attribute", "body")


def documents() -> Iterator[Hostile]:
    for name, quote in product(_DECLARED, ("'", '"')):
        before = f"<?xml version={quote}1.0{quote} encoding={quote}{name}{quote}?>".encode()
        good = f"<?xml version={quote}1.0{quote} encoding={quote}utf-8{quote}?>".encode()
        kind = "apostrophe" if quote == "'" else "quote"
        yield document(
            "encoding-declared", f"{name}-{kind}", "gate.encoding", letter(before=before), twin=letter(before=good)
        )
    for name in _ENCODED:
        yield document("encoding-used", name, "gate.not-utf8", letter(before=b"").decode().encode(name, "replace"))
    for (name, text), hole in product(_LEGACY.items(), _HOLES):
        octets = letter(**{hole: text.encode(name)})
        good = letter(**{hole: text.encode()})
        yield document("encoding-used", f"{name}-{hole}", "gate.not-utf8", octets, twin=good)
    for (name, octets), hole in product(_BROKEN.items(), _HOLES):
        yield document("utf-8-broken", f"{name}-{hole}", "gate.not-utf8", letter(**{hole: octets}))
    for control, hole in product(_CONTROLS, _HOLES[:2]):
        octets = letter(**{hole: bytes([control])})
        yield document("character-forbidden", f"{control:02x}-{hole}", "gate.forbidden-character", octets)
    for control, hole in product((0xFFFE, 0xFFFF), _HOLES):
        octets = letter(**{hole: chr(control).encode()})
        yield document("character-forbidden", f"{control:04x}-{hole}", "gate.forbidden-character", octets)
    for text, hole in product(_REFERENCES, _HOLES[:2]):
        good = letter(**{hole: b"&#72;&#x1EE7;&#9;"})
        octets = letter(**{hole: text.encode()})
        yield document("character-reference", f"{text[2:-1]}-{hole}", "gate.malformed", octets, twin=good)
    for version in ("1.1", "1.2", "2.0", "0.9", "1.00"):
        before = f'<?xml version="{version}"?>'.encode()
        yield document("xml-version", version, "gate.xml-version", letter(before=before))
