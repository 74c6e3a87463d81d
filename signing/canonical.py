"""Canonical octets of XML, and reading back what was canonicalised.

Rules of this file:
1. A part of a document is never canonicalised in place: lxml then invents `xmlns=""` on grandchildren when the default
   namespace is inherited. It is written out with every namespace in scope, read as a document of its own, and only then
   canonicalised. tests/signing/test_interop.py shows what goes wrong otherwise.
2. Input has passed the gate: no DOCTYPE, comments, processing instructions, `xml:base` or `xml:id`. That is why
   inclusive C14N 1.0 and 1.1 give the same octets here: they differ only in `xml:base` and `xml:id`.

Sources: Canonical XML 1.0 and 1.1, Exclusive XML Canonicalization 1.0 (all W3C).
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from signing.errors import NotCanonical
from signing.policy import Canonicalization

_INHERITED: Final = tuple(f"{{http://www.w3.org/XML/1998/namespace}}{name}" for name in ("lang", "space"))
"""Attributes that an inclusive canonical form of a part takes over from its ancestors (C14N 1.1, 2.4)."""


def parse(data: bytes) -> etree._Element:
    """Octets that this program wrote from a tree that had passed the gate; never octets from outside."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(data, parser)


def canonical_document(root: etree._Element, method: Canonicalization) -> bytes:
    try:
        return etree.tostring(
            root.getroottree(),
            method="c14n",
            exclusive=method is Canonicalization.EXCLUSIVE,
            with_comments=False,
        )
    except (etree.LxmlError, ValueError) as cause:
        raise NotCanonical from cause


def canonical_part(part: etree._Element, method: Canonicalization) -> bytes:
    """`part` with its descendants, as if it were selected from its document by a same-document reference."""
    alone = parse(etree.tostring(part, encoding="UTF-8", with_tail=False))
    if method is not Canonicalization.EXCLUSIVE:
        _inherit(part, alone)
    return canonical_document(alone, method)


def _inherit(part: etree._Element, alone: etree._Element) -> None:
    for ancestor in part.iterancestors():
        for name in _INHERITED:
            value = ancestor.get(name)
            if value is not None and name not in alone.attrib:
                alone.set(name, value)


def detach(element: etree._Element) -> None:
    """Remove `element` and keep the text behind it, as the enveloped-signature transform does (XMLDSig 1.1, 6.6.4)."""
    parent, before, tail = element.getparent(), element.getprevious(), element.tail or ""
    if parent is None:
        raise NotCanonical
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    parent.remove(element)
