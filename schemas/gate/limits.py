"""How much hostile input may ask of us: every limit of the gate, with its unit and where it comes from.

Rules of this file:
1. A limit is a value that a caller may tighten; the defaults are those of the exchange.
2. No limit is above what libxml2 itself accepts without `huge_tree`, which the gate never switches on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MIB = 1024 * 1024
GIB = 1024 * MIB


class XmlProfile(StrEnum):
    """What kind of XML is at the gate."""

    SIGNED = "signed"
    """Canonicalised for a signature, or ours alone: no comments, no CDATA, no prefix bound twice."""
    FOREIGN = "foreign"
    """edXML as other programs write it: CDATA and comments between elements are tolerated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlLimits:
    document_bytes: int
    """Length of the whole input in bytes."""
    text_bytes: int
    """Longest run of character data between two tags, in bytes as written."""
    depth: int = 64
    """Nested elements, the root being 1; libxml2 stops at 256."""
    elements: int = 200_000
    comments: int = 10_000
    """Comments and CDATA sections together."""
    attributes: int = 64
    """Attributes of one element, namespace declarations included."""
    attributes_in_all: int = 200_000
    """Attributes of the whole document: bounds memory (about 200 bytes a node in libxml2)."""
    attribute_characters: int = 65_536
    """Length of one attribute value."""
    namespaces: int = 32
    """Namespace declarations of one element."""
    name_characters: int = 256
    """Length of one local name, and of one prefix."""
    namespace_characters: int = 1_024
    """Length of one namespace name."""


SIGNED_LIMITS = XmlLimits(document_bytes=8 * MIB, text_bytes=1_000_000)
"""4,000 recipients or 1,000 signed members take about 1 MiB; attachments never travel in signed XML."""

FOREIGN_LIMITS = XmlLimits(document_bytes=64 * MIB, text_bytes=10_000_000)
"""Inline base64 attachments; libxml2 refuses a text node above 10,000,000 bytes."""


def limits_of(profile: XmlProfile) -> XmlLimits:
    return SIGNED_LIMITS if profile is XmlProfile.SIGNED else FOREIGN_LIMITS


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipLimits:
    archive_bytes: int = 16 * GIB
    """Length of the whole container in bytes."""
    members: int = 1_000
    """Members of one container, `mimetype` and `META-INF` included."""


ZIP_LIMITS = ZipLimits()

DOSSIER_LIMITS = ZipLimits(archive_bytes=1024 * GIB, members=41_000)
"""One letter to 4,000 recipients has some 40,000 documents and proofs; a dossier of a query is told to be narrower."""
