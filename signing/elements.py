"""Reading elements so strictly that nothing can hide in them; what signatures and their unsigned properties share.

Rules of this file:
1. Everything is expected by name and place; what is not expected is refused, even where a schema would allow it.
2. Text stands only in elements that hold a value, and those hold nothing but text.
3. Base64 is judged strictly: white space may break lines, anything else out of alphabet or padding is refused.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from typing import Final

from lxml import etree

from signing.errors import SignatureBase64, SignatureShape
from signing.names import DS, XADES

_WHITE: Final = " \t\r\n"


def algorithm(element: etree._Element) -> str:
    """The Algorithm attribute of an element that must have nothing else: parameters of any kind are refused."""
    require_attributes(element, {"Algorithm"})
    if len(element) or (element.text or "").strip(_WHITE):
        raise SignatureShape(element=label(element.tag), problem="parameters", line=element.sourceline)
    return element.get("Algorithm", "")


def children(element: etree._Element, expected: list[str]) -> list[etree._Element]:
    """The children, which are exactly the expected ones in this order."""
    found = elements(element)
    if [child.tag for child in found] != expected:
        names = ", ".join(label(child.tag) for child in found[:8])
        raise SignatureShape(element=label(element.tag), problem=f"holds {names}", line=element.sourceline)
    return found


def head(element: etree._Element, expected: list[str]) -> list[etree._Element]:
    """The children, the first of which are the expected ones in this order."""
    found = elements(element)
    if [child.tag for child in found[: len(expected)]] != expected:
        names = ", ".join(label(child.tag) for child in found[:8])
        raise SignatureShape(element=label(element.tag), problem=f"holds {names}", line=element.sourceline)
    return found


def all_named(element: etree._Element, name: str) -> list[etree._Element]:
    """The children, which all have this name."""
    found = elements(element)
    for child in found:
        if child.tag != name:
            problem = f"unexpected {label(child.tag)}"
            raise SignatureShape(element=label(element.tag), problem=problem, line=child.sourceline)
    return found


def elements(element: etree._Element) -> list[etree._Element]:
    found = list(element)
    texts = [element.text, *(child.tail for child in found)]
    if any(text and text.strip(_WHITE) for text in texts) or any(not isinstance(child.tag, str) for child in found):
        raise SignatureShape(element=label(element.tag), problem="text between elements", line=element.sourceline)
    return found


def require_attributes(element: etree._Element, allowed: Collection[str]) -> None:
    for name in element.attrib:
        if name not in allowed:
            raise SignatureShape(element=label(element.tag), problem=f"attribute {name}", line=element.sourceline)


def text_of(element: etree._Element, allowed: Collection[str] = ()) -> str:
    require_attributes(element, allowed)
    if len(element):
        raise SignatureShape(element=label(element.tag), problem="elements in a value", line=element.sourceline)
    return element.text or ""


def base64_value(element: etree._Element, allowed: Collection[str] = ()) -> bytes:
    text = text_of(element, allowed)
    packed = "".join(text.split()) if text.isascii() else text
    try:
        value = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError) as cause:
        raise SignatureBase64(element=label(element.tag), line=element.sourceline) from cause
    if not value or base64.b64encode(value).decode("ascii") != packed:
        raise SignatureBase64(element=label(element.tag), line=element.sourceline)
    return value


def label(name: str | object) -> str:
    """A short name for people: known prefixes, and nothing of unbounded length."""
    if not isinstance(name, str):
        return "?"
    return name.replace(f"{{{DS}}}", "ds:").replace(f"{{{XADES}}}", "xades:")[:120]
