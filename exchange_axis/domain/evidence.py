"""Evidence: everything a hub says. One signed XML document per event.

Event names are those of ETSI EN 319 522-3, table 2, where one fits; our own carry an `urn:exchange-axis:event:` name.
We claim the vocabulary, not conformance.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from exchange_axis.domain.consignment import PartDigest

_ETSI = "http://uri.etsi.org/19522/Event/"
_OWN = "urn:exchange-axis:event:"


class Event(StrEnum):
    SUBMISSION_ACCEPTANCE = _ETSI + "SubmissionAcceptance"
    SUBMISSION_REJECTION = _ETSI + "SubmissionRejection"
    RELAY_ACCEPTANCE = _ETSI + "RelayAcceptance"
    RELAY_REJECTION = _ETSI + "RelayRejection"
    RELAY_FAILURE = _ETSI + "RelayFailure"
    CONTENT_CONSIGNMENT = _ETSI + "ContentConsignment"
    CONTENT_HANDOVER = _ETSI + "ContentHandover"
    CONTENT_HANDOVER_FAILURE = _ETSI + "ContentHandoverFailure"
    REDIRECT = _OWN + "redirect"
    DUPLICATE = _OWN + "duplicate"
    WITHDRAWN = _OWN + "withdrawn"
    """Ended before handover: the sender recalled the letter or took it back."""
    REFUSED = _OWN + "status:02"
    ACCEPTED = _OWN + "status:03"
    ASSIGNED = _OWN + "status:04"
    IN_PROGRESS = _OWN + "status:05"
    COMPLETED = _OWN + "status:06"
    TAKE_BACK = _OWN + "status:13"
    CONSENTED = _OWN + "status:15"
    DECLINED = _OWN + "status:16"
    OTHER_STATUS = _OWN + "status:other"
    """A status whose code has no meaning here; the code is the reason."""

    @property
    def short(self) -> str:
        """Last part of the name, for people: `ContentHandover`, `status:03`."""
        return self.value.rsplit("/", 1)[-1].removeprefix(_OWN)


FAILURES = frozenset({Event.RELAY_REJECTION, Event.RELAY_FAILURE, Event.CONTENT_HANDOVER_FAILURE})
"""Events that end a delivery without handover; each is a signed failure for the sender."""

STATUS_EVENTS: dict[str, Event] = {
    "01": Event.CONTENT_HANDOVER,
    "02": Event.REFUSED,
    "03": Event.ACCEPTED,
    "04": Event.ASSIGNED,
    "05": Event.IN_PROGRESS,
    "06": Event.COMPLETED,
    "13": Event.TAKE_BACK,
    "15": Event.CONSENTED,
    "16": Event.DECLINED,
}
"""Status code of a status consignment to the one evidence that answers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVerdict:
    """What was found about one file of a letter when it was accepted: codes of a closed list, no name."""

    part: str
    """Name of the signed member that is the file, or that holds it."""
    sha256: str
    """Of the file's own bytes."""
    verdicts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is signed. Nothing known only later (log index, time-stamp), no subject, personal name or free text.

    Only the rejection of bytes that could not be read leaves sender, recipients and consignment id empty.
    """

    id: str
    """UUID."""
    event: Event
    issuer: str
    """Hub id."""
    recorded_at: datetime
    """The hub's clock, UTC."""
    claimed_at: datetime | None = None
    """Time claimed by the node or agency, UTC; for a handover the storage time."""
    reasons: tuple[str, ...] = ()
    """Reason or finding codes."""
    sender: str
    recipients: tuple[str, ...]
    consignment_id: str
    container_sha256: str
    """SHA-256 of the container spoken of; of the refused bytes in a rejection."""
    parts: tuple[PartDigest, ...] = ()
    status_sha256: str | None = None
    """Container digest of the status consignment that caused this event."""
    rule_pack: str = ""
    verdicts: tuple[str, ...] = ()
    files: tuple[FileVerdict, ...] = ()
    """Of a SubmissionAcceptance: each file with its verdicts."""
    report_sha256: str | None = None
    """Of a SubmissionAcceptance: digest of the verdict report that the hub keeps."""
    previous: str | None = None
    """Id of the evidence that caused or preceded this one."""
    successor: str | None = None
    """Agency code a redirect goes to, the first consignment's id for a duplicate, the recall's id for a withdrawal."""
