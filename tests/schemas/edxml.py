"""Normal forms for tests of schema and rules, built here so that they do not depend on the reader above."""

from __future__ import annotations

from lxml import etree

from schemas.rules.tree import NAMESPACE

LETTER = {
    "From/OrganId": "H45.32.03",
    "From/OrganName": "UBND xã",
    "To/OrganId": "H45.32",
    "To/OrganName": "UBND huyện",
    "DocumentId": "57",
    "Code/CodeNumber": "57",
    "Code/CodeNotation": "BC-UBND",
    "PromulgationInfo/PromulgationDate": "2025-06-04",
    "DocumentType/TypeName": "Báo cáo",
    "Subject": "Báo cáo kết quả",
}
STATUS = {
    "From/OrganId": "H45.32",
    "From/OrganName": "UBND huyện",
    "ResponseFor/OrganId": "H45.32.03",
    "ResponseFor/Code": "57/BC-UBND",
    "StatusCode": "03",
    "Timestamp": "2025-06-04T10:20:05+07:00",
}


def letter(changes: dict[str, str | None] | None = None, *, files: tuple[str, ...] = ("57.pdf",)) -> etree._Element:
    """The plain letter with fields changed or (None) left out; a path not in it goes to the end."""
    root = _root({**LETTER, **(changes or {})})
    manifest = _at(root, "edXMLEnvelope/edXMLBody/edXMLManifest")
    for number, name in enumerate(files):
        reference = etree.SubElement(manifest, f"{{{NAMESPACE}}}Reference")
        etree.SubElement(reference, f"{{{NAMESPACE}}}ContentId").text = str(number)
        etree.SubElement(reference, f"{{{NAMESPACE}}}AttachmentName").text = name
    return root


def status(changes: dict[str, str | None] | None = None) -> etree._Element:
    """The plain status, changed likewise."""
    return _root({**STATUS, **(changes or {})})


def _root(values: dict[str, str | None]) -> etree._Element:
    root = etree.Element(f"{{{NAMESPACE}}}edXML", nsmap={"edXML": NAMESPACE})
    for path, value in values.items():
        if value is not None:
            _at(root, f"edXMLEnvelope/edXMLHeader/MessageHeader/{path}").text = value
    return root


def _at(root: etree._Element, path: str) -> etree._Element:
    element = root
    for name in path.split("/"):
        found = element.find(f"{{{NAMESPACE}}}{name}")
        element = etree.SubElement(element, f"{{{NAMESPACE}}}{name}") if found is None else found
    return element
