"""The letters of the demo, what is to become of each, and what is refused on purpose. All sample data.

The texts are in `data/letters.toml`; what is promised of them is here, written out.

The numbers below 100 are those of the sample collection; 101 and 102 are the two long ways, 103 is taken back. Subjects
are in real administrative Vietnamese; numbers, people and contents are invented. Promulgation dates are those of the
story, while transport carries the present time.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from exchange_axis.demo.cast import ON, directory
from exchange_axis.domain.agency import Tier
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.letter import DocumentType, SignerInfo

_KINDS = {
    "Công văn": DocumentType(table="2", row="18", name="Công văn"),
    "Công điện": DocumentType(table="2", row="19", name="Công điện"),
    "Báo cáo": DocumentType(table="2", row="14", name="Báo cáo"),
    "Giấy mời": DocumentType(table="2", row="25", name="Giấy mời"),
    "Thông báo": DocumentType(table="2", row="7", name="Thông báo"),
}
_PRIORITY = {Lane.THUONG: 0, Lane.KHAN: 1, Lane.THUONG_KHAN: 2, Lane.HOA_TOC: 3}


class Answer(StrEnum):
    """What the readers do after the handover."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    NOTHING = "nothing"
    """Nobody has looked at it yet."""


class Amending(StrEnum):
    """What a letter does to an earlier one; the value is that of `kind` in a form."""

    RECALL = "recall"
    REPLACE = "replace"


class Issued(StrEnum):
    """Whether a letter leaves in time after it was signed (K1)."""

    IN_TIME = "in-time"
    LATE = "late"


class PdfFault(StrEnum):
    """What is wrong with the signatures in the PDF of a letter; the value is the verdict on it."""

    NO_AGENCY = "agency-missing"
    REVOKED = "revoked"
    """The agency's certificate was revoked some days before."""
    CHANGED = "not-intact"
    """Something was laid over the text after it was signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAttachment:
    name: str
    """Human file name, with diacritics."""
    pad_to: int | None = None
    """Least size in bytes, reached by scanned pages; None for the plain page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A way written out: the demo fails if what happened has fewer steps."""

    hops: tuple[str, ...]
    """Node, hubs, node."""
    events: tuple[tuple[str, Event], ...]
    """(issuing hub, event) of the evidence that must lie on the sender's disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What all letters of one sender share."""

    sender: str
    governing: str = ""
    """The line above the issuer on the letterhead."""
    issuer: tuple[str, ...]
    place: str
    signer: SignerInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLetter:
    number: int
    """Number in the sample collection."""
    story: str
    """Short name for the running commentary and for file names."""
    desk: Desk
    symbol: str
    """Number and notation: `57/BC-UBND`."""
    document_type: DocumentType
    lane: Lane = Lane.THUONG
    subject: str
    recipients: tuple[str, ...]
    """Codes, groups expanded with the demo's directory."""
    signed_at: datetime
    """In Vietnam time; its day is the promulgation date."""
    addressed_to: tuple[str, ...]
    body: tuple[str, ...]
    attachments: tuple[DemoAttachment, ...]
    fault: PdfFault | None = None
    """Of the signatures in its PDF; None: signed by the signatory and the agency, in order."""
    answer: Answer = Answer.ACCEPT
    reason: str | None = None
    """Refusal reason code with answer REFUSE."""
    reason_text: str = ""
    same_key_as: int | None = None
    """Number of an earlier letter with the same document key and other content: this one arrives with a warning."""
    journey: Journey | None = None
    issued: Issued | None = None
    """The agency's signing time is stated, counted back from the present; None: it is signed just now."""
    due_in: int | None = None
    """Working days from today within which an answer is wanted."""
    accepted_by: tuple[str, ...] | None = None
    """Recipients with answer ACCEPT whose clerks get to it; None: all."""
    does: Amending | None = None
    amends: int | None = None
    """Number of the letter that it recalls or replaces."""
    why: str = ""
    """Reason stated for that."""
    resends: int | None = None
    """Number of the refused letter that it sends again."""
    take_back: str = ""
    """Why its sender takes it back; empty: he does not."""
    offline: bool = False
    """The line of its sender's node is down while it is sent."""

    def answer_of(self, recipient: str) -> Answer:
        passed_over = self.accepted_by is not None and recipient not in self.accepted_by
        return Answer.NOTHING if passed_over else self.answer

    @property
    def is_withdrawn(self) -> bool:
        """Whether every recipient is to cancel it."""
        return bool(self.take_back) or any(one.does is Amending.RECALL for one in about(self.number))

    @property
    def sender(self) -> str:
        return self.desk.sender

    @property
    def signer(self) -> SignerInfo:
        return self.desk.signer

    @property
    def code_number(self) -> str:
        return self.symbol.partition("/")[0]

    @property
    def code_notation(self) -> str:
        return self.symbol.partition("/")[2]

    @property
    def promulgation_date(self) -> date:
        return self.signed_at.date()

    @property
    def priority(self) -> int:
        """Urgency code in edXML."""
        return _PRIORITY[self.lane]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRefusal:
    """A submission that its first hub refuses before acceptance."""

    story: str
    vi: str
    en: str
    sender: str
    recipients: tuple[str, ...]
    seal_of: str
    """The agency whose seal signs it."""
    code: str
    """The code that must be among the findings."""
    same_id_as: int | None = None
    """Number of the letter whose consignment id it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    letters: int
    deliveries: int
    handed_over: int
    failed: int
    withdrawn: int
    """Ended before handover: here everything is at its reader's before it is recalled or taken back."""
    pending: int
    refused: int
    """Submissions refused before acceptance."""
    accepted_by_readers: int
    """Deliveries answered with 03."""
    receiver_refusals: int
    """Deliveries answered with 02; they were handed over first."""
    recalls: int
    """Letters recalled; each of their deliveries is cancelled."""
    take_backs: int
    """Deliveries taken back."""
    replacements: int
    """Letters replaced."""
    deadline_misses: int
    """Letters issued late (K1)."""
    replace_paper: int
    """Letters whose PDF is in order, so that they take the place of paper; the others are for information only."""


EXPECTED = Totals(
    letters=19,
    deliveries=111,
    handed_over=111,
    failed=0,
    withdrawn=0,
    pending=0,
    refused=4,
    accepted_by_readers=91,
    receiver_refusals=2,
    recalls=1,
    take_backs=1,
    replacements=1,
    deadline_misses=1,
    replace_paper=16,
)

TAMPERED = PlannedRefusal(
    story="tampered",
    vi="Một byte của tệp đính kèm bị sửa sau khi ký, CRC của ZIP được tính lại",
    en="One byte of an attachment was changed after signing, and the CRC of the ZIP made to fit",
    sender="H45.31",
    recipients=("H45",),
    seal_of="H45.31",
    code="container.digest-mismatch",
)
UNKNOWN_RECIPIENT = PlannedRefusal(
    story="unknown-recipient",
    vi="Gửi tới mã định danh không có trong danh mục của trục trên cùng",
    en="Addressed to a code that the top hub's directory does not have",
    sender="G22",
    recipients=("H99.01",),
    seal_of="G22",
    code="route.unknown-recipient",
)
FOREIGN_SEAL = PlannedRefusal(
    story="foreign-seal",
    vi="Ký bằng chứng thư của một cơ quan khác",
    en="Sealed with the certificate of another agency",
    sender="H45.32.04",
    recipients=("H45.32",),
    seal_of="H45.31.05",
    code="authority.seal-not-bound",
)
CONFLICT = PlannedRefusal(
    story="conflict",
    vi="Dùng lại mã gói tin cho nội dung khác",
    en="A consignment id used again for other content",
    sender="H49",
    recipients=("H49.30",),
    seal_of="H49",
    code="consignment.conflict",
    same_id_as=10,
)
PLANNED_REFUSALS = (TAMPERED, UNKNOWN_RECIPIENT, FOREIGN_SEAL, CONFLICT)

REPEATED = 4
"""The letter that is submitted a second time, byte for byte, and must get the identical receipt."""


JOURNEYS: Mapping[int, Journey] = {
    101: Journey(
        hops=("nut-an-ninh-dong", "truc-h45", "truc-quoc-gia", "nut-btc"),
        events=(
            ("truc-h45", Event.SUBMISSION_ACCEPTANCE),
            ("truc-quoc-gia", Event.RELAY_ACCEPTANCE),
            ("truc-quoc-gia", Event.CONTENT_CONSIGNMENT),
            ("truc-quoc-gia", Event.CONTENT_HANDOVER),
            ("truc-quoc-gia", Event.ACCEPTED),
        ),
    ),
    102: Journey(
        hops=("nut-mong-cai-xa", "truc-h49", "truc-quoc-gia", "truc-h45", "nut-ubnd-h45"),
        events=(
            ("truc-h49", Event.SUBMISSION_ACCEPTANCE),
            ("truc-quoc-gia", Event.RELAY_ACCEPTANCE),
            ("truc-h45", Event.RELAY_ACCEPTANCE),
            ("truc-h45", Event.CONTENT_CONSIGNMENT),
            ("truc-h45", Event.CONTENT_HANDOVER),
            ("truc-h45", Event.ACCEPTED),
        ),
    ),
}
"""The two long ways by letter number: commune, province, centre; and up, across, down."""


def letter(number: int) -> DemoLetter:
    """Raises KeyError."""
    return {one.number: one for one in letters()}[number]


def about(number: int) -> tuple[DemoLetter, ...]:
    """The letters that recall or replace that one."""
    return tuple(one for one in letters() if one.amends == number)


@cache
def letters() -> tuple[DemoLetter, ...]:
    """In the order in which they are sent."""
    text = (resources.files("exchange_axis.demo") / "data" / "letters.toml").read_text(encoding="utf-8")
    content = tomllib.loads(text)
    desks = {code: _desk(code, row) for code, row in content["desk"].items()}
    return tuple(_letter(row, desks[row["from"]]) for row in content["letter"])


def _desk(code: str, row: Mapping[str, Any]) -> Desk:
    signer = SignerInfo(competence=row["competence"], position=row["position"], full_name=row["signer"])
    return Desk(
        sender=code,
        governing=row.get("governing", ""),
        issuer=tuple(row["issuer"]),
        place=row["place"],
        signer=signer,
    )


def _letter(row: Mapping[str, Any], desk: Desk) -> DemoLetter:
    return DemoLetter(
        number=row["number"],
        story=row["story"],
        desk=desk,
        symbol=row["symbol"],
        document_type=_KINDS[row["kind"]],
        lane=Lane(row["lane"]),
        subject=row["subject"],
        recipients=tuple(code for name in row["to"] for code in _expanded(name) if code != desk.sender),
        signed_at=row["signed"],
        addressed_to=tuple(row["addressed_to"]),
        body=tuple(row["body"]),
        attachments=tuple(DemoAttachment(**attachment) for attachment in row["attachment"]),
        fault=PdfFault(row["fault"]) if "fault" in row else None,
        answer=Answer.REFUSE if "refused_for" in row else Answer.ACCEPT,
        accepted_by=tuple(row["accepted_by"]) if "accepted_by" in row else None,
        reason=row.get("refused_for"),
        reason_text=row.get("refused_saying", ""),
        same_key_as=row.get("same_key_as"),
        journey=JOURNEYS.get(row["number"]),
        issued=Issued(row["issued"]) if "issued" in row else None,
        due_in=row.get("due_in"),
        does=Amending(row["does"]) if "does" in row else None,
        amends=row.get("amends"),
        why=row.get("why", ""),
        resends=row.get("resends"),
        take_back=row.get("take_back", ""),
        offline=row.get("offline", False),
    )


def _expanded(name: str) -> tuple[str, ...]:
    tier, _, under = name.partition("@")
    if tier not in set(Tier):
        return (name,)
    return directory().select(Tier(tier), under=under or None, on=ON)
