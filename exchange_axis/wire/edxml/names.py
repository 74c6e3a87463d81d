"""Names and order of the national packet (QCVN 102:2016 with Amendment 1:2022), as data.

The order is that of the axis (its Java library): every receiver there has to read it, because the axis re-serialises.
`Bussiness` with its double s is the normative spelling.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from schemas.rules.tree import NAMESPACE

__all__ = ["DOCUMENT", "NAMESPACE", "PREFIX", "STATUS", "Shape", "local_name", "qname"]

PREFIX = "edXML"
OLD_NAMESPACES = {
    "http://www.e-doc.vn/Schema/": "Công văn 512/2012, 2803/2014",
    "http://www.go.vn/eDoc": "go.vn/eDoc",
    "http://edxml.gov.vn/schema": "edxml.gov.vn/schema",
}
"""Formats met in the wild that are not this one: refused by name."""
SOAP_NAMESPACES = frozenset(
    {"http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"},
)
IGNORED_AT_ROOT = frozenset({"Boundary", "ContentId", "ContentType", "AttachmentEncoded"})
"""The first three are leavings of a .NET serialiser; attachments are read apart and are no part of the normal form."""
KNOWN_EXTENSIONS = frozenset({"ResponseForTask", "ApplicationType", "ReplyFors", "ReferenceCodes"})
"""Extensions of the Java library: kept like unknown elements, but nobody needs to be told."""
SIGNATURES = frozenset({"Signature", "DigitalSignature"})


_TAG_START = f"{{{NAMESPACE}}}"


@dataclass(frozen=True, slots=True)
class Shape:
    """An element of the normal form: its name and its children in axis order; without children it holds text."""

    name: str
    children: tuple[Shape, ...] = ()
    alias: str = ""
    """A second name under which the same element travels."""

    @property
    def is_text(self) -> bool:
        return not self.children


def qname(local: str) -> str:
    """Tag of an element of the format, `{namespace}local`."""
    return f"{{{NAMESPACE}}}{local}"


def local_name(element: etree._Element) -> str:
    """Local name of an element of the format; empty in a foreign namespace. No namespace at all counts as ours."""
    tag = str(element.tag)
    return tag.removeprefix(_TAG_START) if tag.startswith(_TAG_START) or not tag.startswith("{") else ""


def _tree(name: str, *children: str | Shape, alias: str = "") -> Shape:
    shapes = tuple(Shape(child) if isinstance(child, str) else child for child in children)
    return Shape(name, shapes, alias)


def _organ(name: str) -> Shape:
    return _tree(
        name, "OrganId", "OrganizationInCharge", "OrganName", "OrganAdd", "Email", "Telephone", "Fax", "Website"
    )


_RESPONSE_FOR = _tree("ResponseFor", "OrganId", "Code", "DocumentId", "PromulgationDate")
_STAFF = _tree("StaffInfo", "Department", "Staff", "Email", "Mobile", "DepartmentId", "StaffId")
_MESSAGE_HEADER = _tree(
    "MessageHeader",
    _organ("From"),
    _organ("To"),
    "DocumentId",
    _tree("Code", "CodeNumber", "CodeNotation"),
    _tree("PromulgationInfo", "Place", "PromulgationDate"),
    _tree("DocumentType", "Type", "TypeDetail", "TypeName"),
    "Subject",
    "Content",
    _tree("SignerInfo", "Competence", "Position", "FullName"),
    "DueDate",
    _tree(
        "OtherInfo",
        "Priority",
        "SphereOfPromulgation",
        "TyperNotation",
        "PromulgationAmount",
        "PageAmount",
        "Direction",
        _tree("Appendixes", "Appendix"),
    ),
    _RESPONSE_FOR,
    "SteeringType",
    _tree("ToPlaces", "Place"),
)
_TRACE_HEADER_LIST = _tree(
    "TraceHeaderList",
    _tree(
        "Bussiness",
        "DocumentId",
        "BussinessDocType",
        "BussinessDocReason",
        "Paper",
        _tree(
            "BussinessDocumentInfo",
            "DocumentInfo",
            "DocumentReceiver",
            _tree("ReceiverList", _tree("Receiver", "OrganId", "ReceiverType")),
        ),
        _tree("ReplacementInfoList", _tree("ReplacementInfo", "DocumentId", _tree("OrganIdList", "OrganId"))),
        _STAFF,
    ),
    _tree("TraceHeader", "OrganId", "Timestamp"),
)
_BODY = _tree(
    "edXMLBody",
    _tree("edXMLManifest", _tree("Reference", "ContentId", "ContentType", "Description", "AttachmentName")),
)
DOCUMENT = _tree("edXML", _tree("edXMLEnvelope", _tree("edXMLHeader", _MESSAGE_HEADER, _TRACE_HEADER_LIST), _BODY))
_REPORT = _tree(
    "MessageHeader",
    _organ("From"),
    _RESPONSE_FOR,
    _STAFF,
    "StatusCode",
    "Description",
    "Timestamp",
    alias="Status",
)
STATUS = _tree("edXML", _tree("edXMLEnvelope", _tree("edXMLHeader", _REPORT)))
