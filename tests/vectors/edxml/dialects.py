"""Letters as different software writes them; all of them are to be read."""

from __future__ import annotations

import io
import zipfile

from lxml import etree

from tests.vectors.edxml.packets import (
    DSIG,
    HEADER,
    QCVN,
    REFERENCE,
    TRACE,
    XLINK,
    Node,
    Vector,
    add,
    at,
    attach,
    build,
    business,
    changed,
    local,
    renamed,
    reordered,
    with_header,
    xml,
    zipped,
)


def letters() -> list[Vector]:
    plain = build()
    day = "PromulgationInfo/PromulgationDate"
    return [
        Vector(
            id="letter::axis",
            prose="axis order and prefixes",
            data=xml(plain),
            facts={
                "code": "57/BC-UBND",
                "lane": "khan",
                "to": ["H45.32"],
                "key": "H45.32.03|57|BC-UBND|2025-06-04|0",
                "date": "2025-06-04",
            },
        ),
        Vector(
            id="letter::dotnet",
            prose="regulation order, attributes, dummy signature, content id without cid:, pretty-printed",
            source=".NET clients",
            data=dotnet(),
            same_as="letter::axis",
        ),
        Vector(
            id="letter::no-prefix",
            prose="default namespace everywhere",
            data=renamed(plain, None),
            same_as="letter::axis",
        ),
        Vector(id="letter::own-prefix", prose="another prefix", data=renamed(plain, "e"), same_as="letter::axis"),
        Vector(
            id="letter::alphabetic-order",
            prose="children of every element in alphabetic order",
            data=xml(reordered(build(), local)),
            same_as="letter::axis",
        ),
        Vector(
            id="letter::byte-order-mark",
            prose="UTF-8 byte order mark and CRLF after the end",
            data=b"\xef\xbb\xbf" + xml(plain) + b"\r\n",
            same_as="letter::axis",
        ),
        Vector(
            id="letter::day-first",
            prose="date dd/MM/yyyy",
            data=changed(day, "04/06/2025"),
            same_as="letter::axis",
        ),
        Vector(id="letter::iso-date", prose="date yyyy-MM-dd", data=changed(day, "2025-06-04"), same_as="letter::axis"),
        Vector(
            id="letter::empty-elements",
            prose="empty elements count as absent",
            data=emptied(),
            same_as="letter::axis",
        ),
        Vector(
            id="letter::zero-width",
            prose="spaces and zero-width spaces round an agency code",
            data=changed("To/OrganId", " \u200bH45.32\u200b "),
            same_as="letter::axis",
        ),
        Vector(
            id="letter::unknown-elements",
            prose="unknown elements are kept; extensions of the Java library silently",
            data=unknown(),
            same_as="letter::axis",
            warnings=("edxml.unknown-element", "edxml.unknown-element"),
        ),
        Vector(
            id="letter::in-band-signature",
            prose="a signature inside is kept and proves nothing",
            data=signed(),
            same_as="letter::axis",
            warnings=("edxml.in-band-signature",),
        ),
        Vector(
            id="letter::minimal",
            prose="neither trace nor body, one name missing",
            data=xml(build([node for node in HEADER[:8] if node[0] != "SignerInfo"], None, None)),
            warnings=("rules.no-attachment",),
            facts={"lane": "thuong", "date": "2025-06-04"},
        ),
        Vector(
            id="letter::nameless-hop",
            prose="hops without code and with the word null, as the axis writes them",
            data=xml(
                build(
                    trace=[
                        TRACE[0],
                        TRACE[1],
                        ("TraceHeader", [("Timestamp", "2025/06/04 10:17:00")]),
                        ("TraceHeader", [("OrganId", "null"), ("Timestamp", "2025/06/04 10:32:00")]),
                    ]
                )
            ),
            facts={"hops": ["H45.32.03", "", ""]},
        ),
        Vector(
            id="letter::two-generations",
            prose="one recipient by new and old code",
            data=xml(
                build([*HEADER[:2], ("To", [("OrganId", "000.00.32.H45"), ("OrganName", "Tuy An")]), *HEADER[2:]])
            ),
            warnings=("rules.repeated-recipient",),
        ),
        Vector(
            id="letter::vendor-type",
            prose="Type 71 of a vendor's own catalogue: the name decides",
            data=changed("DocumentType/Type", "71"),
            facts={"type": ["71", "14", "Báo cáo"]},
        ),
        Vector(
            id="letter::attachment-without-namespace",
            prose="root prefixed, so that attachments written bare have no namespace",
            data=attached_bare(),
            same_as="letter::axis",
            facts={"attachments": ["%PDF-1.7\n"]},
        ),
        Vector(
            id="letter::attachments",
            prose="raw PDF, zipped upper-case PDF, zip under application/pdf, a genuine zip, a broken zip",
            source="zip rule of the Java library and its observed breaks",
            data=attachments(),
            facts={"attachments": ["%PDF-1.7\n", "%PDF-1.4\n", "bang tinh", "PK…", "PK\u0003\u0004broken"]},
        ),
        Vector(
            id="letter::attachment-order",
            prose="attachments matched by content id, then name, then position",
            data=attachment_order(),
            facts={"matched": ["one", "two", "three"]},
        ),
        Vector(
            id="letter::attachment-missing",
            prose="two files listed, one carried",
            data=xml(
                attach(
                    build(references=[REFERENCE, ("Reference", [("ContentId", "cid:b"), ("AttachmentName", "b.pdf")])]),
                    ("a1", "57 Báo cáo.pdf", "application/pdf", b"%PDF"),
                )
            ),
            errors=("edxml.attachment-mismatch",),
        ),
        Vector(
            id="letter::recall",
            prose="kind 1 names the recalled document",
            data=xml(
                with_header(
                    ("ResponseFor", [("OrganId", "H45.32.03"), ("Code", "57/BC-UBND"), ("DocumentId", "x-57")]),
                    trace=business(("BussinessDocType", "1"), ("BussinessDocReason", "Ban hành nhầm")),
                )
            ),
            facts={"kind": "1"},
        ),
        Vector(
            id="letter::update",
            prose="kind 2 with a changed list of receivers",
            data=xml(
                build(
                    trace=business(
                        ("DocumentId", "x-57"),
                        ("BussinessDocType", "2"),
                        (
                            "BussinessDocumentInfo",
                            [
                                ("DocumentInfo", "0"),
                                ("DocumentReceiver", "1"),
                                (
                                    "ReceiverList",
                                    [("Receiver", [("ReceiverType", "1"), ("OrganId", "H45.31")])],
                                ),
                            ],
                        ),
                    )
                )
            ),
            facts={"kind": "2"},
        ),
        Vector(
            id="letter::replace",
            prose="kind 3 names the replaced document and for whom",
            data=xml(
                build(
                    trace=business(
                        ("BussinessDocType", "3"),
                        (
                            "ReplacementInfoList",
                            [
                                (
                                    "ReplacementInfo",
                                    [("DocumentId", "x-57"), ("OrganIdList", [("OrganId", "H45.32")])],
                                )
                            ],
                        ),
                    )
                )
            ),
            facts={"kind": "3"},
        ),
    ]


def dotnet() -> bytes:
    """What a .NET client writes: regulation order, xsi and xsd declared, attributes, dummies."""
    order = ["From", "To", "Code", "PromulgationInfo", "DocumentType", "Subject", "SignerInfo", "DueDate", "ToPlaces"]
    order += ["OtherInfo", "ResponseFor", "SteeringType", "DocumentId"]
    root = build(sorted(HEADER, key=lambda node: order.index(node[0])), [TRACE[1], TRACE[0]])
    kind = at(root, "DocumentType")
    kind.append(at(root, "DocumentType/TypeDetail"))
    trace = at(root, "TraceHeaderList")
    for name, value in (("id", "9f"), ("version", "1.0"), ("mustUnderstand", "1")):
        trace.set(name, value)
    reference = at(root, "Reference")
    reference.set(f"{{{XLINK}}}href", "cid:a1")
    reference.insert(0, at(root, "Reference/AttachmentName"))
    add(at(root, "edXMLHeader"), ("DigitalSignature", ""))
    for name in ("ContentType", "ContentId", "Boundary"):
        root.insert(0, root.makeelement(f"{{{QCVN}}}{name}"))
    fresh = etree.Element(
        root.tag,
        nsmap={
            "xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsd": "http://www.w3.org/2001/XMLSchema",
            None: QCVN,
        },
    )
    fresh.extend(list(root))
    attach(fresh, ("a1", "57 Báo cáo.pdf", "application/pdf", b"%PDF-1.7\n"))
    return xml(fresh, pretty=True)


def signed() -> bytes:
    root = build()
    signature = etree.SubElement(at(root, "edXMLHeader"), f"{{{DSIG}}}Signature", nsmap={"ds": DSIG})
    etree.SubElement(signature, f"{{{DSIG}}}SignedInfo")
    return xml(root)


def emptied() -> bytes:
    root = build()
    header = at(root, "MessageHeader")
    for name in ("Content", "ResponseFor"):
        add(header, (name, ""))
    for path in ("From", "To"):
        add(at(root, path), ("Website", ""))
        add(at(root, path), ("Fax", "  "))
    add(header, ("ResponseFor", [("OrganId", ""), ("Code", ""), ("DocumentId", "")]))
    add(at(root, "Appendixes"), ("Appendix", ""))
    return xml(root)


def unknown() -> bytes:
    root = build()
    sender = at(root, "From")
    extra = root.makeelement(f"{{{QCVN}}}Zalo")
    extra.text = "0900"
    sender.insert(1, extra)
    other = etree.SubElement(
        at(root, "MessageHeader"), "{urn:example:province}Dossier", nsmap={"p": "urn:example:province"}
    )
    etree.SubElement(other, "{urn:example:province}Id").text = "H-12"
    add(at(root, "MessageHeader"), ("ApplicationType", "1"))
    return xml(root)


def attached_bare() -> bytes:
    root = etree.fromstring(renamed(build(), "edXML"))
    return xml(attach(root, ("cid:a1", "57 Báo cáo.pdf", "application/pdf", b"%PDF-1.7\n"), namespace=""))


def attachments() -> bytes:
    two = io.BytesIO()
    with zipfile.ZipFile(two, "w") as archive:
        for name in ("a.txt", "b.txt"):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), name)
    files = [
        ("1", "raw.pdf", "application/pdf", b"%PDF-1.7\n"),
        ("2", "UPPER.PDF", "application/zip", zipped("1b9d.PDF", b"%PDF-1.4\n")),
        ("3", "bang.xlsx", "application/pdf", zipped("../../etc/passwd", b"bang tinh")),
        ("4", "goc.zip", "application/zip", two.getvalue()),
        ("5", "hong.doc", "application/zip", b"PK\x03\x04broken"),
    ]
    references = [("Reference", [("ContentId", f"cid:{key}"), ("AttachmentName", name)]) for key, name, _, _ in files]
    return xml(attach(build(references=references), *files))


def attachment_order() -> bytes:
    references: list[Node] = [
        ("Reference", [("ContentId", "cid:1"), ("AttachmentName", "mot.pdf")]),
        ("Reference", [("ContentId", "cid:2"), ("AttachmentName", "hai.pdf")]),
        ("Reference", [("ContentId", "cid:3"), ("AttachmentName", "ba.pdf")]),
    ]
    files = [
        ("zz", "khac.pdf", "application/pdf", b"three"),
        ("yy", "hai.pdf", "application/pdf", b"two"),
        ("1", "doi ten.pdf", "application/pdf", b"one"),
    ]
    return xml(attach(build(references=references), *files))
