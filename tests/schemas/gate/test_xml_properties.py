"""Whatever the bytes are: an answer or a `Refusal`, and two parsers read the same out of what was admitted."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from schemas.gate.refusal import Refusal
from schemas.gate.xml import XmlProfile, read

LETTER = """<?xml version="1.0" encoding="UTF-8"?>
<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016">
  <edXML:edXMLEnvelope xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016">
    <!-- header -->
    <edXML:edXMLHeader><edXML:MessageHeader>
      <edXML:From><edXML:OrganId>H45.03</edXML:OrganId></edXML:From>
      <edXML:Subject>V/v báo cáo &amp; tổng hợp &#x111;ất</edXML:Subject>
    </edXML:MessageHeader></edXML:edXMLHeader>
    <edXML:edXMLBody Id="b1"><![CDATA[<thường>]]></edXML:edXMLBody>
  </edXML:edXMLEnvelope>
  <AttachmentEncoded Id='b2'/>
</edXML>
""".encode()

TOKENS = (
    b"<", b">", b"/", b"</", b"/>", b"<a>", b"</a>", b"<a", b"<a/>", b" b='c'", b' Id="b1"', b" id='b2'", b"=", b"'",
    b'"', b"&", b"&amp;", b"&#", b"&#x3C;", b";", b"<!--", b"-->", b"--", b"<![CDATA[", b"]]>", b"<!DOCTYPE a>", b"<!",
    b"<?", b"?>", b"<?xml version='1.0'?>", b" xmlns='urn:x'", b" xmlns:p='urn:y'", b" xmlns=''", b"p:", b":", b"x",
    b"\n", b"\t", b"\r", b" ", b"\0", b"\xef\xbb\xbf", b"\xc3", b"\xff", "ủ".encode(), b"xml:id='q'", b"edXML:",
)  # fmt: skip

PROFILES = st.sampled_from(XmlProfile)
MANY = settings(max_examples=400, deadline=None)


@st.composite
def bent_letters(draw: st.DrawFn) -> bytes:
    data = LETTER
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 24))
        other = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(("insert", "replace", "delete", "copy", "cut"))):
            case "insert":
                data = data[:at] + draw(st.sampled_from(TOKENS)) + data[at:]
            case "replace":
                data = data[:at] + draw(st.binary(max_size=4)) + data[at + length :]
            case "delete":
                data = data[:at] + data[at + length :]
            case "copy":
                data = data[:at] + data[other : other + length * 4] + data[at:]
            case _:
                data = data[:at]
    return data


def _read(data: bytes, profile: XmlProfile) -> etree._Element | str:
    """The root, or the code of the refusal; any other exception is a fault."""
    try:
        return read(data, profile)
    except Refusal as refusal:
        return refusal.code


def _is_sound(data: bytes, profile: XmlProfile) -> bool:
    """Refused by the gate, or read as another parser reads it."""
    found = _read(data, profile)
    return found.startswith("gate.") if isinstance(found, str) else _ours(found) == _theirs(data, found)


Element = tuple[str, dict[str, str], str]
"""Name, attributes and text."""


def _ours(root: etree._Element) -> list[Element]:
    elements = (element for element in root.iter() if isinstance(element.tag, str))
    return [(str(one.tag), dict(one.attrib), (one.text or "").strip()) for one in elements]


def _theirs(data: bytes, root: etree._Element) -> list[Element]:
    """What expat reads, element by element; our own reading where it keeps to other rules."""
    if not all(name.isascii() for name in _names(root)):
        return _ours(root)  # expat has the names of the fourth edition of XML 1.0, libxml2 those of the fifth
    judge = ElementTree.fromstring(data)  # noqa: S314  (admitted: there is no DTD in it)
    return [(one.tag, dict(one.attrib), (one.text or "").strip()) for one in judge.iter()]


def _names(root: etree._Element) -> Iterator[str]:
    for element in root.iter("*"):
        yield from (element.tag, *element.attrib, *(prefix or "" for prefix in element.nsmap))


@MANY
@given(st.binary(max_size=200), PROFILES)
def test_any_bytes(data: bytes, profile: XmlProfile) -> None:
    assert _is_sound(data, profile)


@MANY
@given(st.lists(st.sampled_from(TOKENS), max_size=30).map(b"".join), PROFILES)
def test_any_tokens(data: bytes, profile: XmlProfile) -> None:
    for document in (data, b"<a>" + data + b"</a>"):
        assert _is_sound(document, profile)


@MANY
@given(bent_letters())
def test_bent_letters(data: bytes) -> None:
    assert _is_sound(data, XmlProfile.FOREIGN)


def test_the_letter_itself_is_admitted() -> None:
    root = _read(LETTER, XmlProfile.FOREIGN)
    assert not isinstance(root, str), root
    assert _ours(root) == _theirs(LETTER, root)
