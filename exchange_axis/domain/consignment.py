"""The consignment: the only thing agencies and nodes say to the axis. `consignment.xml` alone decides routing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MAX_RECIPIENTS = 4_000
MAX_HOPS = 8
MIMETYPE = "application/vnd.etsi.asic-e+zip"


class ConsignmentClass(StrEnum):
    LETTER = "letter"
    STATUS = "status"


class Lane(StrEnum):
    """Urgency lanes, announced before content and honoured by every queue."""

    HOA_TOC = "hoa-toc"
    THUONG_KHAN = "thuong-khan"
    KHAN = "khan"
    THUONG = "thuong"

    @property
    def rank(self) -> int:
        """0 is served first."""
        return tuple(Lane).index(self)


class Origin(StrEnum):
    SIGNED = "signed"
    RECEIVED_UNSIGNED = "received-unsigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignment:
    id: str
    """UUID, made once together with the outbox row."""
    kind: ConsignmentClass
    sender: str
    """Canonical agency code."""
    recipients: tuple[str, ...]
    """Canonical agency codes, groups expanded, no repeats, at most MAX_RECIPIENTS."""
    lane: Lane
    created_at: datetime
    expires_at: datetime
    in_reply_to: str | None = None
    """Id of the consignment that this one is about. A status: the letter it speaks of. A letter that recalls, updates
    or replaces (kinds 1 to 3): the sender's earlier letter. Any other letter: the refused one that it sends again."""
    origin: Origin = Origin.SIGNED
    directory_version: str | None = None
    """Version of the directory that groups were expanded with."""
    reduced: bool = False
    """True when letter.edxml is our reduced copy and source/received.edxml holds the exact bytes."""
    signed_at: datetime | None = None
    """When the agency signed the document, as it claims; starts the clock of issue (K1). None: not stated."""
    opened_at: datetime | None = None
    """For status 15: when somebody at the recipient first opened the letter; None: nobody did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartDigest:
    """One member of a container: name inside it, size in bytes, SHA-256 in lower-case hex."""

    name: str
    size: int
    sha256: str
