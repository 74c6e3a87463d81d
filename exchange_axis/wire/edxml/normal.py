"""The normal form: whatever order, prefixes and container a packet came in, mapped by local name into axis order.

Used for XSD, rules and digest; never sent. Rules of this file:
1. Empty means absent: elements without text or content are dropped (they are common and legal in practice).
2. Dates become xs:date and times xs:dateTime where they can be read; otherwise the text stays and the XSD speaks.
3. What the format does not know is set aside with its place, and nothing else is.
4. Repeated elements are all mapped, so that the XSD refuses a second Subject; nothing is chosen silently.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lxml import etree

from exchange_axis.domain.letter import Kept
from exchange_axis.errors import AxisError
from exchange_axis.wire.edxml import refusals, times
from exchange_axis.wire.edxml.names import (
    DOCUMENT,
    IGNORED_AT_ROOT,
    KNOWN_EXTENSIONS,
    NAMESPACE,
    PREFIX,
    SIGNATURES,
    STATUS,
    Shape,
    local_name,
    qname,
)
from schemas.findings import Finding, Severity, Stage
from schemas.rules import secrecy
from schemas.rules.tree import element_path, step

_NSMAP = {PREFIX: NAMESPACE}
_ZERO_WIDTH = dict.fromkeys(map(ord, "\u200b\u200c\u200d\ufeff"))
MAX_KEPT = 500
"""Unknown elements of one packet; keeping the place of each costs time that a hostile packet must not command."""
MAX_REPEATED = 5_000
"""Elements of one name under one parent; above the 4,000 recipients that the rules allow, so that the rules speak."""
_MAX_FINDINGS = 200
_MAX_LINE = 65_535
"""libxml2 keeps line numbers in 16 bits; a higher one would wrap round to a wrong line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Normal:
    root: etree._Element
    kept: tuple[Kept, ...]
    findings: tuple[Finding, ...]


def normalise_letter(source: etree._Element) -> Normal:
    return _Normaliser().run(source, DOCUMENT)


def normalise_status(source: etree._Element) -> Normal:
    """Fields come from MessageHeader or Status, whichever holds them."""
    return _Normaliser().run(source, STATUS)


@dataclass(slots=True)
class _Normaliser:
    kept: list[tuple[etree._Element, etree._Element | None, etree._Element]] = field(default_factory=list)
    """Parent and preceding sibling in the normal form, and the source element."""
    parents: set[etree._Element] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def run(self, source: etree._Element, shape: Shape) -> Normal:
        root = etree.Element(qname(shape.name), nsmap=_NSMAP)
        _set_line(root, source)
        self._fill(root, [source], shape)
        kept = tuple(
            Kept(parent=element_path(parent), after="" if after is None else step(after), xml=_alone(element))
            for parent, after, element in self.kept
        )
        for (_, _, element), value in zip(self.kept, kept, strict=True):
            self._remark(element, value.parent)
        return Normal(root=root, kept=kept, findings=tuple(self.findings))

    def _map(self, parent: etree._Element, sources: Sequence[etree._Element], shape: Shape) -> etree._Element | None:
        """The sources as one element under `parent`, or None when they say nothing."""
        target = etree.SubElement(parent, qname(shape.name))
        _set_line(target, sources[0])
        if shape.is_text:
            self._fill_text(target, sources[0], shape)
        else:
            self._fill(target, sources, shape)
        if len(target) or target.text or target in self.parents:
            return target
        parent.remove(target)
        return None

    def _fill(self, target: etree._Element, sources: Sequence[etree._Element], shape: Shape) -> None:
        children = [child for source in sources for child in source.iterchildren(etree.Element)]
        by_name = _by_name(children)
        mapped: dict[etree._Element, etree._Element | None] = {}
        for child_shape in shape.children:
            for group in _groups(by_name, child_shape):
                result = self._map(target, group, child_shape)
                mapped.update(dict.fromkeys(group, result))
        for source in sources:
            if _own_text(source).strip():
                self._note(refusals.MisplacedText, source, target, name=shape.name)
        self._set_aside(target, children, mapped)

    def _set_aside(
        self,
        target: etree._Element,
        children: Sequence[etree._Element],
        mapped: dict[etree._Element, etree._Element | None],
    ) -> None:
        after: etree._Element | None = None
        for child in children:
            if child in mapped:
                after = after if mapped[child] is None else mapped[child]
            elif not _is_nothing(child, at_root=target.getparent() is None):
                self._keep(target, after, child)

    def _keep(self, parent: etree._Element, after: etree._Element | None, element: etree._Element) -> None:
        if len(self.kept) == MAX_KEPT:
            raise refusals.TooManyUnknown(line=element.sourceline, limit=MAX_KEPT)
        self.kept.append((parent, after, element))
        self.parents.add(parent)

    def _fill_text(self, target: etree._Element, source: etree._Element, shape: Shape) -> None:
        if next(source.iterchildren(etree.Element), None) is not None:
            self._note(refusals.MisplacedText, source, target, name=shape.name)
        parent = target.getparent()
        target.text = _value(_own_text(source), shape.name, "" if parent is None else etree.QName(parent).localname)

    def _remark(self, element: etree._Element, parent: str) -> None:
        name = etree.QName(element).localname
        where = f"{parent}/{name}"
        if name in SIGNATURES:
            self._note(refusals.InBandSignature, element, where)
        elif name not in KNOWN_EXTENSIONS:
            self._note(refusals.UnknownElement, element, where, name=name)
        if any(secrecy.is_marked(str(text)) for text in element.itertext()):
            self.findings.append(secrecy.finding(where, element.sourceline))

    def _note(self, kind: type[AxisError], source: etree._Element, place: etree._Element | str, **facts: str) -> None:
        if len(self.findings) == _MAX_FINDINGS:
            return
        where = place if isinstance(place, str) else element_path(place)
        severity = Severity.ERROR if kind is refusals.MisplacedText else Severity.WARNING
        refusal = kind(where=where, line=source.sourceline, **facts)
        self.findings.append(Finding.of(refusal, Stage.SCHEMA, severity))


def _set_line(target: etree._Element, source: etree._Element) -> None:
    if 0 < (line := source.sourceline or 0) <= _MAX_LINE:
        target.sourceline = line  # type: ignore[misc]  # the stubs know no setter


def _is_nothing(element: etree._Element, *, at_root: bool) -> bool:
    """What is neither mapped nor worth keeping: leavings of serialisers, an empty signature."""
    name = etree.QName(element).localname
    if name in SIGNATURES:
        return not len(element) and not _own_text(element).strip()
    return at_root and local_name(element) in IGNORED_AT_ROOT


def _by_name(children: Sequence[etree._Element]) -> dict[str, list[etree._Element]]:
    """Elements of the format by local name.

    Raises:
        TooManyRepeated: more of one name than any letter has; finding places among them would cost their square.
    """
    found: dict[str, list[etree._Element]] = {}
    for child in children:
        found.setdefault(local_name(child), []).append(child)
    for name, elements in found.items():
        if len(elements) > MAX_REPEATED:
            raise refusals.TooManyRepeated(line=elements[0].sourceline, name=name or "?", limit=MAX_REPEATED)
    return found


def _groups(by_name: dict[str, list[etree._Element]], shape: Shape) -> Iterator[list[etree._Element]]:
    """The elements of one shape, each alone; an element and its alias together, as they share the fields."""
    named = by_name.get(shape.name, [])
    aliased = by_name.get(shape.alias, []) if shape.alias else []
    if len(named) == 1 and len(aliased) == 1:
        yield [*named, *aliased]
        return
    yield from ([child] for child in (*named, *aliased))


def _own_text(element: etree._Element) -> str:
    """The text nodes directly inside an element; comments between them do not cut it short."""
    return (element.text or "") + "".join(child.tail or "" for child in element)


def _value(text: str, name: str, parent: str) -> str | None:
    value = text.strip()
    match name:
        case "OrganId":
            value = value.translate(_ZERO_WIDTH).strip()
            # The axis itself writes the word `null` for a hop whose sender stated none.
            return None if parent == "TraceHeader" and value == "null" else value or None
        case "ContentId":
            return value.removeprefix("cid:") or None
        case "DueDate" if (due := times.read_due_time(value)) is not None:
            return due.astimezone(times.VIETNAM).isoformat()
        case "PromulgationDate" | "DueDate":
            day = times.read_date(value)
            return day.isoformat() if day else times.iso_shape(value) or value or None
        case "Timestamp":
            at = times.read_timestamp(value)
            return at.astimezone(times.VIETNAM).isoformat() if at else value or None
        case _:
            return value or None


def _alone(element: etree._Element) -> bytes:
    """The element as bytes that are the same however often it is written and read."""
    holder = etree.Element(qname("Kept"), nsmap=_NSMAP)
    holder.append(copy.deepcopy(element))
    holder[0].tail = None
    return etree.tostring(holder[0], method="c14n", exclusive=True, with_comments=False)
