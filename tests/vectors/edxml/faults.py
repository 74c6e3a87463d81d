"""Packets that are refused, and letters with one fault each."""

from __future__ import annotations

from lxml import etree

from tests.vectors.edxml.packets import (
    QCVN,
    REFERENCE,
    REPORT,
    Vector,
    add,
    at,
    build,
    business,
    changed,
    with_header,
    xml,
)


def refused() -> list[Vector]:
    bare = etree.Element("edXML")
    police = etree.Element("{http://edxml.gov.vn/schema}edXML")
    mixed = build()
    mixed[0].tag = "{http://www.go.vn/eDoc}edXMLEnvelope"
    doctype = xml(build()).replace(b"<edXML ", b"<!DOCTYPE edXML>\n<edXML ", 1)
    return [
        Vector(
            id="letter::soap-2014",
            prose="format of 2012 and 2014, in SOAP",
            data=old_soap(),
            refused="edxml.old-namespace",
        ),
        Vector(
            id="letter::police-profile",
            prose="another format of the same name",
            data=xml(police),
            refused="edxml.old-namespace",
        ),
        Vector(
            id="letter::old-envelope",
            prose="new root, old envelope",
            data=xml(mixed),
            refused="edxml.old-namespace",
        ),
        Vector(id="letter::no-namespace", prose="no namespace", data=xml(bare), refused="edxml.not-edxml"),
        Vector(
            id="letter::is-a-status",
            prose="a status where a letter is wanted",
            data=xml(build(REPORT, None, None)),
            refused="edxml.wrong-kind",
        ),
        Vector(
            id="status::is-a-letter",
            prose="a letter where a status is wanted",
            data=xml(build()),
            refused="edxml.wrong-kind",
        ),
        Vector(id="letter::doctype", prose="a document type declaration", data=doctype, refused="gate.doctype"),
    ]


def faults() -> list[Vector]:
    """Letters that one fault each refuses or marks."""
    two = build()
    add(at(two, "MessageHeader"), ("Subject", "Trích yếu thứ hai"))
    mixed = build()
    at(mixed, "Subject").text = "Báo cáo "
    etree.SubElement(at(mixed, "Subject"), f"{{{QCVN}}}b").text = "quan trọng"
    stray = build()
    at(stray, "From").text = "UBND xã"
    secret = build()
    add(at(secret, "OtherInfo"), ("SphereOfPromulgation", "Mật"))
    at(secret, "SphereOfPromulgation").text = "MẬT"
    hidden = build()
    add(at(hidden, "OtherInfo"), ("DoMat", "TUYỆT MẬT"))
    subject, number = "Subject", "Code/CodeNumber"

    def schema(name: str, prose: str, data: bytes, *codes: str) -> Vector:
        return Vector(id=f"letter::{name}", prose=prose, data=data, errors=codes)

    def warned(name: str, prose: str, data: bytes, *codes: str) -> Vector:
        return Vector(id=f"letter::{name}", prose=prose, data=data, warnings=codes)

    return [
        schema(
            "no-subject",
            "a required field is missing",
            changed(subject, None),
            "rules.missing-field",
            "schema.unexpected-element",
        ),
        schema("two-subjects", "a single field twice", xml(two), "schema.unexpected-element"),
        schema("markup-in-text", "markup inside a text", xml(mixed), "edxml.misplaced-text"),
        schema("stray-text", "text between elements", xml(stray), "edxml.misplaced-text"),
        schema(
            "no-such-day", "30 February", changed("PromulgationInfo/PromulgationDate", "2025/02/30"), "schema.bad-value"
        ),
        schema("no-date", "words for a date", changed("DueDate", "trong tháng"), "schema.bad-value"),
        schema("priority-text", "a word for a number", changed("OtherInfo/Priority", "khẩn"), "schema.bad-value"),
        schema(
            "kind-4",
            "a business kind that does not exist",
            changed("Bussiness/BussinessDocType", "4"),
            "schema.not-in-list",
        ),
        Vector(
            id="letter::long-code",
            prose="an agency code of 60 characters",
            data=changed("To/OrganId", "H" * 60),
            errors=("schema.too-long",),
            warnings=("rules.organ-id-form",),
        ),
        schema("odd-characters", "an agency code with a slash", changed("To/OrganId", "H45/32"), "rules.organ-id"),
        schema(
            "future",
            "issued tomorrow",
            changed("PromulgationInfo/PromulgationDate", "2025/07/01"),
            "rules.due-before-issue",
            "rules.future-date",
        ),
        schema("due-before-issue", "due before issue", changed("DueDate", "2025/06/03"), "rules.due-before-issue"),
        schema("secret", "a secrecy mark", xml(secret), "rules.secrecy-mark"),
        schema(
            "secret-subject", "a secrecy mark in brackets", changed(subject, "(TỐI MẬT) Kế hoạch"), "rules.secrecy-mark"
        ),
        Vector(
            id="letter::secret-unknown",
            prose="a secrecy mark in an element of its own",
            data=xml(hidden),
            errors=("rules.secrecy-mark",),
            warnings=("edxml.unknown-element",),
        ),
        schema(
            "recall-of-nothing",
            "a recall without reference",
            xml(build(trace=business(("BussinessDocType", "1")))),
            "rules.recall-without-reference",
        ),
        Vector(
            id="letter::update-of-nothing",
            prose="an update without document",
            data=xml(build(trace=business(("BussinessDocType", "2")))),
            errors=("rules.update-without-document",),
            warnings=("rules.update-without-change",),
        ),
        schema(
            "replacement-of-nothing",
            "a replacement without document",
            xml(build(trace=business(("BussinessDocType", "3")))),
            "rules.replacement-without-document",
        ),
        schema(
            "unclear-reference",
            "a reference to nothing",
            xml(with_header(("ResponseFor", [("OrganId", "H45")]))),
            "rules.response-for-unclear",
        ),
        warned(
            "partial-reference",
            "a reference without agency",
            xml(with_header(("ResponseFor", [("Code", "1/QĐ-UBND")]))),
            "rules.response-for-partial",
        ),
        warned(
            "secrets-law", "about the law on state secrets, not secret", changed(subject, "V/v bảo vệ bí mật nhà nước")
        ),
        warned("test-code", "a code of a test system", changed("To/OrganId", "vxp.saas.03"), "rules.organ-id-form"),
        warned(
            "long-subject",
            "longer than we would write",
            changed(subject, "Báo cáo " + "rất dài " * 90 + "."),
            "rules.over-emit-limit",
        ),
        warned("junk", "fillers", changed("SignerInfo/FullName", "N/A"), "rules.junk-value"),
        warned(
            "subject-is-file",
            "the subject is the file name",
            changed(subject, "57 báo cáo"),
            "rules.subject-is-file-name",
        ),
        warned("number-grammar", "a number that is none", changed(number, "số 57"), "rules.symbol-grammar"),
        warned("other-year", "the year in the number is another", changed(number, "57/2024"), "rules.symbol-year"),
        warned(
            "unknown-type",
            "a type that no list has",
            changed("DocumentType/TypeName", "Văn bản điện tử mới"),
            "rules.unknown-type",
        ),
        warned(
            "type-mismatch",
            "symbol and type name disagree",
            changed("DocumentType/TypeName", "Tờ trình"),
            "rules.type-symbol-mismatch",
        ),
        warned(
            "priority-5", "an urgency of a local system", changed("OtherInfo/Priority", "5"), "rules.unknown-priority"
        ),
        warned("decomposed", "combining marks", changed("ToPlaces/Place", "Lu\u031bu: VT"), "rules.not-nfc"),
        warned("email", "no e-mail address", changed("From/Email", "khong co"), "rules.email"),
        warned("no-name", "sender without a name", changed("From/OrganName", None), "rules.missing-organ-name"),
        warned(
            "same-file-twice",
            "two references of one name",
            xml(
                build(
                    references=[
                        REFERENCE,
                        ("Reference", [("ContentId", "cid:2"), ("AttachmentName", "57 Báo cáo.pdf")]),
                    ]
                )
            ),
            "rules.repeated-attachment",
        ),
    ]


def old_soap() -> bytes:
    envelope = etree.Element("{http://schemas.xmlsoap.org/soap/envelope/}Envelope")
    header = etree.SubElement(envelope, "{http://schemas.xmlsoap.org/soap/envelope/}Header")
    etree.SubElement(header, "{http://www.e-doc.vn/Schema/}MessageHeader")
    return xml(envelope)
