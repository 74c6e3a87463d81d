"""What our five own documents have in common: how they are built and how they are let in.

Rules of this file:
1. In: gate, then schema, then values. Past `admit` every element stands where the schema says and holds only text,
   so a reader can fail only by a refusal.
2. A name has one spelling. The schema knows the shape of an agency code; that it is the canonical one is asked here.
3. Out: elements in the order in which they are added; absent values are absent elements, empty lists absent wrappers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import ClassVar

from lxml import etree

from exchange_axis.domain.ids import canonical_code
from exchange_axis.errors import AxisError, CheckFailed
from exchange_axis.wire import times
from schemas.findings import errors
from schemas.gate.xml import XmlProfile, read
from schemas.rules.tree import element_path
from schemas.validate import validate

_XML_SPACE = " \t\r\n"


class CodeNotCanonical(AxisError):
    code: ClassVar[str] = "agency.not-canonical"
    vi: ClassVar[str] = "Mã định danh {value} phải viết là {canonical}"
    en: ClassVar[str] = "Agency code {value} must be written {canonical}"
    remedy_vi: ClassVar[str] = "Ghi mã theo Quyết định 20/2020/QĐ-TTg, mỗi cơ quan chỉ một cách viết"
    remedy_en: ClassVar[str] = "Write codes as Decision 20/2020 does: one spelling an agency"


class RepeatedCode(AxisError):
    code: ClassVar[str] = "agency.repeated"
    vi: ClassVar[str] = "Mã định danh {value} được ghi hai lần"
    en: ClassVar[str] = "Agency code {value} is written twice"
    remedy_vi: ClassVar[str] = "Ghi mỗi mã định danh một lần"
    remedy_en: ClassVar[str] = "Write each agency code once"


class ForeignNode(AxisError):
    code: ClassVar[str] = "document.foreign-node"
    vi: ClassVar[str] = "Tài liệu đã ký chứa chú thích, chỉ thị xử lý hoặc thực thể"
    en: ClassVar[str] = "The signed document holds a comment, processing instruction or entity"


class Builder:
    """Writes one document: `text`, `time` and `items` add children of the root in calling order."""

    def __init__(self, namespace: str, root: str) -> None:
        self._namespace = namespace
        self._element = etree.Element(f"{{{namespace}}}{root}", nsmap={None: namespace})

    def text(self, name: str, value: str | None) -> None:
        """None leaves the element out."""
        if value is not None:
            self._add(self._element, name, value)

    def time(self, name: str, at: datetime | None) -> None:
        self.text(name, None if at is None else times.to_text(at))

    def items(self, wrapper: str, item: str, values: Iterable[str]) -> None:
        """A wrapper with one element for each value; no values, no wrapper."""
        listed = tuple(values)
        if listed:
            parent = self._add(self._element, wrapper)
            for value in listed:
                self._add(parent, item, value)

    def records(self, wrapper: str, item: str, rows: Iterable[dict[str, str]]) -> None:
        """A wrapper with one element for each row, whose fields become its children."""
        listed = tuple(rows)
        if listed:
            parent = self._add(self._element, wrapper)
            for row in listed:
                record = self._add(parent, item)
                for name, value in row.items():
                    self._add(record, name, value)

    def record(self, name: str, fields: dict[str, str] | None) -> None:
        """One element with a child for each field; None leaves it out."""
        if fields is not None:
            parent = self._add(self._element, name)
            for field, value in fields.items():
                self._add(parent, field, value)

    def to_bytes(self) -> bytes:
        """UTF-8 with an XML declaration."""
        return etree.tostring(self._element, encoding="UTF-8", xml_declaration=True)

    def _add(self, parent: etree._Element, name: str, value: str | None = None) -> etree._Element:
        child = etree.SubElement(parent, f"{{{self._namespace}}}{name}")
        child.text = value
        return child


class Fields:
    """The children of an admitted root, by local name; what the schema requires is simply there."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self._namespace = str(etree.QName(root).namespace)

    def text(self, name: str) -> str:
        return _text(self._child(name))

    def optional(self, name: str) -> str | None:
        child = self.root.find(f"{{{self._namespace}}}{name}")
        return None if child is None else _text(child)

    def time(self, name: str) -> datetime:
        return times.from_text(self.text(name))

    def optional_time(self, name: str) -> datetime | None:
        return None if (text := self.optional(name)) is None else times.from_text(text)

    def agency(self, name: str) -> str:
        """Raises CodeNotCanonical."""
        return _agency(self._child(name))

    def optional_agency(self, name: str) -> str | None:
        return self.agency(name) if self.optional(name) is not None else None

    def items(self, wrapper: str) -> tuple[str, ...]:
        return tuple(_text(element) for element in self._items(wrapper))

    def agencies(self, wrapper: str, *, repeated: type[AxisError] = RepeatedCode) -> tuple[str, ...]:
        """Codes of a list, each once.

        Raises:
            CodeNotCanonical: a code in another spelling.
            RepeatedCode: a code twice; the caller may name a refusal of its own.
        """
        codes: dict[str, None] = {}
        for element in self._items(wrapper):
            agency = _agency(element)
            if agency in codes:
                raise repeated(value=agency, where=element_path(element), line=element.sourceline)
            codes[agency] = None
        return tuple(codes)

    def records(self, wrapper: str) -> tuple[dict[str, str], ...]:
        return tuple(
            {etree.QName(field).localname: _text(field) for field in element} for element in self._items(wrapper)
        )

    def record(self, name: str) -> dict[str, str] | None:
        """The children of one element; None when it is absent."""
        child = self.root.find(f"{{{self._namespace}}}{name}")
        return None if child is None else {etree.QName(field).localname: _text(field) for field in child}

    def _child(self, name: str) -> etree._Element:
        child = self.root.find(f"{{{self._namespace}}}{name}")
        if child is None:  # the schema saw to it
            raise AssertionError(f"{name} is required by the schema")
        return child

    def _items(self, wrapper: str) -> Iterator[etree._Element]:
        return self.root.iterfind(f"{{{self._namespace}}}{wrapper}/*")


def admit(source: bytes | etree._Element, schema: str) -> Fields:
    """Bytes from anywhere, or the root of a document whose signature was verified, to fields that fit the schema.

    Args:
        source: bytes pass the gate's SIGNED profile first; a root is taken as one that did.
        schema: file stem in schemas/xsd; it declares a single root element.

    Raises:
        Refusal: the gate's, for bytes.
        CheckFailed: the schema's findings.
        ForeignNode: a root that the gate would not have let in.
    """
    root = read(source, XmlProfile.SIGNED) if isinstance(source, bytes) else source
    # element.text stops at a comment: two readers could see two values.
    for _ in root.iter(etree.Comment, etree.ProcessingInstruction, etree.Entity):
        raise ForeignNode(where=element_path(root))
    if findings := errors(validate(root, schema)):
        raise CheckFailed(findings, where=element_path(root))
    return Fields(root)


def _text(element: etree._Element) -> str:
    return (element.text or "").strip(_XML_SPACE)


def _agency(element: etree._Element) -> str:
    value = _text(element)
    canonical = canonical_code(value)
    if canonical != value:
        raise CodeNotCanonical(value=value, canonical=canonical, where=element_path(element), line=element.sourceline)
    return value
