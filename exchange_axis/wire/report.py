"""Verification reports as XML: what others act on. They are written by `pipeline.report`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from exchange_axis.wire.document import admit

NAMESPACE = "urn:exchange-axis:report:1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a report says, as far as others act on it."""

    id: str
    issuer: str | None
    at: datetime
    file: str
    sha256: str | None
    verdict: str
    reason: str


def read_report(source: bytes | etree._Element) -> Report:
    """Values of a report; takes the root that `signing.xades` verified.

    Raises:
        Refusal: the gate's, for bytes.
        CheckFailed: findings of the schema.
    """
    fields = admit(source, "report")
    return Report(
        id=fields.text("Id"),
        issuer=fields.optional("Issuer"),
        at=fields.time("At"),
        file=fields.text("File"),
        sha256=fields.optional("Sha256"),
        verdict=fields.text("Verdict"),
        reason=fields.text("Reason"),
    )
