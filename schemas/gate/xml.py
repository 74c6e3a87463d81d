"""The one way in for XML: bytes become a tree here or nowhere.

Rules of this file:
1. The order is fixed: bytes are judged before a parser sees them, the parser is as deaf as lxml can be made,
   and the tree is judged before anybody reads it.
2. Whatever the bytes are, the caller gets an answer or a `Refusal`; no exception of a parser leaves this file.
3. The bytes are never changed: what was admitted is what is stored, hashed and sent on.
"""

from __future__ import annotations

from lxml import etree

from schemas.gate.limits import XmlLimits, XmlProfile, limits_of
from schemas.gate.xml_refusals import Malformed
from schemas.gate.xml_scan import scan
from schemas.gate.xml_tree import check_tree

__all__ = ["XmlLimits", "XmlProfile", "admit", "read"]


def admit(data: bytes, profile: XmlProfile, limits: XmlLimits | None = None) -> bytes:
    """The same bytes, judged as bytes only: safe to hand to `read`, not yet known to be well-formed.

    Args:
        limits: those of the profile if None.

    Raises:
        Refusal: one of `schemas.gate.xml_refusals`, with the line where one is known.
    """
    scan(data, profile, limits or limits_of(profile))
    return data


def read(data: bytes, profile: XmlProfile, limits: XmlLimits | None = None) -> etree._Element:
    """The root of a document that passed `admit`, the parser and the checks of the tree.

    Comments of foreign documents stay in the tree: whoever walks it skips nodes whose tag is not a string.

    Raises:
        Refusal: one of `schemas.gate.xml_refusals`.
    """
    limits = limits or limits_of(profile)
    root = _parse(admit(data, profile, limits))
    check_tree(root, profile, limits)
    return root


def _parse(data: bytes) -> etree._Element:
    # A parser per document: lxml locks a shared one, and a parser's error log belongs to one document.
    parser = etree.XMLParser(
        encoding="UTF-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        ns_clean=False,
        remove_blank_text=False,
        remove_comments=False,
        remove_pis=False,
        collect_ids=False,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Malformed(line=error.lineno, reason=_reason(parser)) from None
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise Malformed(reason=type(error).__name__) from None


def _reason(parser: etree.XMLParser) -> str:
    """libxml2's name of the fault. Its message is left out: it quotes names and entities of the document."""
    for entry in parser.error_log:
        return str(entry.type_name)
    return "ERR_UNKNOWN"
