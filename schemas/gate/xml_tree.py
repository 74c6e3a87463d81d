"""Judges XML as the tree that the parser built: what bytes cannot tell, and the counts once more.

Rules of this file:
1. Names are compared with their namespaces; prefixes decide nothing.
2. Places are element paths, never values.
3. The counts of the byte scan are repeated here on what was really built, so that a scan that miscounts is found out.
"""

from __future__ import annotations

import re
from typing import Final, cast

from lxml import etree

from schemas.gate import xml_refusals as refusal
from schemas.gate.limits import XmlLimits, XmlProfile

_XML: Final = "{http://www.w3.org/XML/1998/namespace}"
_XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
_XINCLUDE: Final = ("{http://www.w3.org/2001/XInclude}", "{http://www.w3.org/2003/XInclude}")
_FORBIDDEN_ATTRIBUTES: Final = {
    _XML + "base": "xml:base",
    _XML + "id": "xml:id",
    _XSI + "schemaLocation": "xsi:schemaLocation",
    _XSI + "noNamespaceSchemaLocation": "xsi:noNamespaceSchemaLocation",
}
_ID_NAMES: Final = frozenset({"id", "assertionid"})
_ABSOLUTE_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_NAME: Final = re.compile(r"[^\W\d][\w.-]*")
"""Letters of any script. XML 1.0 admits more since its fifth edition, such as U+FEFF, which nobody sees and which older
parsers refuse: a document must not be one thing here and another thing, or nothing, there."""
_SPACE: Final = " \t\r\n"
"""White space of XML 1.0 2.3; a no-break space is text."""
_EVENTS: Final = ("start", "end", "start-ns", "end-ns", "comment", "pi")


def check_tree(root: etree._Element, profile: XmlProfile, limits: XmlLimits) -> None:
    """Refuses by rules X02-X05 and S04: limits, namespaces, comments, identifiers, inclusion."""
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise refusal.Doctype()
    walk = _Walk(profile, limits)
    for node in (*root.itersiblings(preceding=True), *root.itersiblings()):
        walk.outside(node)
    # lxml has no useful type for the pairs of iterwalk: the second half depends on the first.
    for event, subject in etree.iterwalk(root, events=_EVENTS):
        match event:
            case "start":
                walk.start(cast("etree._Element", subject))
            case "end":
                walk.depth -= 1
            case "start-ns":
                walk.declare(*cast("tuple[str, str]", subject))
            case "end-ns":
                walk.undeclare()
            case "comment":
                walk.comment(cast("etree._Element", subject))
            case _:
                raise refusal.ProcessingInstruction(line=cast("etree._Element", subject).sourceline)
    walk.check_comments()


class _Walk:
    __slots__ = ("bound", "commented", "comments", "declared", "depth", "elements", "ids", "limits", "order", "profile")

    def __init__(self, profile: XmlProfile, limits: XmlLimits) -> None:
        self.profile = profile
        self.limits = limits
        self.depth = 0
        self.elements = 0
        self.comments = 0
        self.ids: set[str] = set()
        self.commented: dict[etree._Element, int | None] = {}
        """Elements with a comment among their children, and the line of the first."""
        self.bound: dict[str, list[str]] = {}
        """Prefix -> namespaces it is bound to, innermost last."""
        self.order: list[str] = []
        self.declared: list[tuple[str, str]] = []
        """Namespace declarations (prefix, namespace) of the element that starts next."""

    def outside(self, node: etree._Element) -> None:
        if not isinstance(node, etree._Comment):
            raise refusal.ProcessingInstruction(line=node.sourceline)
        self._comment_allowed(node)

    def comment(self, node: etree._Element) -> None:
        self._comment_allowed(node)
        parent = node.getparent()
        if parent is not None:
            self.commented.setdefault(parent, node.sourceline)

    def _comment_allowed(self, node: etree._Element) -> None:
        self.comments += 1
        if self.profile is XmlProfile.SIGNED:
            raise refusal.Comment(line=node.sourceline)
        if self.comments > self.limits.comments:
            raise refusal.TooManyComments(line=node.sourceline, limit=self.limits.comments)

    def check_comments(self) -> None:
        """`<To>A<!-- -->B</To>` reads `A` to one program and `AB` to the next."""
        for parent, line in self.commented.items():
            texts = (parent.text, *(child.tail for child in parent))
            if any(text is not None and text.strip(_SPACE) for text in texts):
                raise refusal.CommentInText(where=path_of(parent), line=line)

    def declare(self, prefix: str, uri: str) -> None:
        """Judged at the start of its element, which knows its line."""
        self.declared.append((prefix or "", uri or ""))

    def undeclare(self) -> None:
        self.bound[self.order.pop()].pop()

    def start(self, element: etree._Element) -> None:
        limits = self.limits
        self.depth += 1
        self.elements += 1
        if self.depth > limits.depth:
            raise refusal.TooDeep(where=path_of(element), line=element.sourceline, limit=limits.depth)
        if self.elements > limits.elements:
            raise refusal.TooManyElements(line=element.sourceline, limit=limits.elements)
        if self.declared:
            self._namespaces(element)
        tag = cast("str", element.tag)
        self._name(tag, element)
        if tag.startswith(_XINCLUDE):
            raise refusal.XInclude(where=path_of(element), line=element.sourceline)
        if len(element.attrib) > limits.attributes:
            raise refusal.TooManyAttributes(where=path_of(element), line=element.sourceline, limit=limits.attributes)
        for name, value in element.items():
            self._attribute(element, name, value)

    def _namespaces(self, element: etree._Element) -> None:
        if len(self.declared) > self.limits.namespaces:
            raise refusal.TooManyNamespaces(line=element.sourceline, limit=self.limits.namespaces)
        for prefix, uri in self.declared:
            if prefix:
                self._name(prefix, element)
            if uri and (len(uri) > self.limits.namespace_characters or not _ABSOLUTE_URI.fullmatch(uri)):
                raise refusal.BadNamespace(where=path_of(element), line=element.sourceline, prefix=prefix)
            outer = self.bound.setdefault(prefix, [])
            if self.profile is XmlProfile.SIGNED and prefix and outer and outer[-1] != uri:
                raise refusal.PrefixRebound(where=path_of(element), line=element.sourceline, prefix=prefix)
            outer.append(uri)
            self.order.append(prefix)
        self.declared = []

    def _name(self, name: str, element: etree._Element) -> None:
        local = _local(name)
        if len(local) > self.limits.name_characters:
            raise refusal.NameTooLong(line=element.sourceline, limit=self.limits.name_characters)
        if not _NAME.fullmatch(local):
            raise refusal.StrangeName(line=element.sourceline)

    def _attribute(self, element: etree._Element, name: str, value: str) -> None:
        self._name(name, element)
        if len(value) > self.limits.attribute_characters:
            raise refusal.AttributeTooLong(
                where=path_of(element),
                line=element.sourceline,
                name=_local(name),
                limit=self.limits.attribute_characters,
            )
        if name in _FORBIDDEN_ATTRIBUTES:
            raise refusal.ForbiddenAttribute(
                where=path_of(element), line=element.sourceline, name=_FORBIDDEN_ATTRIBUTES[name]
            )
        if name.startswith(_XINCLUDE):
            raise refusal.XInclude(where=path_of(element), line=element.sourceline)
        if _local(name).lower() in _ID_NAMES:
            self._identifier(element, name, value.strip(_SPACE))

    def _identifier(self, element: etree._Element, name: str, value: str) -> None:
        """One set for all spellings: `ID="b1"` beside `id="b1"` already lets two programs sign and read two things."""
        if value in self.ids:
            raise refusal.DuplicateId(where=path_of(element), line=element.sourceline, name=_local(name))
        self.ids.add(value)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def path_of(element: etree._Element) -> str:
    """Element path with local names only, such as `/edXML/edXMLEnvelope/edXMLHeader`."""
    chain = [element, *element.iterancestors()]
    return "/" + "/".join(_local(cast("str", each.tag)) for each in reversed(chain))
