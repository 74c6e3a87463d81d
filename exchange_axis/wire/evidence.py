"""Evidence as XML. Written unsigned here; the pipeline seals it (XAdES-B-B, enveloped) and never touches it again.

Only the rejection of bytes that could not be read may leave open who sent what: in it, Sender, Recipients and
ConsignmentId are absent elements and empty values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from lxml import etree

from exchange_axis.domain.consignment import PartDigest
from exchange_axis.domain.evidence import Event, Evidence, FileVerdict
from exchange_axis.errors import AxisError
from exchange_axis.wire.document import Builder, Fields, admit

NAMESPACE = "urn:exchange-axis:evidence:1"
_NAMES_SUCCESSOR = frozenset({Event.REDIRECT, Event.DUPLICATE})


class IncompleteEvidence(AxisError):
    code: ClassVar[str] = "evidence.incomplete"
    vi: ClassVar[str] = "Biên nhận về sự kiện {event} thiếu {element}"
    en: ClassVar[str] = "Evidence of {event} lacks {element}"


def write_evidence(evidence: Evidence) -> bytes:
    builder = Builder(NAMESPACE, "Evidence")
    builder.text("Id", evidence.id)
    builder.text("Event", evidence.event)
    builder.text("Issuer", evidence.issuer)
    builder.time("RecordedAt", evidence.recorded_at)
    builder.time("ClaimedAt", evidence.claimed_at)
    builder.items("Reasons", "Reason", evidence.reasons)
    builder.text("Sender", evidence.sender or None)
    builder.items("Recipients", "Recipient", evidence.recipients)
    builder.text("ConsignmentId", evidence.consignment_id or None)
    builder.text("ContainerSha256", evidence.container_sha256)
    builder.records("Parts", "Part", (_part_row(part) for part in evidence.parts))
    builder.text("StatusSha256", evidence.status_sha256)
    builder.text("RulePack", evidence.rule_pack or None)
    builder.items("Verdicts", "Verdict", evidence.verdicts)
    builder.records("Files", "File", (_file_row(file) for file in evidence.files))
    builder.text("ReportSha256", evidence.report_sha256)
    builder.text("Previous", evidence.previous)
    builder.text("Successor", evidence.successor)
    return builder.to_bytes()


def read_evidence(source: bytes | etree._Element) -> Evidence:
    """Values of one piece of evidence; whether it is signed is for `signing.xades`, whose root is taken here.

    Raises:
        Refusal: the gate's, for bytes.
        CheckFailed: findings of the schema.
        IncompleteEvidence, CodeNotCanonical, RepeatedCode.
    """
    fields = admit(source, "evidence")
    evidence = Evidence(
        id=fields.text("Id"),
        event=Event(fields.text("Event")),
        issuer=fields.text("Issuer"),
        recorded_at=fields.time("RecordedAt"),
        claimed_at=fields.optional_time("ClaimedAt"),
        reasons=fields.items("Reasons"),
        sender=fields.optional_agency("Sender") or "",
        recipients=fields.agencies("Recipients"),
        consignment_id=fields.optional("ConsignmentId") or "",
        container_sha256=fields.text("ContainerSha256"),
        parts=_parts(fields),
        status_sha256=fields.optional("StatusSha256"),
        rule_pack=fields.optional("RulePack") or "",
        verdicts=fields.items("Verdicts"),
        files=tuple(_file(row) for row in fields.records("Files")),
        report_sha256=fields.optional("ReportSha256"),
        previous=fields.optional("Previous"),
        successor=fields.optional("Successor"),
    )
    _require_whole(evidence)
    return evidence


def _part_row(part: PartDigest) -> dict[str, str]:
    return {"Name": part.name, "Size": str(part.size), "Sha256": part.sha256}


def _parts(fields: Fields) -> tuple[PartDigest, ...]:
    return tuple(
        PartDigest(name=row["Name"], size=int(row["Size"]), sha256=row["Sha256"]) for row in fields.records("Parts")
    )


def _file_row(file: FileVerdict) -> dict[str, str]:
    return {"Part": file.part, "Sha256": file.sha256, "Verdicts": " ".join(file.verdicts)}


def _file(row: Mapping[str, str]) -> FileVerdict:
    return FileVerdict(part=row["Part"], sha256=row["Sha256"], verdicts=tuple(row["Verdicts"].split()))


def _require_whole(evidence: Evidence) -> None:
    known = evidence.event is not Event.SUBMISSION_REJECTION
    required = {
        "Sender": known and not evidence.sender,
        "Recipients": known and not evidence.recipients,
        "ConsignmentId": known and not evidence.consignment_id,
        "Successor": evidence.event in _NAMES_SUCCESSOR and evidence.successor is None,
    }
    for element, lacking in required.items():
        if lacking:
            raise IncompleteEvidence(where="/Evidence", event=evidence.event.short, element=element)
