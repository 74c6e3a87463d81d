"""Putting kept elements back where they were: below the same parent, after the same sibling."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml import etree

from exchange_axis.domain.letter import Kept
from exchange_axis.wire.edxml.names import Shape, qname
from schemas.gate import xml

_STEP = re.compile(r"([^/\[\]]+)(?:\[([0-9]+)\])?")


def put_back(root: etree._Element, kept: Sequence[Kept], shape: Shape) -> None:
    """Insert every kept element. A missing container is made in its place of the axis order.

    Raises:
        Refusal: the gate's, for bytes that did not come from reading.
    """
    last: dict[tuple[str, str], etree._Element] = {}
    for value in kept:
        element = xml.read(value.xml, xml.XmlProfile.FOREIGN)
        place = (value.parent, value.after)
        parent = _container(root, value.parent, shape)
        anchor = last.get(place)
        if anchor is None and value.after:
            anchor = _at(parent, value.after)
        if anchor is None:
            parent.insert(0, element)
        else:
            anchor.addnext(element)
        last[place] = element


def _container(root: etree._Element, path: str, shape: Shape) -> etree._Element:
    """The element at `path`, its first step being the root."""
    element = root
    for text in path.removeprefix("/").split("/")[1:]:
        name, _ = _split(text)
        inner = next((child for child in shape.children if name in (child.name, child.alias)), None)
        found = _at(element, text)
        element = _make(element, name, shape) if found is None else found
        shape = inner or Shape(name)
    return element


def _at(parent: etree._Element, text: str) -> etree._Element | None:
    name, index = _split(text)
    found = parent.findall(qname(name))
    return found[index - 1] if index <= len(found) else None


def _make(parent: etree._Element, name: str, shape: Shape) -> etree._Element:
    """A new child before the first sibling that comes later in axis order."""
    order = [child.name for child in shape.children]
    later = {qname(child) for child in order[order.index(name) + 1 :]} if name in order else set()
    element = etree.SubElement(parent, qname(name))
    following = next((child for child in parent.iterchildren(etree.Element) if child.tag in later), None)
    if following is not None:
        following.addprevious(element)
    return element


def _split(text: str) -> tuple[str, int]:
    found = _STEP.fullmatch(text)
    if found is None:
        raise ValueError(f"not a step of a path: {text!r}")
    return found[1], int(found[2] or 1)
