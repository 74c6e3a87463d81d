"""The letter and the status report: what an official document says about itself, without its attachments' bytes.

Values only. Names follow the national packet (QCVN 102:2016); how they look on the wire is for `wire.edxml` to know.
A value read from foreign input may be incomplete: text that is missing is empty, a date that is missing or unreadable
is None; the schema and the rules say so, these classes do not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from exchange_axis.domain.consignment import Lane

_REASON = re.compile(r"(LD[0-9]{2})(?:\s*[:.\-–]\s*|\s+|$)(.*)", re.DOTALL)


class BusinessKind(StrEnum):
    """BussinessDocType: what a letter does to an earlier one."""

    NEW = "0"
    REVOKE = "1"
    UPDATE = "2"
    REPLACE = "3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organ:
    """An agency as a letter names it (From, To)."""

    id: str
    """OrganId as written, either code generation."""
    name: str = ""
    in_charge: str = ""
    """Governing body: a name in most traffic, sometimes a code."""
    address: str = ""
    email: str = ""
    telephone: str = ""
    fax: str = ""
    website: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentType:
    """The raw triple; only the name is dependable, so nothing is routed or judged on the numbers."""

    table: str = ""
    """Type: 1 normative, 2 administrative; other numbers occur."""
    row: str = ""
    """TypeDetail: row of that table."""
    name: str = ""
    """TypeName."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerInfo:
    competence: str = ""
    """TM., KT., TL., TUQ. …"""
    position: str = ""
    full_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherInfo:
    priority: int | None = None
    """0 thường, 1 khẩn, 2 thượng khẩn, 3 hỏa tốc, 4 hỏa tốc hẹn giờ."""
    sphere: str = ""
    """Circulation scope, free text."""
    typer: str = ""
    copies: int | None = None
    pages: int | None = None
    direction: str = ""
    """An extension of the Java library, kept raw."""
    appendixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseFor:
    """Names another document: the one answered or revoked, or the one a status speaks of."""

    organ_id: str = ""
    code: str = ""
    """`number/notation` in one string."""
    promulgation_date: date | None = None
    document_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceHeader:
    """One hop as the national axis notes it; the axis itself leaves out its id or the time at times."""

    organ_id: str = ""
    timestamp: datetime | None = None
    """Aware UTC, whole seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffInfo:
    department: str = ""
    staff: str = ""
    email: str = ""
    mobile: str = ""
    department_id: str = ""
    staff_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    organ_id: str
    added: bool
    """ReceiverType: 1 added, 0 removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentChange:
    """BussinessDocumentInfo of an update: what changed."""

    document: bool = False
    receivers: bool = False
    receiver_list: tuple[Receiver, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    document_id: str
    organ_ids: tuple[str, ...]
    """The recipients for whom that document is replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """The element Bussiness; a letter without it is a new one."""

    kind: BusinessKind = BusinessKind.NEW
    document_id: str = ""
    """Id of the updated document (kind 2)."""
    reason: str = ""
    paper: int | None = None
    """Above 0: a paper copy follows."""
    change: DocumentChange | None = None
    replacements: tuple[Replacement, ...] = ()
    staff: StaffInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One attachment as the manifest lists it; the n-th belongs to the n-th attachment member of a container."""

    content_id: str
    """Without the `cid:` that the wire shows."""
    name: str
    """Original file name in human form: spaces and Vietnamese letters included; never a path."""
    content_type: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An element the format does not know, kept with its place so that writing puts it back."""

    parent: str
    """Path of its parent in axis form, `/edXML/edXMLEnvelope/…/To[2]`."""
    after: str
    """Step of the known sibling it follows, `Subject` or `To[2]`; empty when it comes first."""
    xml: bytes
    """The element alone, exclusive C14N, national namespace under the prefix edXML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    from_: Organ
    to: tuple[Organ, ...]
    document_id: str
    code_number: str
    code_notation: str
    promulgation_date: date | None
    subject: str
    promulgation_place: str = ""
    document_type: DocumentType = DocumentType()
    content: str = ""
    signer: SignerInfo = SignerInfo()
    due_date: date | None = None
    due_time: datetime | None = None
    """Aware UTC, where the due date carries a time of day: a hỏa tốc letter with a set hour (priority 4)."""
    other: OtherInfo = OtherInfo()
    response_for: tuple[ResponseFor, ...] = ()
    steering_type: str = ""
    """Raw: the scales of 1 and 2 are ambiguous, so nothing acts on it."""
    to_places: tuple[str, ...] = ()
    business: Business | None = None
    trace: tuple[TraceHeader, ...] = ()
    references: tuple[Reference, ...] = ()
    kept: tuple[Kept, ...] = ()

    @property
    def code(self) -> str:
        """Number and symbol as people write them, `57/BC-UBND`."""
        return f"{self.code_number}/{self.code_notation}"

    @property
    def kind(self) -> BusinessKind:
        return self.business.kind if self.business else BusinessKind.NEW

    @property
    def replaced(self) -> tuple[str, ...]:
        """DocumentIds of all that a replacement stands for."""
        if self.business is None or self.kind is not BusinessKind.REPLACE:
            return ()
        return tuple(dict.fromkeys(one.document_id for one in self.business.replacements if one.document_id))

    @property
    def lane(self) -> Lane:
        return lane_of(self.other.priority)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """A body-less message about a letter that was sent or received. It names no recipient: that is ResponseFor."""

    from_: Organ
    response_for: ResponseFor
    code: str
    """Two digits, 01 … 16; unknown ones are kept."""
    timestamp: datetime | None
    """Aware UTC, whole seconds."""
    staff: StaffInfo = StaffInfo()
    description: str = ""
    """Reason; for refusals `LDnn: text` when it comes from this exchange."""
    kept: tuple[Kept, ...] = ()

    @property
    def reason(self) -> str:
        """Refusal reason code that the description starts with, or empty."""
        return split_reason(self.description)[0]

    @property
    def text(self) -> str:
        """The description without its reason code."""
        return split_reason(self.description)[1]


def lane_of(priority: int | None) -> Lane:
    """The lane of a Priority value; what no list knows (a local system writes 5) is ordinary."""
    match priority:
        case 3 | 4:
            return Lane.HOA_TOC
        case 2:
            return Lane.THUONG_KHAN
        case 1:
            return Lane.KHAN
        case _:
            return Lane.THUONG


def describe_reason(code: str, text: str) -> str:
    """The Description of a refusal: `LD01: Văn bản gửi cho Thanh tra huyện`."""
    return f"{code}: {text}" if text else code


def split_reason(description: str) -> tuple[str, str]:
    """Reason code (or empty) and the text after it."""
    found = _REASON.fullmatch(description)
    return (found[1], found[2]) if found else ("", description)
