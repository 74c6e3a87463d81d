"""Lengths: what we emit (the strictest credible source) and what we accept (what real traffic holds).

A value between the two is taken with a warning. The accepted lengths are those of the XSD; a test holds them together.
Sources: a vendor's validator and a production entity model for the first, observed values for the second; the text of
QCVN 102:2016 should be compared before a real deployment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from lxml import etree

from schemas.findings import Finding, Severity, Stage
from schemas.gate.refusal import Refusal
from schemas.rules.tree import element_path, leaves, local


@dataclass(frozen=True, slots=True)
class Limit:
    """Characters."""

    emit: int
    accept: int


_ORGAN = {
    "OrganId": Limit(35, 50),
    "OrganizationInCharge": Limit(200, 500),
    "OrganName": Limit(200, 500),
    "OrganAdd": Limit(250, 500),
    "Email": Limit(100, 255),
    "Telephone": Limit(20, 50),
    "Fax": Limit(20, 50),
    "Website": Limit(100, 255),
}
_RESPONSE = {"OrganId": Limit(35, 50), "Code": Limit(100, 200), "DocumentId": Limit(200, 200)}
_STAFF = {
    "Department": Limit(300, 500),
    "Staff": Limit(300, 500),
    "Email": Limit(100, 255),
    "Mobile": Limit(30, 50),
    "DepartmentId": Limit(200, 200),
    "StaffId": Limit(200, 200),
}
LIMITS: dict[tuple[str, str], Limit] = {
    **{("From", name): limit for name, limit in _ORGAN.items()},
    **{("To", name): limit for name, limit in _ORGAN.items()},
    **{("ResponseFor", name): limit for name, limit in _RESPONSE.items()},
    **{("StaffInfo", name): limit for name, limit in _STAFF.items()},
    ("MessageHeader", "DocumentId"): Limit(200, 200),
    ("Code", "CodeNumber"): Limit(11, 50),
    ("Code", "CodeNotation"): Limit(30, 50),
    ("PromulgationInfo", "Place"): Limit(50, 100),
    ("DocumentType", "Type"): Limit(20, 20),
    ("DocumentType", "TypeDetail"): Limit(20, 20),
    ("DocumentType", "TypeName"): Limit(100, 100),
    ("MessageHeader", "Subject"): Limit(500, 2000),
    ("MessageHeader", "Content"): Limit(500, 4000),
    ("SignerInfo", "Competence"): Limit(100, 100),
    ("SignerInfo", "Position"): Limit(100, 255),
    ("SignerInfo", "FullName"): Limit(50, 255),
    ("OtherInfo", "SphereOfPromulgation"): Limit(100, 255),
    ("OtherInfo", "TyperNotation"): Limit(10, 100),
    ("OtherInfo", "Direction"): Limit(20, 20),
    ("Appendixes", "Appendix"): Limit(500, 500),
    ("ToPlaces", "Place"): Limit(150, 500),
    ("TraceHeader", "OrganId"): Limit(35, 50),
    ("TraceHeader", "Timestamp"): Limit(50, 50),
    ("Bussiness", "DocumentId"): Limit(200, 200),
    ("Bussiness", "BussinessDocReason"): Limit(500, 2000),
    ("Receiver", "OrganId"): Limit(35, 50),
    ("ReplacementInfo", "DocumentId"): Limit(200, 200),
    ("OrganIdList", "OrganId"): Limit(35, 50),
    ("Reference", "ContentId"): Limit(200, 255),
    ("Reference", "ContentType"): Limit(255, 255),
    ("Reference", "Description"): Limit(500, 2000),
    ("Reference", "AttachmentName"): Limit(500, 500),
    ("MessageHeader", "Description"): Limit(500, 2000),
}
"""By (parent, element) of the normal form."""


class OverEmitLimit(Refusal):
    code: ClassVar[str] = "rules.over-emit-limit"
    vi: ClassVar[str] = "{name} dài {length} ký tự, quá {limit} ký tự; phần mềm cũ ở bên nhận có thể cắt bớt"
    en: ClassVar[str] = "{name} has {length} characters, more than {limit}; older software may cut it"
    remedy_vi: ClassVar[str] = "Rút ngắn giá trị còn tối đa {limit} ký tự"
    remedy_en: ClassVar[str] = "Shorten the value to at most {limit} characters"


def over_emit_limits(normal: etree._Element, *, severity: Severity = Severity.WARNING) -> Iterator[Finding]:
    """Values longer than we would emit; those longer than accepted are left to the XSD."""
    for leaf in leaves(normal):
        parent = leaf.getparent()
        limit = None if parent is None else LIMITS.get((local(parent), local(leaf)))
        length = len(leaf.text or "")
        if limit is not None and limit.emit < length <= limit.accept:
            refusal = OverEmitLimit(
                where=element_path(leaf), line=leaf.sourceline, name=local(leaf), length=length, limit=limit.emit
            )
            yield Finding.of(refusal, Stage.RULES, severity)
