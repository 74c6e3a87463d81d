"""What is said between nodes and hubs, and the two ways in which nothing comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.tracing import LetterName
from exchange_axis.errors import AxisError


class DocumentKind(StrEnum):
    """Small signed documents that travel beside containers, each byte for byte."""

    EVIDENCE = "evidence"
    TRANSFER = "transfer"
    RETURN = "return"
    BINDING = "binding"
    TRUST_LIST = "trust-list"
    STATUS = "status"
    """A whole status container (ASiC-E)."""
    TALLY = "tally"
    NOTICE = "notice"
    """JSON, unsigned: towards a node only, over the line of its own hub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    kind: DocumentKind
    sha256: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a hub said to a submission: its evidence first (acceptance or the one answer to a status), then the rest."""

    documents: tuple[Document, ...]
    warnings: tuple[Mapping[str, Any], ...] = ()
    """Findings of severity warning, as in `Finding.as_dict`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedShipment:
    """One container waiting for this peer, under a lease."""

    id: str
    fence: int
    """Lease number; answers that name an older one change nothing."""
    leased_until: datetime
    sender: str
    consignment_id: str
    container_sha256: str
    size: int
    lane: Lane
    recipients: tuple[str, ...]
    documents: tuple[Document, ...]
    """The transfer record of this hop first, then acceptance, bindings and earlier transfer records."""


def name_of(shipment: OfferedShipment) -> LetterName:
    """Of the letter in it, or of the status."""
    return LetterName(sender=shipment.sender, consignment_id=shipment.consignment_id)


FILES_NEWS = "files"
"""Kind of a feed entry without documents: the report on a letter's files is another now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """One entry of a peer's event feed; numbers rise by one, nothing is skipped or repeated."""

    number: int
    kind: str
    """evidence, notice or files (to a node), return (to a hub)."""
    consignment_id: str
    recipient: str | None
    at: datetime
    documents: tuple[Document, ...]


class HubUnreachable(AxisError):
    """Nobody answered, or not to the end: the same call may be made again, any number of times."""

    code: ClassVar[str] = "hub.unreachable"
    vi: ClassVar[str] = "Không kết nối được tới trục {url}: {reason}"
    en: ClassVar[str] = "The hub {url} cannot be reached: {reason}"
    remedy_vi: ClassVar[str] = "Kiểm tra đường truyền; văn bản vẫn nằm trong hàng chờ và sẽ tự gửi lại"
    remedy_en: ClassVar[str] = "Check the line; mail stays queued and is sent again by itself"


class HubBusy(HubUnreachable):
    """The hub answered that we ask too much: the same call may be made again after a while, and nothing has failed."""

    code: ClassVar[str] = "hub.busy"
    vi: ClassVar[str] = "Trục {url} đề nghị chờ {seconds} giây"
    en: ClassVar[str] = "The hub {url} asks to wait for {seconds} seconds"

    def __init__(self, *, url: str, seconds: float) -> None:
        super().__init__(url=url, seconds=f"{seconds:g}")
        self.seconds = seconds


class HubRefused(AxisError):
    """The hub said no, for good: sending the same bytes again gets the same answer."""

    code: ClassVar[str] = "hub.refused"
    vi: ClassVar[str] = "Trục từ chối: {title}"
    en: ClassVar[str] = "The hub refused: {title}"

    def __init__(self, problem: Mapping[str, Any], *, evidence: Document | None = None) -> None:
        super().__init__(title=problem.get("title", ""), problem_code=problem.get("code", ""))
        self.problem = problem
        """The problem document (RFC 9457) with `code`, `vi`, `en` and `findings`."""
        self.evidence = evidence
        """The signed SubmissionRejection, where the hub gave one."""

    @property
    def said(self) -> tuple[str, str]:
        """What the hub says to people, Vietnamese and English."""
        title = str(self.problem.get("title", ""))
        return str(self.problem.get("vi") or title), str(self.problem.get("en") or title)

    @property
    def advised(self) -> tuple[str, str]:
        """The same, and what to do."""
        remedies = (str(self.problem.get(name) or "") for name in ("remedy_vi", "remedy_en"))
        vi, en = (". ".join(filter(None, pair)) for pair in zip(self.said, remedies, strict=True))
        return vi, en


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryNews:
    """The hub's directory, whole or as changes to a version that the asker has."""

    version: str
    document: str
    """TOML: the snapshot, or the changes (`domain.directory_changes`) when `since` is set."""
    since: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which shipments a peer asks for; what it leaves waits at the hub, under no lease."""

    least: Lane = Lane.THUONG
    """Nothing less urgent."""
    bulk_above: int | None = None
    """Of the ordinary lane nothing larger than so many bytes."""
    anew: bool = False
    """Nothing that was lent to the peer before is being fetched: it may be lent again at once."""


EVERYTHING = Wanted()


CHECKPOINT_HEADER = "Axis-Checkpoint"
"""Carries, in base64, the newest checkpoint that the sender of a request has seen of the receiver's log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedStamp:
    """The time-stamps over a log: a stamped checkpoint that covers the one asked about, and what joins the two."""

    origin: str
    size: int
    """Of the checkpoint asked about."""
    checkpoint: bytes
    tokens: tuple[bytes, ...]
    """Over that checkpoint's text, oldest first."""
    consistency: tuple[bytes, ...] = ()
    renewed: tuple[tuple[bytes, tuple[bytes, ...]], ...] = ()
    """Proof of the last token before in a log, and tokens over the checkpoint that this proof ends in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedProofs:
    """What one hub hands over to another in a call about proofs, and what it wants itself."""

    proofs: Mapping[str, bytes] = field(default_factory=dict)
    """By SHA-256 of the evidence."""
    wanted: tuple[str, ...] = ()
    stamps: tuple[PassedStamp, ...] = ()
    wanted_stamps: tuple[tuple[str, int], ...] = ()
    """Origins and sizes of checkpoints."""

    @property
    def gives(self) -> int:
        return len(self.proofs) + len(self.stamps)

    @property
    def wants(self) -> bool:
        return bool(self.wanted or self.wanted_stamps)
