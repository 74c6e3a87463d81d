"""Building blocks of the edXML vectors: one plain letter, one plain status, and ways to change them."""

from __future__ import annotations

import base64
import copy
import io
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from lxml import etree

QCVN = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
XLINK = "http://www.w3.org/1999/xlink"
AT = "2025-06-30T02:00:00+00:00"
"""The time at which the rules are run."""

Node = tuple[str, object]
"""Name and either text or a list of nodes."""
FROM: Node = (
    "From",
    [
        ("OrganId", "H45.32.03"),
        ("OrganizationInCharge", "UBND huyện Tuy An"),
        ("OrganName", "UBND xã An Ninh Đông"),
        ("OrganAdd", "Thôn Phú Hội"),
        ("Email", "anninhdong@tuyan.example"),
        ("Telephone", "(84-257) 300 0001"),
    ],
)
TO: Node = ("To", [("OrganId", "H45.32"), ("OrganName", "UBND huyện Tuy An")])
HEADER: list[Node] = [
    FROM,
    TO,
    ("DocumentId", "H45.32.03,2025/06/04,57/BC-UBND"),
    ("Code", [("CodeNumber", "57"), ("CodeNotation", "BC-UBND")]),
    ("PromulgationInfo", [("Place", "An Ninh Đông"), ("PromulgationDate", "2025/06/04")]),
    ("DocumentType", [("Type", "2"), ("TypeDetail", "14"), ("TypeName", "Báo cáo")]),
    ("Subject", "Báo cáo kết quả tiếp nhận, giải quyết thủ tục hành chính tháng 5 năm 2025"),
    ("SignerInfo", [("Competence", "TM."), ("Position", "Chủ tịch"), ("FullName", "Lê Thị Mẫu")]),
    ("DueDate", "2025/06/20"),
    ("OtherInfo", [("Priority", "1"), ("PageAmount", "3"), ("Appendixes", [("Appendix", "Phụ lục 1")])]),
    ("SteeringType", "0"),
    ("ToPlaces", [("Place", "Lưu: VT")]),
]
TRACE: list[Node] = [
    (
        "Bussiness",
        [("BussinessDocType", "0"), ("Paper", "0"), ("StaffInfo", [("Department", "VP"), ("Staff", "Văn thư")])],
    ),
    ("TraceHeader", [("OrganId", "H45.32.03"), ("Timestamp", "2025/06/04 10:15:00")]),
]
REFERENCE: Node = (
    "Reference",
    [("ContentId", "cid:a1"), ("ContentType", "application/pdf"), ("AttachmentName", "57 Báo cáo.pdf")],
)
REPORT: list[Node] = [
    ("From", [("OrganId", "H45.32"), ("OrganName", "UBND huyện Tuy An")]),
    (
        "ResponseFor",
        [
            ("OrganId", "H45.32.03"),
            ("Code", "57/BC-UBND"),
            ("DocumentId", "H45.32.03,2025/06/04,57/BC-UBND"),
            ("PromulgationDate", "2025/06/04"),
        ],
    ),
    ("StaffInfo", [("Department", "Văn phòng"), ("Staff", "Văn thư huyện")]),
    ("StatusCode", "03"),
    ("Description", "Số đến 812"),
    ("Timestamp", "2025/06/04 10:20:05"),
]


@dataclass(frozen=True, kw_only=True)
class Vector:
    """One packet and what must come of it."""

    id: str
    prose: str
    data: bytes
    source: str = "QCVN 102:2016, axis traffic"
    refused: str | None = None
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    same_as: str | None = None
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return self.id.replace("::", "-") + ".xml"

    def entry(self) -> dict[str, object]:
        return {
            "id": self.id,
            "file": self.file,
            "prose": self.prose,
            "source": self.source,
            "refused": self.refused,
            "errors": list(self.errors),
            "warnings": list(self.warnings),
            "same_as": self.same_as,
            "facts": self.facts,
        }


def build(
    header: Iterable[Node] = HEADER,
    trace: Iterable[Node] | None = TRACE,
    references: Iterable[Node] | None = (REFERENCE,),
    *,
    container: str = "MessageHeader",
) -> etree._Element:
    """A packet with the prefixes of the axis: root bare, envelope prefixed."""
    root = etree.Element(f"{{{QCVN}}}edXML", nsmap={None: QCVN})
    envelope = etree.SubElement(root, f"{{{QCVN}}}edXMLEnvelope", nsmap={"edXML": QCVN})
    head = add(envelope, ("edXMLHeader", []))
    add(head, (container, list(header)))
    if trace is not None:
        add(head, ("TraceHeaderList", list(trace)))
    if references is not None:
        body = add(envelope, ("edXMLBody", []))
        add(body, ("edXMLManifest", list(references))).set("version", "1.0")
    return root


def add(parent: etree._Element, node: Node) -> etree._Element:
    name, content = node
    element = etree.SubElement(parent, f"{{{QCVN}}}{name}")
    if isinstance(content, list):
        for child in content:
            add(element, child)
    else:
        element.text = str(content)
    return element


def attach(root: etree._Element, *files: tuple[str, str, str, bytes], namespace: str = QCVN) -> etree._Element:
    """AttachmentEncoded with (content id, name, declared type, bytes)."""
    tag = f"{{{namespace}}}%s" if namespace else "%s"
    encoded = etree.SubElement(root, tag % "AttachmentEncoded")
    for content_id, name, kind, data in files:
        attachment = etree.SubElement(encoded, tag % "Attachment")
        for child, value in (
            ("ContentId", content_id),
            ("AttachmentName", name),
            ("ContentType", kind),
            ("ContentTransferEncoded", base64.b64encode(data).decode()),
        ):
            etree.SubElement(attachment, tag % child).text = value
    return root


def zipped(entry: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(entry, (1980, 1, 1, 0, 0, 0)), data)
    return buffer.getvalue()


def xml(root: etree._Element, *, pretty: bool = False) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=pretty)


def at(root: etree._Element, path: str) -> etree._Element:
    found = root.find(".//" + "/".join(f"{{{QCVN}}}{name}" for name in path.split("/")))
    assert found is not None, path
    return found


def changed(path: str, text: str | None, *, base: etree._Element | None = None) -> bytes:
    """The plain letter with another text at one place, or without that element."""
    root = build() if base is None else base
    element = at(root, path)
    if text is None:
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)
    else:
        element.text = text
    return xml(root)


def reordered(root: etree._Element, key: Callable[[etree._Element], object]) -> etree._Element:
    """Children of every element in another order; several of one name keep theirs."""
    for element in list(root.iter(etree.Element)):
        children = sorted(element, key=lambda child: str(key(child)))
        for child in children:
            element.append(child)
    return root


def renamed(root: etree._Element, prefix: str | None) -> bytes:
    """The same packet with one prefix, or none, for everything."""
    fresh = etree.Element(root.tag, nsmap={prefix: QCVN})
    fresh.extend(copy.deepcopy(child) for child in root)
    etree.cleanup_namespaces(fresh, top_nsmap={prefix: QCVN})
    return xml(fresh)


def local(element: etree._Element) -> str:
    return etree.QName(element).localname


def with_header(*extra: Node, without: str = "", trace: list[Node] | None = None) -> etree._Element:
    nodes = [node for node in HEADER if node[0] != without]
    return build([*nodes, *extra], TRACE if trace is None else trace)


def business(*nodes: Node) -> list[Node]:
    return [("Bussiness", list(nodes)), TRACE[1]]
