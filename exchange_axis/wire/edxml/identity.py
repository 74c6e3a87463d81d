"""When are two consignments the same document? The document key names it, the content digest says it is unchanged.

The digest leaves out what a journey adds or rewrites (trace, Direction, content ids and types) and takes attachments
by their decoded bytes, so that a packet that came through the axis equals the one that went in.
"""

from __future__ import annotations

import copy
import hashlib
import unicodedata
from collections.abc import Iterable

from lxml import etree

from exchange_axis.domain.ids import MalformedCode, canonical_code
from exchange_axis.domain.letter import Letter
from schemas.rules.tree import HEADER, MANIFEST, TRACE, all_of, leaves

_DOMAIN = b"axis-content-v1\0"
_JOURNEY = (
    f"{TRACE}/TraceHeader",
    f"{HEADER}/OtherInfo/Direction",
    f"{MANIFEST}/Reference/ContentId",
    f"{MANIFEST}/Reference/ContentType",
)
_SHELLS = (TRACE, f"{HEADER}/OtherInfo", f"{MANIFEST}/Reference", MANIFEST, "edXMLEnvelope/edXMLBody")


def document_key(letter: Letter) -> str:
    """Issuer, number, symbol, date and business kind: `H45.32.03|57|BC-UBND|2025-06-04|0`.

    Codes of both generations, leading zeros of the number, and letter case are made one.
    """
    day = letter.promulgation_date.isoformat() if letter.promulgation_date else ""
    parts = (_issuer(letter.from_.id), _number(letter.code_number), _fold(letter.code_notation), day, letter.kind.value)
    return "|".join(part.replace("%", "%25").replace("|", "%7C") for part in parts)


def content_digest(normal: etree._Element, attachment_sha256s: Iterable[str]) -> str:
    """SHA-256 (lower-case hex) over the normal form and the attachments in the order of their References.

    Args:
        normal: as read; not changed.
        attachment_sha256s: lower-case hex of each attachment's decoded bytes.
    """
    root = copy.deepcopy(normal)
    for path in _JOURNEY:
        for element in all_of(root, path):
            _remove(element)
    for path in _SHELLS:
        for element in all_of(root, path):
            if not len(element):
                _remove(element)
    for leaf in leaves(root):
        leaf.text = unicodedata.normalize("NFC", leaf.text or "")
    digest = hashlib.sha256(_DOMAIN)
    digest.update(hashlib.sha256(etree.tostring(root, method="c14n", exclusive=True, with_comments=False)).digest())
    for sha256 in attachment_sha256s:
        digest.update(bytes.fromhex(sha256))
    return digest.hexdigest()


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _issuer(code: str) -> str:
    try:
        return canonical_code(code)
    except MalformedCode:
        return _fold(code)


def _number(text: str) -> str:
    folded = _fold(text)
    return folded.lstrip("0") or folded


def _fold(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).upper().split())
