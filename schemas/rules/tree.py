"""Walking the normal form of the national packet: names, paths, texts. Nothing here judges."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
"""Target namespace of QCVN 102:2016/BTTTT; unchanged by Amendment 1:2022."""
HEADER = "edXMLEnvelope/edXMLHeader/MessageHeader"
TRACE = "edXMLEnvelope/edXMLHeader/TraceHeaderList"
MANIFEST = "edXMLEnvelope/edXMLBody/edXMLManifest"


def local(element: etree._Element) -> str:
    """Local name of an element, without namespace or prefix."""
    return etree.QName(element).localname


def step(element: etree._Element) -> str:
    """`To`, or `To[2]` among several of the same name."""
    parent = element.getparent()
    if parent is None:
        return local(element)
    before = sum(1 for _ in element.itersiblings(str(element.tag), preceding=True))
    alone = not before and next(element.itersiblings(str(element.tag)), None) is None
    return local(element) if alone else f"{local(element)}[{before + 1}]"


def element_path(element: etree._Element) -> str:
    """`/edXML/edXMLEnvelope/edXMLHeader/MessageHeader/To[2]/OrganId`."""
    steps = [step(element), *(step(parent) for parent in element.iterancestors())]
    return "/" + "/".join(reversed(steps))


def all_of(element: etree._Element | None, path: str) -> list[etree._Element]:
    """Every element under `element` at a path of local names of the packet."""
    if element is None:
        return []
    return element.findall("/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/")))


def first(element: etree._Element | None, path: str) -> etree._Element | None:
    """The first element at a path, None when there is none."""
    found = all_of(element, path)
    return found[0] if found else None


def text(element: etree._Element | None, path: str = "") -> str:
    """Text of the element at `path`, empty when there is none."""
    target = first(element, path) if path else element
    return "" if target is None else target.text or ""


def leaves(root: etree._Element) -> Iterator[etree._Element]:
    """Elements without children: those that hold text."""
    return (element for element in root.iter(etree.Element) if not len(element))
