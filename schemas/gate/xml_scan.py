"""Judges XML as bytes, before any parser has seen it.

Rules of this file:
1. One pass from left to right; no step looks at a byte more than a fixed number of times, whatever the bytes are.
2. It refuses, it never repairs, and nothing it learns is used as content: what is admitted is parsed by lxml.
3. It may be stricter than XML 1.0, never laxer in what it bounds: every node that libxml2 would build is counted here
   first, so memory is bounded before it is spent.
"""

from __future__ import annotations

import codecs
import re
from itertools import islice
from typing import Final

from schemas.gate import xml_refusals as refusal
from schemas.gate.limits import MIB, XmlLimits, XmlProfile

BOM: Final = codecs.BOM_UTF8
_CHUNK: Final = MIB
_CONTROLS: Final = bytes(set(range(0x20)) - {0x09, 0x0A, 0x0D})
_CONTROL: Final = re.compile(b"[" + re.escape(_CONTROLS) + b"]")
_NONCHARACTERS: Final = {"\ufffe".encode(): "U+FFFE", "\uffff".encode(): "U+FFFF"}

_DECLARATION_START: Final = re.compile(rb"<\?xml\s")
_DECLARATION: Final = re.compile(
    rb"<\?xml\s++version\s*+=\s*+(?:\"([^\"<>]*+)\"|'([^'<>]*+)')"
    rb"(?:\s++encoding\s*+=\s*+(?:\"([^\"<>]*+)\"|'([^'<>]*+)'))?+"
    rb"(?:\s++standalone\s*+=\s*+(?:\"(?:yes|no)\"|'(?:yes|no)'))?+\s*+\?>"
)
_DTD: Final = re.compile(rb"<!(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
_START_TAG: Final = re.compile(rb"<(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+>")
_SLASH: Final = ord("/")
_ATTRIBUTE: Final = re.compile(rb"=\s*+(?:\"[^\"]*+\"|'[^']*+')")


def scan(data: bytes, profile: XmlProfile, limits: XmlLimits) -> None:
    """Refuses what no parser of ours may see (rules X01-X03).

    1. length  2. UTF-8 and the characters of XML 1.0  3. the XML declaration  4. DTD declarations, anywhere at all
    5. tags, comments, CDATA, processing instructions and the number of each
    """
    if len(data) > limits.document_bytes:
        raise refusal.TooLarge(size=len(data), limit=limits.document_bytes)
    _check_characters(data)
    start = _check_declaration(data)
    if hit := _DTD.search(data):
        _refuse_dtd(data, hit)
    _Markup(data, profile, limits).check(start)


def _check_characters(data: bytes) -> None:
    """XML 1.0 (fifth edition) 2.2 and 4.3.3: UTF-8 only, in shortest form, no surrogates, no forbidden characters."""
    if data.startswith((b"<\0", b"\0<", b"\0\0")):
        raise refusal.NotUtf8(line=1, offset=data.index(b"\0"))
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    for offset in range(0, len(data), _CHUNK):
        chunk = data[offset : offset + _CHUNK]
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk, final=offset + _CHUNK >= len(data))
        except UnicodeDecodeError as error:
            at = offset - pending + error.start
            raise refusal.NotUtf8(line=_line(data, at), offset=at) from None
        if len(chunk.translate(None, _CONTROLS)) != len(chunk) and (hit := _CONTROL.search(chunk)):
            _refuse_character(data, offset + hit.start(), f"U+{hit.group()[0]:04X}")
    for encoded, name in _NONCHARACTERS.items():
        if (at := data.find(encoded)) >= 0:
            _refuse_character(data, at, name)


def _refuse_character(data: bytes, at: int, name: str) -> None:
    raise refusal.ForbiddenCharacter(line=_line(data, at), offset=at, character=name)


def _check_declaration(data: bytes) -> int:
    """The offset behind BOM and XML declaration."""
    start = len(BOM) if data.startswith(BOM) else 0
    if not _DECLARATION_START.match(data, start):
        return start
    declaration = _DECLARATION.match(data, start)
    if declaration is None:
        raise refusal.Malformed(line=1, reason="XML declaration")
    version = declaration[1] if declaration[1] is not None else declaration[2]
    encoding = declaration[3] if declaration[3] is not None else declaration[4]
    if version != b"1.0":
        raise refusal.WrongVersion(line=1)
    if encoding is not None and encoding.upper() != b"UTF-8":
        raise refusal.WrongEncoding(line=1)
    return declaration.end()


def _refuse_dtd(data: bytes, hit: re.Match[bytes]) -> None:
    """Also inside comments and CDATA: a parser that loses count of those must not meet a DTD either."""
    line, declaration = _line(data, hit.start()), hit[1].decode("ascii").upper()
    if declaration == "DOCTYPE":
        raise refusal.Doctype(line=line)
    raise refusal.EntityDeclaration(line=line, declaration=declaration)


class _Markup:
    """Walks from `<` to `<`, counting what a parser would have to build."""

    __slots__ = ("attributes", "comments", "data", "depth", "elements", "limits", "profile", "run")

    def __init__(self, data: bytes, profile: XmlProfile, limits: XmlLimits) -> None:
        self.data = data
        self.profile = profile
        self.limits = limits
        self.depth = 0
        self.elements = 0
        self.comments = 0
        self.attributes = 0
        self.run = 0
        """Bytes of character data since the last tag; CDATA counts, for parsers join the two."""

    def check(self, start: int) -> None:
        data, position, longest = self.data, start, self.limits.text_bytes
        while (at := data.find(b"<", position)) >= 0:
            self.run += at - position
            if self.run > longest:
                raise refusal.TextTooLong(line=_line(data, at), limit=longest)
            match data[at + 1 : at + 2]:
                case b"/":
                    position = self._end_tag(at)
                case b"!":
                    position = self._comment_or_cdata(at)
                case b"?":
                    raise refusal.ProcessingInstruction(line=_line(data, at))
                case _:
                    position = self._start_tag(at)

    def _start_tag(self, at: int) -> int:
        data, limits = self.data, self.limits
        tag = _START_TAG.match(data, at)
        if tag is None:
            raise refusal.Malformed(line=_line(data, at), reason="start tag")
        if self.depth == 0 and self.elements:
            raise refusal.Malformed(line=_line(data, at), reason="second root")
        end = tag.end()
        self.run = 0
        self.elements += 1
        if self.elements > limits.elements:
            raise refusal.TooManyElements(line=_line(data, at), limit=limits.elements)
        if self.depth >= limits.depth:
            raise refusal.TooDeep(line=_line(data, at), limit=limits.depth)
        if data.find(b"=", at, end) > 0:
            self._attributes(at, end)
        if data[end - 2] != _SLASH:
            self.depth += 1
        return end

    def _attributes(self, at: int, end: int) -> None:
        limit, in_all = self.limits.attributes, self.limits.attributes_in_all
        count = sum(1 for _ in islice(_ATTRIBUTE.finditer(self.data, at, end), limit + 1))
        self.attributes += count
        if count > limit or self.attributes > in_all:
            exceeded = limit if count > limit else in_all
            raise refusal.TooManyAttributes(line=_line(self.data, at), limit=exceeded)

    def _end_tag(self, at: int) -> int:
        if self.depth == 0:
            raise refusal.Malformed(line=_line(self.data, at), reason="end tag")
        self.depth -= 1
        self.run = 0
        return self._behind(b">", at, "end tag")

    def _comment_or_cdata(self, at: int) -> int:
        data, signed = self.data, self.profile is XmlProfile.SIGNED
        self.comments += 1
        if self.comments > self.limits.comments:
            raise refusal.TooManyComments(line=_line(data, at), limit=self.limits.comments)
        if data.startswith(b"<!--", at):
            if signed:
                raise refusal.Comment(line=_line(data, at))
            return self._behind(b"-->", at + 4, "comment")
        if data.startswith(b"<![CDATA[", at):
            if signed:
                raise refusal.CdataSection(line=_line(data, at))
            end = self._behind(b"]]>", at + 9, "CDATA section")
            # Its markup is counted too: the next text or tag is where the sum is judged.
            self.run += end - at
            return end
        raise refusal.Malformed(line=_line(data, at), reason="markup declaration")

    def _behind(self, closing: bytes, start: int, what: str) -> int:
        at = self.data.find(closing, start)
        if at < 0:
            raise refusal.Malformed(line=_line(self.data, start), reason=what)
        return at + len(closing)


def _line(data: bytes, offset: int) -> int:
    """Counted from 1; called only on the way to a refusal."""
    return data.count(b"\n", 0, offset) + 1
