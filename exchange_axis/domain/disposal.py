"""What hubs and nodes have in common when they erase a letter: the words of the record, and what is refused.

Two people decide: one proposes with the ground, another one approves. Grounds are read by everybody and name nobody.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from exchange_axis.domain.two_people import OTHER_PERSON_EN, OTHER_PERSON_VI, may_approve
from exchange_axis.errors import AxisError

GROUND_LENGTH, ACTOR_LENGTH = 1_000, 200
"""Characters of a ground or reason, and of a name."""


class Extent(StrEnum):
    ALL = "all"
    PAYLOAD = "payload"
    """The container only."""
    METADATA = "metadata"
    """Number and symbol, findings, report on the files, statuses with the words of clerks."""


class State(StrEnum):
    PROPOSED = "proposed"
    WITHDRAWN = "withdrawn"
    APPROVED = "approved"
    """Decided; the content is gone from the database, keys and journals follow."""
    DONE = "done"


class ErasureUnusable(AxisError):
    code: ClassVar[str] = "erasure.unusable"
    vi: ClassVar[str] = "Tiêu hủy: {field} không dùng được, cần {wanted}"
    en: ClassVar[str] = "Erasure: {field} cannot be used, {wanted} is wanted"


class SeveralLetters(AxisError):
    code: ClassVar[str] = "erasure.several"
    vi: ClassVar[str] = "'{query}' có thể là nhiều văn bản: {candidates}"
    en: ClassVar[str] = "'{query}' may be several letters: {candidates}"
    remedy_vi: ClassVar[str] = "Ghi mã gói tin; ở nút, nếu trùng mã thì thêm --sender"
    remedy_en: ClassVar[str] = "Give the consignment id; at a node, where two senders chose one id, --sender too"


class UnderWay(AxisError):
    code: ClassVar[str] = "erasure.under-way"
    vi: ClassVar[str] = "Văn bản {consignment_id} còn đang được xử lý ({what}); chưa tiêu hủy được"
    en: ClassVar[str] = "Letter {consignment_id} is still under way ({what}); it cannot be erased yet"
    remedy_vi: ClassVar[str] = "Chờ xong việc hoặc để bên gửi thu hồi; xem: {command} {consignment_id}"
    remedy_en: ClassVar[str] = "Wait for its end or have its sender recall it; see: {command} {consignment_id}"


class OnHold(AxisError):
    code: ClassVar[str] = "erasure.on-hold"
    vi: ClassVar[str] = "Văn bản {consignment_id} đang bị giữ theo lệnh số {holds}; không được tiêu hủy"
    en: ClassVar[str] = "Letter {consignment_id} is under legal hold {holds}; it must not be disposed of"
    remedy_vi: ClassVar[str] = "Xem: {command}"
    remedy_en: ClassVar[str] = "See: {command}"


class NoSuchHold(AxisError):
    code: ClassVar[str] = "erasure.no-such-hold"
    vi: ClassVar[str] = "Không có lệnh giữ số {id} đang hiệu lực"
    en: ClassVar[str] = "No legal hold {id} is in force"
    remedy_vi: ClassVar[str] = "Xem: {command}"
    remedy_en: ClassVar[str] = "See: {command}"


class AlreadyProposed(AxisError):
    code: ClassVar[str] = "erasure.already-proposed"
    vi: ClassVar[str] = "{actor} đã đề nghị tiêu hủy văn bản {consignment_id}"
    en: ClassVar[str] = "{actor} has already proposed to erase letter {consignment_id}"
    remedy_vi: ClassVar[str] = "Người khác duyệt: {command} {consignment_id} --approve"
    remedy_en: ClassVar[str] = "Somebody else approves it: {command} {consignment_id} --approve"


class NotProposed(AxisError):
    code: ClassVar[str] = "erasure.not-proposed"
    vi: ClassVar[str] = "Không có đề nghị tiêu hủy nào đang chờ cho văn bản {consignment_id}"
    en: ClassVar[str] = "No erasure of letter {consignment_id} waits for approval"


class SamePerson(AxisError):
    code: ClassVar[str] = "erasure.same-person"
    vi: ClassVar[str] = "{actor} đã đề nghị thì không được tự duyệt; cần người thứ hai"
    en: ClassVar[str] = "{actor} proposed it and may not approve it; a second person is needed"
    remedy_vi: ClassVar[str] = OTHER_PERSON_VI
    remedy_en: ClassVar[str] = OTHER_PERSON_EN


class NothingLeft(AxisError):
    code: ClassVar[str] = "erasure.nothing-left"
    vi: ClassVar[str] = "Nội dung văn bản {consignment_id} đã tiêu hủy, không còn gì để tiêu hủy"
    en: ClassVar[str] = "The content of letter {consignment_id} was erased; nothing is left to erase"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposal:
    """One line of the disposal record."""

    id: int
    consignment_id: str
    sender: str
    container_sha256: str
    extent: str
    state: str
    salts: bool
    ground: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    done_at: datetime | None
    blobs: int
    documents: int
    related: tuple[str, ...] = ()
    """Recalls, updates and replacements of it: letters of their own, erased by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRecord:
    """The disposal record under the seal of its hub or node."""

    content: bytes
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A legal hold, on one letter or on all letters from and to an agency."""

    id: int
    consignment_id: str | None
    agency: str | None
    reason: str
    placed_by: str
    placed_at: datetime
    released_by: str | None
    released_at: datetime | None
    release_reason: str | None


def usable_text(value: str, field: str) -> str:
    text = unicodedata.normalize("NFC", value).strip()
    if not (text and text.isprintable() and len(text) <= GROUND_LENGTH):
        raise ErasureUnusable(field=field, wanted=f"1–{GROUND_LENGTH}")
    return text


def usable_actor(value: str) -> str:
    actor = unicodedata.normalize("NFC", value).strip()
    if not (actor and actor.isprintable() and len(actor) <= ACTOR_LENGTH):
        raise ErasureUnusable(field="actor", wanted=f"1–{ACTOR_LENGTH}")
    return actor


def same_person(one: str, other: str) -> bool:
    return not may_approve(one, proposed_by=other)
